"""What a watcher of the processes reads: whether they can work, and the numbers."""

import re
import threading
import time

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from config import health, probes
from config.probes import Probe
from renders.models import Attempt, InboundEvent, ProviderAccount, Render

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-prometheus"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(probes, "broker", Probe(probes._ask_broker))
    monkeypatch.setattr(probes, "storage", Probe(probes._ask_storage))


@pytest.fixture
def numbers(settings):
    settings.METRICS_TOKEN = TOKEN

    def read():
        answer = Browser().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    return read


def ready():
    answer = Browser().get("/health/ready")
    return answer.status_code, answer.content.decode().strip()


class TestReadiness:
    def test_ready_when_all_is_well(self):
        assert ready() == (200, "ready")

    def test_missing_migration_is_not_ready(self, monkeypatch):
        known = health.known_migrations()
        assert ("renders", "0001_initial") in known
        monkeypatch.setattr(health, "known_migrations", lambda: known | {("renders", "9999_tomorrow")})
        assert ready() == (503, "migrations")

    def test_newer_migration_of_the_next_release_does_no_harm(self, monkeypatch):
        known = health.known_migrations()
        monkeypatch.setattr(health, "known_migrations", lambda: known - {("renders", "0001_initial")})
        assert ready() == (200, "ready")

    def test_absent_database_is_one_word(self, monkeypatch):
        def broken():
            raise OperationalError('connection to server at "db.internal" failed')

        monkeypatch.setattr(health, "_ask_database", broken)
        assert ready() == (503, "database")

    def test_row_that_is_due_for_long_is_late_and_pages_go_on(self, cast, make_take):
        take = make_take(state="rendering", next_action_at="2020-01-01T00:00Z")
        assert ready() == (200, "degraded: late")
        with cast.at():
            Render.objects.filter(pk=take.pk).update(next_action_at="2099-01-01T00:00Z")
        assert ready() == (200, "ready")

    def test_absent_broker_and_storage_are_told_without_their_addresses(self, settings, monkeypatch):
        settings.BROKER_URL = "redis://:secret@127.0.0.1:1/0"
        monkeypatch.setattr(probes, "default_storage", FileSystemStorage("/proc/nowhere"))
        assert ready() == (200, "degraded: broker storage")

    def test_costs_four_statements(self):
        ready()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ready()
        assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 5


class TestProbe:
    def test_neighbour_that_hangs_holds_up_nobody_and_is_asked_once(self):
        calls, gate = [], threading.Event()

        def hang():
            calls.append(1)
            gate.wait(10)

        probe = Probe(hang)
        began = time.monotonic()
        assert not probe.goes_well(patience=0.05)
        assert not probe.goes_well(patience=0.05)
        assert time.monotonic() - began < 5
        assert calls == [1]
        gate.set()
        probe._running.join(5)
        assert probe.goes_well()

    def test_answer_is_reused_however_often_strangers_ask(self):
        calls = []
        probe = Probe(lambda: calls.append(1))
        assert all(probe.goes_well() for _ in range(50))
        assert calls == [1]


class TestMetrics:
    def test_without_the_token_there_is_no_such_page(self, settings):
        assert Browser().get("/metrics").status_code == 404
        # An empty token never opens it.
        assert Browser().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
        settings.METRICS_TOKEN = TOKEN
        for wrong in ("", "Bearer", "Bearer x", f"Basic {TOKEN}", TOKEN, "Bearer ü"):
            assert Browser().get("/metrics", headers={"authorization": wrong}).status_code == 404

    def test_numbers_are_those_of_the_database(self, cast, make_take, numbers):
        make_take(state="rendering", next_action_at="2020-01-01T00:00Z")
        with cast.at():
            Attempt.objects.update(status="bound", provider_video_id="video_1")
        account = ProviderAccount.objects.get()
        ProviderAccount.objects.update(in_flight=3, max_in_flight=7)
        InboundEvent.objects.create(account=account, webhook_id="w", kind="video.completed", video_id="v")
        read = numbers()
        assert read['dailies_renders{state="rendering"}'] == 1
        assert read['dailies_renders{state="queued"}'] == 0
        assert read['dailies_due_seconds{state="rendering"}'] > 1_000_000
        assert read["dailies_sweep_lag_seconds"] > 1_000_000
        assert read["dailies_sweep_running"] == 0
        assert read['dailies_attempts{status="bound",failure_class=""}'] == 1
        assert read[f'dailies_account_in_flight{{account="{account.slug}"}}'] == 3
        assert read[f'dailies_account_limit{{account="{account.slug}"}}'] == 7
        assert read["dailies_webhooks_parked"] == 1
        with cast.at():
            reserved = Attempt.objects.get().reserved_microusd
        assert read['dailies_spend_microusd{kind="reserved"}'] == reserved > 0
        assert read['dailies_spend_microusd{kind="posted"}'] == 0

    def test_statements_do_not_grow_with_rows(self, cast, make_take, numbers):
        counts = []
        for _ in range(2):
            make_take(state="rendering", next_action_at="2020-01-01T00:00Z")
            with CaptureQueriesContext(connection) as queries:
                numbers()
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 12

    def test_every_line_is_what_prometheus_reads(self, settings, make_take):
        settings.METRICS_TOKEN = TOKEN
        make_take(state="rendering", next_action_at="2020-01-01T00:00Z")
        text = Browser().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).content.decode()
        sample = re.compile(r'[a-z_]+(\{([a-z_]+="[^"\n]*",?)+\})? -?[0-9.e+-]+')
        for line in text.splitlines():
            assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line
