"""The product on RabbitMQ, Redis, an external PostgreSQL and S3, with two of each process. A message only says
"look at this row now", so whatever happens to the broker costs delay and nothing else."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.brokers.conftest import TOKEN, Scaled

pytestmark = [pytest.mark.brokers]


def test_takes_submitted_at_both_web_processes_are_reviewed_and_their_bytes_are_in_the_bucket(scaled: Scaled):
    for _ in range(2):
        scaled.submit()
    for take in scaled.wait_for_review():
        original = take.asset("original")
        stored = scaled.bucket.newest(original.storage_key)
        assert stored is not None
        assert hashlib.sha256(stored).hexdigest() == original.sha256
    assert scaled.ready() == "ready"


def test_both_web_processes_tell_the_same_numbers(scaled: Scaled):
    texts = []
    for address in scaled.webs:
        answer = httpx.get(f"{address}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        texts.append([line for line in answer.text.splitlines() if "_seconds" not in line])
    assert texts[0] == texts[1]
    assert "dailies_sweep_running 1" in texts[0]
    assert f'dailies_renders{{state="in_review"}} {len(scaled.takes())}' in texts[0]


def test_messages_that_are_purged_with_work_in_flight_are_rung_again_from_the_database(scaled: Scaled):
    for worker in scaled.workers():
        worker.kill()
    for _ in range(4):
        scaled.submit()
    assert scaled.service.purge() >= 4
    assert {take.state for take in scaled.takes()[-4:]} == {"queued"}
    scaled.wait_for_review()


def test_broker_that_is_away_for_a_while_costs_delay_only(scaled: Scaled):
    scaled.service.gate.shut()
    began = time.monotonic()
    for _ in range(2):
        scaled.submit()
    # A request rings once and briefly.
    assert time.monotonic() - began < 10
    deadline = time.monotonic() + 8
    while scaled.ready() != "degraded: broker":
        assert time.monotonic() < deadline, scaled.ready()
        time.sleep(0.2)
    assert {take.state for take in scaled.takes()[-2:]} == {"queued"}
    scaled.service.gate.open()
    takes = scaled.wait_for_review()
    # One charge each, whatever was rung twice.
    paid = httpx.get(f"{scaled.stack.control_url}/invoice").json()["lines"]
    assert len(paid) == len(takes)


def test_worker_that_is_asked_to_stop_finishes_its_job_and_takes_no_other(
    scaled: Scaled, product_environment: dict[str, str], tmp_path: Path
):
    book = tmp_path / "book"
    book.touch()
    environment = product_environment | {"SLOW_BOOK": str(book)}
    start = {"cwd": settings.BASE_DIR, "env": environment}
    subprocess.run([sys.executable, "-m", "tests.brokers.slow"], check=True, **start)
    command = [sys.executable, "-m", "dramatiq", "tests.brokers.slow", "--skip-logging"]
    command += ["--processes", "1", "--threads", "1", "--queues", "slow"]

    def until(words: str, worker: subprocess.Popen) -> None:
        deadline = time.monotonic() + 20
        while words not in book.read_text():
            assert time.monotonic() < deadline, book.read_text()
            assert worker.poll() is None
            time.sleep(0.05)

    with subprocess.Popen(command, **start) as worker:
        until("began", worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    first = book.read_text().split("\n")[:-1]
    assert [line.split()[0] for line in first] == ["began", "ended"]
    # What it had fetched ahead is another one's now.
    with subprocess.Popen(command, **start) as worker:
        for number in range(3):
            until(f"ended {number}", worker)
        worker.terminate()
        worker.wait(20)
    assert sorted(book.read_text().split("\n")[:-1]) == [f"began {n}" for n in range(3)] + [
        f"ended {n}" for n in range(3)
    ]
