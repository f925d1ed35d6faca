"""How processes ring for each other: dramatiq, on the product's own PostgreSQL unless BROKER_URL names another.

A message only says "look at this row now". Losing one costs delay, never work: the sweep rings again for every
row that is due. So brokers here fail quickly instead of retrying, and workers never retry a message.
"""

import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dramatiq
import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections, connections
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import current_millis, dq_name
from dramatiq.middleware import (
    AgeLimit,
    Callbacks,
    Middleware,
    Pipelines,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.broker import QUERIES
from dramatiq_postgres.utils import tidy4json
from psycopg.types.json import Json
from psycopg_pool import ConnectionPool

from config.postgres.settings import connect_arguments

QUEUES = ("default", "media", "mail")
_SEND_SECONDS = 2
_JOB_MILLISECONDS = 15 * 60 * 1000

log = structlog.get_logger("dailies.jobs")


class JobContext(Middleware):
    """Fresh database connections and the job's name on each log line."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        close_old_connections()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=message.actor_name, message=message.message_id)
        message.options["started"] = time.monotonic()

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: Any = None
    ) -> None:
        started = message.options.pop("started", None)
        if started is not None:
            log.info("job", ms=round((time.monotonic() - started) * 1000, 1), ok=exception is None)
        structlog.contextvars.clear_contextvars()
        close_old_connections()

    after_skip_message = after_process_message

    def before_worker_thread_shutdown(self, broker: dramatiq.Broker, thread: Any) -> None:
        connections.close_all()


class _LazyPool(ConnectionPool):
    """Opens at the first use: most processes that import this module never send a message."""

    def getconn(self, timeout: float | None = None) -> Any:
        self.open()
        return super().getconn(timeout)


class DatabaseBroker(PostgresBroker):
    """The stock broker, except that sending tries once and briefly: its own would hold a request for a minute."""

    def enqueue(  # type: ignore[override]
        self, message: dramatiq.Message, *, delay: int | None = None
    ) -> dramatiq.Message:
        self.emit_before("enqueue", message, delay)
        if delay:
            message = message.copy(
                queue_name=dq_name(message.queue_name), options={"eta": current_millis() + delay}
            )
        values = (message.queue_name, message.message_id, Json(tidy4json(message)), delay or 0)
        with self.pool.connection(timeout=_SEND_SECONDS) as connection:
            connection.execute(QUERIES.ENQUEUE, values)
        self.emit_after("enqueue", message, delay)
        return message


def make_broker(url: str) -> dramatiq.Broker:
    """The broker that BROKER_URL asks for: empty, redis://, rediss://, amqp://, amqps:// or stub://."""
    scheme = urlsplit(url).scheme
    if not url:
        return _database_broker()
    if scheme == "stub":
        return StubBroker(middleware=_middleware())
    if scheme in {"redis", "rediss"}:
        from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415 - only where it is used

        # With its defaults a killed worker's messages come back after 69 to 900 s; with these after 25.
        return RedisBroker(
            url=_with_options(url, socket_timeout="5", socket_connect_timeout=str(_SEND_SECONDS)),
            middleware=_middleware(),
            heartbeat_timeout=20_000,
            maintenance_chance=200_000,
        )
    if scheme in {"amqp", "amqps"}:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415 - only where it is used

        bounds = {"socket_timeout": "2", "blocked_connection_timeout": "2", "connection_attempts": "1"}
        return RabbitmqBroker(url=_with_options(url, **bounds), middleware=_middleware())
    raise ImproperlyConfigured(
        f"BROKER_URL starts with {scheme!r}, but must be empty or start with redis:// or amqp://. "
        "See .env.sample, which explains every variable."
    )


def _database_broker() -> DatabaseBroker:
    # Not at import: the embedded database's folder may be written down only after its first start.
    arguments = connect_arguments(settings.DATABASES["default"]) | {"application_name": "dailies-jobs"}
    pool = _LazyPool(
        kwargs=arguments, min_size=0, max_size=16, open=False, check=ConnectionPool.check_connection
    )
    return DatabaseBroker(  # type: ignore[no-untyped-call]
        pool=pool,
        middleware=_middleware(),
        results=False,
        schema="dramatiq",
        # A killed worker's messages are somebody else's after 20 to 25 s.
        heartbeat_interval=5,
        heartbeat_ttl=20,
        maintenance_interval=5,
        purge_maxage="1 day",
    )


def _middleware() -> list[Middleware]:
    return [
        AgeLimit(),
        TimeLimit(time_limit=_JOB_MILLISECONDS),
        ShutdownNotifications(),
        Callbacks(),
        Pipelines(),
        Retries(max_retries=0),
        JobContext(),
    ]


def _with_options(url: str, **options: str) -> str:
    """The URL with these options, unless it says otherwise itself."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(options | dict(parse_qsl(parts.query)))))


broker = make_broker(settings.BROKER_URL)
dramatiq.set_broker(broker)
