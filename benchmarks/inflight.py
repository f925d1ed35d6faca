"""2,000 renders in flight: one worker's rounds, against the official SDK that asks for each of them every five seconds."""

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["BROKER_URL"] = "stub://"

import httpx

from benchmarks.harness import ROUNDS, Section, p50, spread, verdict
from benchmarks.inside import database

IN_FLIGHT = int(os.environ.get("BENCH_IN_FLIGHT", "2000"))
ENDING = 60  # of them, which end within the window, one after the other
WINDOW = 30.0  # seconds of one measurement
LASTS = 12.0  # seconds that a clip takes at the provider
EVERY = 5.0  # seconds between two questions of the SDK for one video


@dataclass
class Measured:
    """One window: calls to the provider, processor seconds of the asking process, seconds from done to known."""

    calls: int = 0
    cpu: float = 0.0
    lags: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Of the lags; the whole window, when nothing was noticed in it."""
        return sorted(self.lags)[int(len(self.lags) * 0.95)] if self.lags else WINDOW


class World:
    """The product's rows and the provider's videos: most of them never end, some are sent in while it is measured."""

    def __init__(self, emulator: Any) -> None:
        from renders.actions.accounts import set_up_account
        from tests.cast import assemble
        from tests.renders.queues import queue_up

        self.emulator = emulator
        self.http = httpx.Client(headers={"Authorization": f"Bearer {emulator.api_key}"}, timeout=30)
        self.cast = assemble()
        self.account = set_up_account(
            slug="emulator",
            name="Emulator",
            base_url=emulator.url,
            api_key=emulator.api_key,
            webhook_secrets=[],
            is_emulator=True,
            max_in_flight=100_000,
        )
        emulator.control.post("/faults", json={"kind": "stuck", "operation": "create", "count": IN_FLIGHT})
        print(f"  {IN_FLIGHT} videos are sent in", flush=True)
        self.videos = [self.send() for _ in range(IN_FLIGHT)]
        self.spare = queue_up(self.cast, self.account, self.cast.acme, IN_FLIGHT + ENDING * (ROUNDS + 1) + 1)
        for video in self.videos:
            self.bind(video)

    def send(self) -> str:
        """One more video; its id."""
        form = {"prompt": "A boat", "model": "sora-2", "seconds": "4", "size": "720x1280"}
        return str(self.http.post(f"{self.emulator.url}/videos", data=form).raise_for_status().json()["id"])

    def bind(self, video: str) -> Any:
        """A render of ours that is in flight as this video."""
        from django.db.models import F
        from django.db.models.functions import Now

        from renders.models import Attempt, ProviderAccount, Render
        from tenants.scope import org_transaction

        render = self.spare.pop()
        with org_transaction(render.org_id):
            Attempt.objects.filter(render=render).update(
                status="bound", provider_video_id=video, intent_at=Now()
            )
            Render.objects.filter(pk=render.pk).update(state="submitting", next_action_at="2099-01-01T00:00Z")
            Render.objects.filter(pk=render.pk).update(state="rendering", state_at=Now())
            ProviderAccount.objects.filter(pk=self.account.pk).update(in_flight=F("in_flight") + 1)
        return render

    def done_at(self, video: str) -> float:
        """When the provider was done with it, by its own whole seconds; None while it is not."""
        return float(self.http.get(f"{self.emulator.url}/videos/{video}").json()["completed_at"] or "inf")


@contextmanager
def sending(world: World, sent: list[str], bind: bool) -> Iterator[None]:
    """While it is measured, one video after the other that will end."""
    stop = threading.Event()

    def send() -> None:
        from django.db import connection

        gap = (WINDOW - LASTS - 10) / ENDING
        for _ in range(ENDING):
            if stop.wait(gap):
                break
            video = world.send()
            if bind:
                world.bind(video)
            sent.append(video)
        connection.close()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _calls(world: World) -> int:
    """GETs that the provider has answered so far; it keeps the last 2,000, so ask often."""
    entries = world.emulator.control.get("/requests?method=GET").json()["count"]
    world.emulator.control.delete("/requests")
    return int(entries)


def ours(world: World, *, with_ends: bool = True) -> Measured:
    """A worker's rounds, and one GET for each render that ended, as the sweep would ring for them."""
    from renders.steps import rounds

    found, known, sent = Measured(), dict[str, float](), list[str]()
    really = rounds._make_due

    def note(flying: list[Any]) -> None:
        really(flying)
        known.update({one.video_id: time.time() for one in flying})

    rounds._make_due = note
    _calls(world)
    try:
        with sending(world, sent, bind=True) if with_ends else _nothing():
            found.cpu -= time.thread_time()
            until = time.monotonic() + WINDOW
            while time.monotonic() < until:
                for org_id, render_id in rounds.look(world.account.pk):
                    _poll(org_id, render_id)
                found.cpu += time.thread_time()
                found.calls += _calls(world)
                time.sleep(0.5)  # as the sweep
                found.cpu -= time.thread_time()
            found.cpu += time.thread_time()
            found.calls += _calls(world)
    finally:
        rounds._make_due = really
    found.lags = [max(0.0, known[v] - world.done_at(v) - 0.5) for v in sent if v in known]
    missed = [v for v in sent if v not in known and world.done_at(v) < time.time() - 15]
    assert not missed, f"{len(missed)} of {len(sent)} were not noticed"
    return found


def _poll(org_id: Any, render_id: Any) -> None:
    """The GET that decides. What follows, the ledger and the download, is no detection: it is another benchmark's."""
    from renders.models import Render
    from renders.steps import poll
    from tenants.scope import org_transaction

    with org_transaction(org_id):
        render = Render.objects.select_related("account").get(pk=render_id)
        attempt = render.attempts.latest("number")
        Render.objects.filter(pk=render_id).update(state="downloading")
        type(attempt).objects.filter(pk=attempt.pk).update(status="completed")
    poll._ask(render, attempt)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def naive(world: World) -> Measured:
    """The official SDK as its guide shows it: retrieve, sleep, again; a task for each video."""
    import openai

    found, sent, known = Measured(), list[str](), dict[str, float]()

    async def follow(client: Any, video: str, delay: float, until: float) -> None:
        await asyncio.sleep(delay)
        while time.monotonic() < until:
            answer = await client.videos.retrieve(video)
            found.calls += 1
            if answer.status == "completed":
                known[video] = time.time()
                return
            await asyncio.sleep(EVERY)

    async def run() -> None:
        until = time.monotonic() + WINDOW
        async with openai.AsyncOpenAI(
            api_key=world.emulator.api_key, base_url=world.emulator.url, max_retries=0
        ) as client:
            tasks = [
                asyncio.ensure_future(follow(client, video, number % 100 * EVERY / 100, until))
                for number, video in enumerate(world.videos)
            ]
            seen = 0
            while time.monotonic() < until:
                await asyncio.sleep(0.2)
                for video in sent[seen:]:
                    tasks.append(asyncio.ensure_future(follow(client, video, EVERY, until)))
                    seen += 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    with sending(world, sent, bind=False):
        begun = time.thread_time()
        asyncio.run(run())
        found.cpu = time.thread_time() - begun
    found.lags = [max(0.0, known[v] - world.done_at(v) - 0.5) for v in sent if v in known]
    return found


def with_webhooks(world: World) -> Measured:
    """The same rounds while webhooks arrive and no clip is late."""
    from django.db.models.functions import Now

    from renders.models import Pace, ProviderAccount

    Pace.objects.create(
        account=world.account, model="sora-2", size="720x1280", seconds=4, latest=[3600.0] * 20
    )
    ProviderAccount.objects.filter(pk=world.account.pk).update(webhook_at=Now(), poll_at=Now())
    return ours(world, with_ends=False)


def main() -> None:
    """Measure, and write the section."""
    from tests import emulated

    with database(), tempfile.TemporaryDirectory(prefix="dailies-inflight-") as folder:
        emulator = emulated.start(Path(folder), speed=6.0 / LASTS)
        try:
            world = World(emulator)
            mine, theirs = list[Measured](), list[Measured]()
            for number in range(ROUNDS):
                mine.append(ours(world))
                theirs.append(naive(world))
                print(f"  round {number + 1}: {_line(mine[-1])} | SDK {_line(theirs[-1])}", flush=True)
            quiet = with_webhooks(world)
        finally:
            emulated.stop(emulator)
    _tell(mine, theirs, quiet)


def _line(one: Measured) -> str:
    return f"{one.calls} calls, {one.cpu:.2f} s CPU, p95 {one.p95:.1f} s of {len(one.lags)}"


def _tell(mine: list[Measured], theirs: list[Measured], quiet: Measured) -> None:
    section = Section(
        "inflight",
        f"{IN_FLIGHT:,} renders in flight for {WINDOW:.0f} s, {ENDING} of them end",
        ("what", "one worker's rounds", "the SDK, each every 5 s", "ratio of medians", "goal"),
    )

    calls, their_calls = [float(m.calls) for m in mine], [float(m.calls) for m in theirs]
    scheduled = IN_FLIGHT * WINDOW / EVERY
    fewer = scheduled / max(p50(calls), 1.0)
    section.row(
        "calls to the provider, as scheduled",
        spread(calls, digits=0),
        f"{scheduled:.0f}",
        f"{fewer:.0f} × fewer",
        f"≥ 20 ×: {verdict(fewer >= 20)}",
    )
    section.row("calls that were made", spread(calls, digits=0), spread(their_calls, digits=0), "–", "–")
    cpu, their_cpu = [m.cpu for m in mine], [m.cpu for m in theirs]
    share = p50(cpu) / p50(their_cpu)
    section.row(
        "processor time of the asking thread, s",
        spread(cpu, digits=2),
        spread(their_cpu, digits=2),
        f"{share:.3f}",
        f"≤ 0.1: {verdict(share <= 0.1)}",
    )
    lags, their_lags = [m.p95 for m in mine], [m.p95 for m in theirs]
    section.row(
        "from done to known, p95, s",
        spread(lags),
        spread(their_lags),
        "–",
        f"≤ 10: {verdict(p50(lags) <= 10)}",
    )
    section.row("calls while webhooks arrive", quiet.calls, "–", "–", f"0: {verdict(quiet.calls == 0)}")
    section.notes.append(
        "The window is short, so that rounds can take turns; the provider's own clock has whole seconds, of which half a one "
        "is taken off. The rounds' time is the worker's thread, with its queries and its GET for what ended, without the "
        "database server's. One process of the SDK cannot make the calls of its schedule (400 a second), so its lag grows past its five seconds; what "
        "it was late for or never noticed in the window is in no percentile of its lag."
    )
    section.write()


if __name__ == "__main__":
    main()
