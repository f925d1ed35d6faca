"""Ringing for jobs: after commit, briefly, and never at the request's expense."""

import time
from collections.abc import Iterator

import dramatiq
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from config.broker import DatabaseBroker, make_broker
from tenants import queue
from tests.jobs import Jobs

rung: list[tuple[int, ...]] = []


@dramatiq.actor(actor_name="test-listen")
def listen(*numbers: int) -> None:
    rung.append(numbers)
    if numbers == (1,):
        queue.ring(listen, 2)


class BrokenActor:
    """Stands for an actor whose broker is down."""

    actor_name = "broken"
    tries = 0

    def send_with_options(self, **_: object) -> None:
        self.tries += 1
        raise ConnectionError("the broker is down")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    rung.clear()
    queue._quiet_until = 0.0
    yield
    queue._quiet_until = 0.0


@pytest.fixture
def database_broker(transactional_db: None) -> Iterator[DatabaseBroker]:
    broker = make_broker("")
    assert isinstance(broker, DatabaseBroker)
    yield broker
    broker.pool.close()


def test_a_ring_waits_for_the_commit_and_jobs_ring_for_each_other(jobs: Jobs) -> None:
    queue.ring(listen, 1)
    assert rung == []
    assert jobs.run() == 2
    assert rung == [(1,), (2,)]


@pytest.mark.parametrize("turn", ["leaves a ring behind", "starts in silence"])
@pytest.mark.django_db(transaction=True)
def test_no_test_hears_the_rings_of_another(turn: str) -> None:
    assert Jobs().waiting() == []
    queue.ring(listen, 3)


def test_a_rolled_back_ring_is_silent(jobs: Jobs) -> None:
    with transaction.atomic():
        queue.ring(listen, 7)
        transaction.set_rollback(True)
    assert jobs.run() == 0


@pytest.mark.django_db(transaction=True)
def test_a_broken_broker_never_fails_the_request_and_is_left_alone_for_a_while() -> None:
    actor = BrokenActor()
    with transaction.atomic():
        for _ in range(10):
            queue.ring(actor, 1)
    assert actor.tries == 1


def test_a_message_through_the_database_is_taken_once_and_gone_when_done(
    database_broker: DatabaseBroker,
) -> None:
    message = listen.message(5)
    database_broker.enqueue(message)
    consumer = database_broker.consume("default", prefetch=1, timeout=200)
    taken = next(consumer)
    assert taken is not None
    assert taken.message_id == message.message_id
    consumer.ack(taken)
    assert _rows() == 0
    consumer.close()


def test_a_delayed_message_is_not_taken_early(database_broker: DatabaseBroker) -> None:
    database_broker.enqueue(listen.message(5), delay=60_000)
    consumer = database_broker.consume("default.DQ", prefetch=1, timeout=100)
    assert next(consumer) is None
    assert _rows() == 1
    consumer.close()


def test_sending_to_an_absent_database_gives_up_within_the_bound(database_broker: DatabaseBroker) -> None:
    database_broker.pool.kwargs["host"] = "/nonexistent"  # type: ignore[index]
    started = time.monotonic()
    with pytest.raises(Exception, match="couldn't get a connection"):
        database_broker.enqueue(listen.message(5))
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://localhost:1/0", "RedisBroker"),
        ("amqp://localhost:1", "RabbitmqBroker"),
        ("stub://", "StubBroker"),
    ],
)
def test_broker_url_chooses_the_broker_without_connecting(url: str, kind: str) -> None:
    assert type(make_broker(url)).__name__ == kind


def test_an_unknown_broker_url_is_refused_with_a_sentence() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"BROKER_URL starts with 'kafka'.*\.env\.sample"):
        make_broker("kafka://localhost")


def _rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dramatiq.queue")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(autouse=True)
def _empty_queue(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "transactional_db" in request.fixturenames:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dramatiq.queue")
