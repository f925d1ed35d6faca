"""Creates the three roles and the database, and says what each may do. Every statement can be repeated."""

import psycopg
from psycopg import sql

from config.postgres.settings import APP, OWNER, PLATFORM

# Nobody gets more than this from us: no superuser, no bypass of row security, no creation of roles or databases.
_LIMITS = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
# Given to both runtime roles on each table that the owner creates.
_TABLE_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"

# The app gets the platform role's rights only by switching to it. The owner needs to inherit: a database's owner
# owns its `public` schema through a role that PostgreSQL keeps for that.
_KINDS = {OWNER: "LOGIN INHERIT", APP: "LOGIN NOINHERIT", PLATFORM: "NOLOGIN NOINHERIT"}

_NAMES = {"app": sql.Identifier(APP), "owner": sql.Identifier(OWNER), "platform": sql.Identifier(PLATFORM)}


def ensure_roles(superuser: psycopg.Connection) -> None:
    """The three roles, with exactly the rights that they should have."""
    for role, kind in _KINDS.items():
        known = superuser.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        verb = "ALTER" if known else "CREATE"
        superuser.execute(_filled(f"{verb} ROLE {{role}} {kind} {_LIMITS}", role=sql.Identifier(role)))
    # `SET LOCAL ROLE dailies_platform` works for the app; its rights are not there without it.
    inherit = " WITH INHERIT FALSE, SET TRUE" if superuser.info.server_version >= 160000 else ""
    superuser.execute(_filled(f"GRANT {{platform}} TO {{app}}{inherit}"))
    # A process that stops in the middle of a transaction must not hold its locks for ever.
    superuser.execute(_filled("ALTER ROLE {app} SET idle_in_transaction_session_timeout = '60s'"))


def ensure_database(superuser: psycopg.Connection, name: str) -> bool:
    """The database, owned by the owner. Returns whether it was created now."""
    if superuser.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return False
    superuser.execute(_filled("CREATE DATABASE {name} OWNER {owner}", name=sql.Identifier(name)))
    return True


def grant(owner: psycopg.Connection) -> None:
    """What the runtime roles may do in this database. Run as its owner, before the first migration.

    Tables get their rights as they are created. Granting again on all of them would undo what a migration took
    away (append-only tables refuse UPDATE and DELETE).
    """
    database = sql.Identifier(owner.info.dbname)
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}, {platform}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}, {platform}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {_TABLE_RIGHTS} ON TABLES TO {{app}}, {{platform}}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}, {platform}",
    ):
        owner.execute(_filled(statement, database=database))


def _filled(statement: str, **names: sql.Identifier) -> sql.Composed:
    return sql.SQL(statement).format(**_NAMES, **names)


def require(owner: psycopg.Connection) -> None:
    """Raises RuntimeError with the statements to run when a server that is not ours lacks the roles."""
    found = owner.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", ([APP, PLATFORM],)
    ).fetchall()
    missing = {APP, PLATFORM} - {name for (name,) in found}
    if missing:
        raise RuntimeError(
            f"The database server has no role {' and no role '.join(sorted(missing))}. Run these as its "
            f"administrator, with a password of your own, and start again:\n{SQL_FOR_ADMINISTRATORS}"
        )


SQL_FOR_ADMINISTRATORS = f"""\
  CREATE ROLE {OWNER} {_KINDS[OWNER]} {_LIMITS} PASSWORD '…';
  CREATE ROLE {APP} {_KINDS[APP]} {_LIMITS} PASSWORD '…';
  CREATE ROLE {PLATFORM} {_KINDS[PLATFORM]} {_LIMITS};
  GRANT {PLATFORM} TO {APP};
  ALTER ROLE {APP} SET idle_in_transaction_session_timeout = '60s';
  CREATE DATABASE dailies OWNER {OWNER};"""
