"""The services beside the product: a database, a bucket and a broker of the run's own, removed afterwards.

They are looked for on this machine. Where one is missing the test fails and says what to start: a skipped test of
scale-out would look like a passed one.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pika
import pika.exceptions
import psycopg
import pytest
import redis
from psycopg import sql

from config.broker import QUEUES
from config.postgres import roles
from config.postgres.settings import APP, OWNER, PLATFORM, connect_arguments, parse_url
from tests.gate import Gate

POSTGRES = os.environ.get("BROKERS_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
_NAME = f"dailies_scale_{os.getpid()}"
_MARK = "made by the tests of Dailies"


@dataclass(frozen=True)
class Database:
    """Addresses for the product and for the owner of its tables."""

    url: str
    owner_url: str


@dataclass(frozen=True)
class Service:
    """A broker behind a gate that can be shut. `purge` deletes every message and says how many there were."""

    url: str
    gate: Gate
    purge: Callable[[], int]


@contextmanager
def database() -> Iterator[Database]:
    """A database of our own on the PostgreSQL that runs here, and the product's roles if it lacks them."""
    address = parse_url(POSTGRES, variable="BROKERS_POSTGRES_URL")
    try:
        admin = psycopg.connect(**connect_arguments(address), autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.fail(f"No PostgreSQL at {POSTGRES} ({error}). Start one, or name it in BROKERS_POSTGRES_URL.")
    with admin:
        server = f"{address['HOST']}:{address['PORT'] or 5432}/{_NAME}"
        with _alone(admin):
            missing = {APP, OWNER, PLATFORM} - _roles(admin)
            roles.ensure_roles(admin)
            for role in missing:
                admin.execute(
                    sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(role), sql.Literal(_MARK))
                )
        try:
            roles.ensure_database(admin, _NAME)
            yield Database(f"postgresql://{APP}@{server}", f"postgresql://{OWNER}@{server}")
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_NAME)))
            with _alone(admin):
                for role in (APP, PLATFORM, OWNER):
                    # The last of two runs removes them: until then the other's database depends on them.
                    with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                        if role in _roles(admin, _MARK):
                            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@contextmanager
def _alone(admin: psycopg.Connection) -> Iterator[None]:
    """Two runs must not change roles at once."""
    admin.execute("SELECT pg_advisory_lock(7331002)")
    try:
        yield
    finally:
        admin.execute("SELECT pg_advisory_unlock(7331002)")


def _roles(admin: psycopg.Connection, mark: str = "") -> set[str]:
    """Names of the server's roles; with a mark, of those that a test made."""
    found = admin.execute("SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles").fetchall()
    return {name for name, comment in found if not mark or comment == mark}


@contextmanager
def on_redis() -> Iterator[Service]:
    """An empty database of the Redis that runs here."""
    for number in range(15, 0, -1):
        client = redis.Redis(port=6379, db=number, socket_connect_timeout=3)
        try:
            is_empty = client.dbsize() == 0
        except redis.ConnectionError as error:
            pytest.fail(f"No Redis at 127.0.0.1:6379 ({error}). Start it: redis-server --daemonize yes")
        if is_empty:
            break
    else:
        pytest.fail("No database of the Redis at 127.0.0.1:6379 is empty.")

    def purge() -> int:
        count = sum(client.llen(f"dramatiq:{queue}") for queue in QUEUES)
        client.flushdb()
        return count

    try:
        with Gate(6379) as gate:
            yield Service(f"redis://127.0.0.1:{gate.port}/{number}", gate, purge)
    finally:
        client.flushdb()
        client.close()


@contextmanager
def on_rabbitmq() -> Iterator[Service]:
    """A virtual host of our own on the RabbitMQ that runs here."""
    if shutil.which("rabbitmqctl") is None:
        pytest.fail("rabbitmqctl is not there: install RabbitMQ and start it (rabbitmq-server -detached).")
    _ctl("add_vhost", _NAME)
    try:
        _ctl("set_permissions", "-p", _NAME, "guest", ".*", ".*", ".*")
        with Gate(5672) as gate:
            url = f"amqp://guest:guest@127.0.0.1:{gate.port}/{_NAME}"
            yield Service(url, gate, _purge_rabbitmq)
    finally:
        _ctl("delete_vhost", _NAME)


def _purge_rabbitmq() -> int:
    direct = pika.URLParameters(f"amqp://guest:guest@127.0.0.1:5672/{_NAME}")
    count = 0
    with pika.BlockingConnection(direct) as connection:
        for queue in QUEUES:
            # A queue is made with its first message, and asking for one that is not there ends the channel.
            with contextlib.suppress(pika.exceptions.ChannelClosedByBroker):
                count += connection.channel().queue_purge(queue).method.message_count
    return count


def _ctl(*arguments: str) -> None:
    done = subprocess.run(["rabbitmqctl", "-q", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"RabbitMQ does not do what it is told ({done.stderr.strip()}). Is it running?")


BROKERS = {"rabbitmq": on_rabbitmq, "redis": on_redis}
