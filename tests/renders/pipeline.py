"""Drive one render through its steps, without workers: each call is what a worker would do next."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
from django.db import connection
from django.db.models.functions import Now

from renders.models import Attempt, LedgerEntry, Render
from renders.states import State
from renders.tasks import ACTOR_FOR
from tenants.scope import org_transaction
from tests.emulated import Emulator


def fresh(render: Render) -> Render:
    """The row as it is now."""
    with org_transaction(render.org_id):
        return Render.objects.select_related("brief").prefetch_related("assets").get(pk=render.pk)


def make_due(render: Render) -> None:
    """As if its time had come."""
    with org_transaction(render.org_id):
        Render.objects.filter(pk=render.pk, next_action_at__isnull=False).update(next_action_at=Now())


def step(render: Render) -> Render:
    """Run the step that is due in its present state."""
    make_due(render)
    state = State(fresh(render).state)
    ACTOR_FOR[state].fn(str(render.org_id), str(render.pk))
    return fresh(render)


def run_until(render: Render, *states: State, seconds: float = 40) -> Render:
    """Step until it reaches one of the states. Raises AssertionError when it does not."""
    deadline = time.monotonic() + seconds
    now = fresh(render)
    while now.state not in states:
        assert time.monotonic() < deadline, f"stuck in {now.state}"
        now = step(now)
        time.sleep(0.1)
    return now


def attempts(render: Render) -> list[Attempt]:
    with org_transaction(render.org_id):
        return list(Attempt.objects.filter(render=render).order_by("number"))


def balance(render: Render) -> dict[str, int]:
    """What the ledger says of this render, by book."""
    books: dict[str, int] = {}
    with org_transaction(render.org_id):
        for entry in LedgerEntry.objects.filter(render=render):
            books[entry.book] = books.get(entry.book, 0) + entry.amount_microusd
    return books


def invoiced(emulator: Emulator, render: Render) -> list[dict[str, Any]]:
    """What the provider itself says it accepted and charged for this render's prompt."""
    lines = emulator.control.get("/invoice").json()["lines"]
    wanted = {attempt.prompt_sha256 for attempt in attempts(render)}
    return [line for line in lines if line["prompt_sha256"] in wanted]


def wait_until_made(emulator: Emulator, video_id: str) -> None:
    """Until the provider says completed; a clip that nobody asked for before has to be drawn."""
    headers = {"Authorization": f"Bearer {emulator.api_key}"}
    deadline = time.monotonic() + 90
    with httpx.Client(headers=headers) as http:
        while http.get(f"{emulator.url}/videos/{video_id}").json()["status"] != "completed":
            assert time.monotonic() < deadline, f"{video_id} is not made"
            time.sleep(0.05)


def in_threads(count: int, work: Callable[[int], Any]) -> Counter[Any]:
    """Run work(n) in threads that start together; Counter of what they returned."""
    barrier, results = threading.Barrier(count), list[Any]()

    def one(number: int) -> None:
        try:
            barrier.wait(10)
            results.append(work(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(results)
