"""From an empty server to a migrated database: roles, database, rights, the broker's tables, migrations."""

from collections.abc import Iterator
from contextlib import contextmanager

import dramatiq_postgres
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from config.postgres import roles
from config.postgres.server import Cluster
from config.postgres.settings import APP, connect_arguments, databases, is_embedded, owner_database

BROKER_SCHEMA = "dramatiq"
# Any fixed number: whoever holds it prepares the database, others wait.
_SETUP_LOCK = 7_331_001


@contextmanager
def running() -> Iterator[Cluster | None]:
    """The embedded database, started if nobody has; None when DATABASE_URL names another server."""
    if not is_embedded():
        yield None
        return
    with Cluster(settings.DATA_DIR) as cluster:
        use_recorded_address()
        yield cluster


def use_recorded_address() -> None:
    """Point Django at the folder that the launcher chose, which settings could not know before its first start."""
    connections["default"].settings_dict.update(databases(settings.DATA_DIR)["default"])


@contextmanager
def as_owner() -> Iterator[None]:
    """Django's connection as the owner of the tables, for migrations."""
    connection = connections["default"]
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(owner_database(settings.DATA_DIR), ATOMIC_REQUESTS=False)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def set_up(cluster: Cluster | None, *, verbosity: int = 1) -> None:
    """Everything that the product needs in its database. Cheap to repeat; safe to run from several machines.

    `cluster` is the embedded server, or None for another one, whose roles are checked instead of created.
    """
    address = owner_database(settings.DATA_DIR)
    if cluster is not None:
        with cluster.superuser() as superuser:
            roles.ensure_roles(superuser)
            roles.ensure_database(superuser, address["NAME"])
    with psycopg.connect(**connect_arguments(address), autocommit=True) as owner:
        roles.require(owner)
        owner.execute("SELECT pg_advisory_lock(%s)", (_SETUP_LOCK,))
        roles.grant(owner)
        prepare_broker(owner)
        call_command(
            "migrate", interactive=False, verbosity=verbosity
        )  # our own, which connects as the owner


def prepare_broker(owner: psycopg.Connection) -> None:
    """The tables of the default broker, and the product's right to use them."""
    with owner.transaction(), owner.cursor() as cursor:
        if not dramatiq_postgres.init(cursor, schema=BROKER_SCHEMA):
            return
        for table in ("queue", "worker", "result"):
            # Messages are doorbells: losing them in a crash is repaired by the sweep, so they need not reach
            # the disk before a request is answered.
            cursor.execute(
                sql.SQL("ALTER TABLE {} SET UNLOGGED").format(sql.Identifier(BROKER_SCHEMA, table))
            )
        names = {"schema": sql.Identifier(BROKER_SCHEMA), "app": sql.Identifier(APP)}
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {app}").format(**names))
        rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {app}"
        cursor.execute(sql.SQL(rights).format(**names))
