"""Everything that one running emulator holds, put together once."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from renders.emulator.batches import BatchRunner
from renders.emulator.clock import Clock
from renders.emulator.dialects import DIALECTS, Dialect
from renders.emulator.faults import Faults
from renders.emulator.forms import Form
from renders.emulator.jobs import Job
from renders.emulator.media.credentials import prepare
from renders.emulator.pool import RenderPool
from renders.emulator.profiles import Profile
from renders.emulator.rates import CreateRates, RateWindow
from renders.emulator.runner import Runner
from renders.emulator.store import Store
from renders.emulator.webhooks import Webhooks


@dataclass(frozen=True)
class Settings:
    """What the command line decides."""

    keys: tuple[str, ...]
    data: Path
    speed: float = 1.0
    render_seconds: float = 6.0
    workers: int = 1
    dialect: Dialect = DIALECTS["openai"]
    rate_limit: int | None = None
    canned: bool = False
    credentials: bool = True


class Recorder:
    """The last 2,000 requests, for tests that ask what a client really sent. Keys are not kept."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=2000)

    def begin(self, request: web.Request) -> dict[str, Any]:
        """Note a request as it comes in; the entry is filled in later."""
        headers = {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower() not in ("authorization", "api-key", "cookie")
        }
        entry: dict[str, Any] = {
            "at": time.time(),
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": headers,
            "content_type": request.headers.get("content-type"),
            "operation": None,
            "body": None,
            "fault": None,
            "status": None,
        }
        self.entries.append(entry)
        return entry


def summary_of(form: Form) -> dict[str, Any]:
    """A body for the record: long values cut, files as size and hash."""
    values = {
        name: value[:500] if isinstance(value, str) else _cut(value) for name, value in form.values.items()
    }
    files = {
        name: {
            "filename": upload.filename,
            "content_type": upload.content_type,
            "bytes": len(upload.data),
            "sha256": hashlib.sha256(upload.data).hexdigest(),
        }
        for name, upload in form.files.items()
    }
    return {"encoding": form.encoding, "values": values, "files": files}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:500]
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    return [_cut(inner) for inner in value] if isinstance(value, list) else value


@dataclass
class Emulator:
    """The parts of a running emulator."""

    settings: Settings
    store: Store
    clock: Clock
    faults: Faults
    pool: RenderPool
    webhooks: Webhooks
    runner: Runner
    batches: BatchRunner
    rate: RateWindow
    create_rates: CreateRates = field(default_factory=CreateRates)
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def dialect(self) -> Dialect:
        """How it speaks."""
        return self.settings.dialect

    def speaking(self, dialect: Dialect) -> Emulator:
        """The same emulator, for a request in another dialect: its parts are shared."""
        return replace(self, settings=replace(self.settings, dialect=dialect))

    @property
    def profile(self) -> Profile:
        """The dialect's limits."""
        return self.dialect.limits

    @property
    def poll_after_ms(self) -> int:
        """What ``openai-poll-after-ms`` advises: six looks per render, at most one each 50 ms."""
        return max(50, round(self.runner.duration / 6 * 1000))

    def body(self, job: Job, operation: str) -> dict[str, Any]:
        """The Video object of a job as an operation answers with it now, with the quirks that faults gave it."""
        body = self.dialect.video(job.body(self.clock.wall(), self.runner.duration), job, operation)
        odd = job.quirks.get("odd_progress")
        if odd and not job.is_terminal and odd["values"]:
            value = odd["values"].pop(0)
            body["progress"] = float(value) if value in ("NaN", "Infinity") else value
            self.store.save(job)
        named = job.quirks.get("unknown_status")
        if named and named["phase"] in ("all", "completed" if job.is_terminal else "pending"):
            body["status"] = named["text"]
        return body

    def is_lost(self, job: Job) -> bool:
        """Whether a fault made the job vanish."""
        lose: dict[str, Any] | None = job.quirks.get("lose")
        return lose is not None and self.clock.now() >= job.created_at + lose["after_seconds"]

    def is_unlisted(self, job: Job) -> bool:
        """Whether lists leave the job out: lost, or accepted too recently for a lagging list."""
        lag: dict[str, Any] | None = job.quirks.get("list_lag")
        return self.is_lost(job) or (
            lag is not None and self.clock.wall() < job.accepted_wall + lag["seconds"]
        )

    def reset(self) -> None:
        """Back to the beginning: no jobs, faults, records or shifted clock."""
        self.batches.cancel()
        self.runner.cancel()
        self.webhooks.cancel()
        self.faults.remove()
        self.recorder.entries.clear()
        self.rate.clear()
        self.create_rates.set({}, 60.0)
        self.clock.shift = 0.0
        self.store.wipe()


def build(settings: Settings) -> Emulator:
    """Open the data folder and wire the parts."""
    store = Store(settings.data)
    # A demo that runs for weeks should not fill the disk; a day leaves room for clocks that tests turn back.
    store.tidy(Clock.wall() - 86_400)
    clock = Clock(float(store.setting("clock_shift", "0")))
    faults = Faults()
    signing = str(prepare(settings.data / "credentials")) if settings.credentials else ""
    pool = RenderPool(settings.workers, signing)
    webhooks = Webhooks(store, faults, clock, settings.speed)
    runner = Runner(
        store,
        pool,
        webhooks,
        clock,
        duration=settings.render_seconds / settings.speed,
        expires_after=settings.dialect.limits.expires_after,
        canned=settings.canned,
    )
    batches, rate = BatchRunner(store, clock), RateWindow(settings.rate_limit)
    return Emulator(settings, store, clock, faults, pool, webhooks, runner, batches, rate)


EMULATOR = web.AppKey("emulator", Emulator)
