"""Row-level security as migration operations.

Every table with an `org_id` gets, in one operation: row security, enabled and forced; the tenant's policy and
the platform role's policy; a unique (org_id, id); and for each OrgForeignKey a foreign key on (org_id, column),
because plain foreign keys ignore row policies and would accept another tenant's row.
"""

from collections.abc import Iterator
from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

ORG = "nullif(current_setting('app.org', true), '')::uuid"
PERSON = "nullif(current_setting('app.user', true), '')::bigint"
PLATFORM_ROLE = "dailies_platform"
RUNTIME_ROLE = "dailies_app"


def policy(table: str, name: str, using: str, *, role: str = "PUBLIC", command: str = "ALL") -> Iterator[str]:
    """Statements that (re)create one policy."""
    check = "" if command == "SELECT" else f" WITH CHECK ({using})"
    yield f'DROP POLICY IF EXISTS "{name}" ON "{table}"'
    yield f'CREATE POLICY "{name}" ON "{table}" FOR {command} TO {role} USING ({using}){check}'


def enable(table: str) -> Iterator[str]:
    """Statements that switch row security on, for the owner too, and let the platform role through."""
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield from policy(table, "platform", "true", role=PLATFORM_ROLE)


def _add_constraint(table: str, name: str, body: str) -> Iterator[str]:
    yield f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"'
    yield f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {body}'


def org_models(apps: Apps) -> list[Any]:
    """Models whose rows belong to one agency: they have a foreign key named org."""
    return [m for m in apps.get_models() if any(f.name == "org" for f in m._meta.local_fields)]


def foreign_key_name(table: str, column: str) -> str:
    """Name of the composite foreign key of one column (PostgreSQL keeps 63 bytes)."""
    return f"{table}_{column}_org_fk"[-63:]


class _OnTables(Operation):
    """An operation on tables of the migration's app, named by their models; it changes no state."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, *models: str) -> None:
        self.models = [name.lower() for name in models]

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, self.models, {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_backwards(self, *args: Any) -> None:
        """Nothing: the tables' own removal takes their policies and triggers along."""

    def describe(self) -> str:
        return f"{self.__class__.__name__}: {', '.join(self.models)}"


class FenceTenants(_OnTables):
    """Fence every org table of this migration's app. Idempotent; add it to each migration that adds one."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        models = [m for m in org_models(to_state.apps) if m._meta.app_label == app_label]
        models = [m for m in models if m._meta.model_name in self.models]
        # Constraint changes refuse to run beside pending deferred checks.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in models:
            for statement in self._fence(model._meta.db_table):
                schema_editor.execute(statement)
        for model in models:
            for statement in self._composite_keys(model):
                schema_editor.execute(statement)

    def _fence(self, table: str) -> Iterator[str]:
        yield from enable(table)
        yield from policy(table, "tenant", f"org_id = {ORG}")
        yield from _add_constraint(table, f"{table}_org_id_id", "UNIQUE (org_id, id)")

    def _composite_keys(self, model: Any) -> Iterator[str]:
        for field in model._meta.local_fields:
            if field.__class__.__name__ in {"OrgForeignKey", "OrgOneToOneField"}:
                yield from _composite_key(model, field)


def _composite_key(model: Any, field: Any) -> Iterator[str]:
    table, target = model._meta.db_table, field.related_model._meta.db_table
    body = (
        f'FOREIGN KEY (org_id, "{field.column}") REFERENCES "{target}" (org_id, id) '
        "DEFERRABLE INITIALLY DEFERRED"
    )
    yield from _add_constraint(table, foreign_key_name(table, field.column), body)


class FenceColumn(_OnTables):
    """The composite key of one OrgForeignKey that a table of rows gets later. `where`: "model.field".

    FenceTenants would add the keys of the other columns anew, and the owner, who adds them, sees none of the rows that
    they are checked against.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for where in self.models:
            name, field = where.split(".")
            model = to_state.apps.get_model(app_label, name)
            for statement in _composite_key(model, model._meta.get_field(field)):
                schema_editor.execute(statement)


class AppendOnly(_OnTables):
    """Forbid UPDATE and DELETE on tables: by privilege, and by trigger for whoever has the privilege."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(_REFUSE_CHANGE, params=None)
        for name in self.models:
            table = to_state.apps.get_model(app_label, name)._meta.db_table
            schema_editor.execute(f'REVOKE UPDATE, DELETE ON "{table}" FROM {RUNTIME_ROLE}, {PLATFORM_ROLE}')
            schema_editor.execute(f'DROP TRIGGER IF EXISTS append_only ON "{table}"')
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )


_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Rows of % are append-only: % refused. Write a new row instead.', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$
"""
