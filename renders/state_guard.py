"""The table of transitions in the database: an UPDATE that is not in it is refused, whoever sends it.

`renders.moves` asks the same table first and says no in words; this is for the mistake that passes it by. The
trigger belongs to a migration. What it allows is written again after each migrate, from `states.TRANSITIONS`,
so that a new transition needs no migration of its own.
"""

from typing import Any

from django.db import connections

from renders.states import ALLOWED

FUNCTION = "render_state_guard"
_TABLE = "renders_render"


def function_sql(pairs: frozenset[tuple[str, str]] = ALLOWED) -> str:
    """CREATE FUNCTION for the trigger. It raises check_violation, which Django knows as IntegrityError."""
    allowed = ", ".join(f"('{source}', '{target}')" for source, target in sorted(pairs))
    return f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN ({allowed}) THEN
    RAISE EXCEPTION 'A render cannot go from % to %.', OLD.state, NEW.state
      USING ERRCODE = 'check_violation', HINT = 'The transitions are in renders/states.py.';
  END IF;
  RETURN NEW;
END $$
"""


TRIGGER = f"""
CREATE TRIGGER {FUNCTION} BEFORE UPDATE OF state ON {_TABLE}
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION {FUNCTION}()
"""


def write(*, using: str, **_signal: Any) -> None:
    """After each migrate: allow what the code allows."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regproc(%s)", [FUNCTION])
        # Migrated back to before the trigger: there is nothing to keep right.
        if cursor.fetchone() != (None,):
            cursor.execute(function_sql())
