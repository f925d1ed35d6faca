"""The tests' database: one server per run, migrated once, copied for each parallel worker.

Tests connect as `dailies_app`, so that row security binds them like the product.
"""

import contextlib
import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from config.postgres import layout, roles
from config.postgres.server import Cluster
from config.postgres.settings import APP, DATABASE, OWNER, connect_arguments, owner_database, parse_url
from config.postgres.setup import set_up, use_recorded_address

_FORGOTTEN_SECONDS = 3600
# Written once by the migrations and changed by nobody.
_KEPT = ("django_content_type", "auth_permission", "django_migrations")


class Server:
    """Whichever server the tests run on, seen by its administrator."""

    def __init__(self) -> None:
        self.folder: Path = settings.TEST_DIR
        self.external = settings.TEST_DATABASE_OWNER_URL
        self.cluster = None if self.external else Cluster(self.folder, durable=False)

    def start(self) -> None:
        """Start it, or find it started by the process that started this one."""
        if self.cluster is not None:
            self.cluster.start()
            use_recorded_address()

    def stop(self) -> None:
        """Stop and remove it, if it is this process's."""
        if self.cluster is not None and self.cluster.is_owner:
            self.cluster.stop()
            layout.forget(self.folder)

    def administrator(self) -> psycopg.Connection:
        """An autocommit connection that may create databases."""
        if self.cluster is not None:
            return self.cluster.superuser()
        address = parse_url(self.external, variable="TEST_DATABASE_OWNER_URL")
        return psycopg.connect(**connect_arguments(address), autocommit=True)

    def create(self, name: str) -> None:
        """A fresh copy of the migrated database. The first caller of the run migrates it."""
        with (self.folder / "template.lock").open("a") as lock, self.administrator() as admin:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.folder / "template.done"
            if not done.exists():
                self._migrate(admin)
                done.touch()
            self.drop(admin, name)
            copy = "CREATE DATABASE {} TEMPLATE {} OWNER {}"
            admin.execute(sql.SQL(copy).format(*map(sql.Identifier, (name, settings.TEST_TEMPLATE, OWNER))))
            admin.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*map(sql.Identifier, (name, APP)))
            )

    def drop(self, admin: psycopg.Connection, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _migrate(self, admin: psycopg.Connection) -> None:
        if self.external:
            roles.ensure_roles(admin)
            for role in (OWNER, APP):
                admin.execute(sql.SQL("ALTER ROLE {} PASSWORD 'dailies-test'").format(sql.Identifier(role)))
            self.drop(admin, settings.TEST_TEMPLATE)
            roles.ensure_database(admin, settings.TEST_TEMPLATE)
        set_up(self.cluster, verbosity=0)
        with psycopg.connect(
            **connect_arguments(owner_database(settings.DATA_DIR)), autocommit=True
        ) as owner:
            # Transactional tests empty the tables after themselves. The product itself may not.
            owner.execute(
                sql.SQL("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {}").format(sql.Identifier(APP))
            )


def remove_left_overs() -> None:
    """Folders of runs that were killed: their server died with them, and nobody holds their lock."""
    for folder in Path(tempfile.gettempdir()).glob("dailies-test-*"):
        if folder == settings.TEST_DIR:
            continue
        with contextlib.suppress(OSError):
            lock = layout.base(folder) / "launcher.lock"
            if lock.exists():
                with lock.open("r+") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    layout.forget(folder)
                    shutil.rmtree(folder, ignore_errors=True)
            elif time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS:
                # No server was started in it, so only its age tells that its run is over.
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def worker_database(worker: str) -> Iterator[None]:
    """Django's connection, on a database of this worker's own."""
    server = Server()
    server.start()
    connection = connections["default"]
    name = f"{DATABASE}_test_{worker}"
    server.create(name)
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        if server.external:
            with server.administrator() as admin:
                server.drop(admin, name)
        server.stop()


def empty_tables(connection: BaseDatabaseWrapper) -> None:
    """What a transactional test leaves. Django's own `flush` makes all content types and permissions anew each time."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [sql.Identifier(name) for name in sorted(names) if name not in _KEPT]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))
