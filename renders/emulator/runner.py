"""Takes jobs from queued to their end, at the pace of the clock and of the encoder, whichever is slower."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from renders.emulator.clock import Clock
from renders.emulator.jobs import FAIL_SHARE, QUEUED_SHARE, Job
from renders.emulator.media.credentials import spoil
from renders.emulator.media.render import VARIANTS
from renders.emulator.plans import spec_of
from renders.emulator.pool import RenderPool
from renders.emulator.store import Store
from renders.emulator.webhooks import Webhooks

log = logging.getLogger("emulator")

_BATCH_EXPIRES_AFTER = 86_400  # seconds; the vendor's guide
_BROKEN = {"code": "server_error", "message": "The video could not be rendered."}


class Runner:
    """One task per job under way; the database row is the truth, so a new process can start over."""

    def __init__(
        self,
        store: Store,
        pool: RenderPool,
        webhooks: Webhooks,
        clock: Clock,
        *,
        duration: float,
        expires_after: int,
        canned: bool,
    ) -> None:
        """``duration``: seconds from acceptance to completion if the encoder keeps up."""
        self._store, self._pool, self._webhooks, self._clock = store, pool, webhooks, clock
        self.duration, self._expires_after, self._canned = duration, expires_after, canned
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, job: Job) -> None:
        """Begin, or take up again after a restart."""
        task = asyncio.get_running_loop().create_task(self._run(job.id))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    def resume(self) -> int:
        """Take up every job that a former process left unfinished; returns how many."""
        pending = self._store.pending()
        for job in pending:
            self.start(job)
        return len(pending)

    async def wait(self, video_id: str) -> None:
        """Until nothing is done for this job any more."""
        task = self._tasks.get(video_id)
        if task is not None:
            await asyncio.wait([task])

    def cancel(self) -> None:
        """Stop every task; the rows stay as they are."""
        for task in self._tasks.values():
            task.cancel()

    async def close(self) -> None:
        """Stop and wait."""
        self.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, video_id: str) -> None:
        job = self._store.job(video_id)
        if job is None or job.is_terminal:
            return
        drawing = asyncio.ensure_future(self._draw(job))
        try:
            await self._reach(job, QUEUED_SHARE)
            if self._fresh(video_id).status == "queued":
                self._change(video_id, status="in_progress")
            await self._reach(job, FAIL_SHARE)
            if self._fails(video_id):
                return
            await self._reach(job, 1.0)
            if self._fails(video_id) or "stuck" in self._fresh(video_id).quirks:
                return
            digest = await drawing
            if digest is None:
                self._end(video_id, status="failed", error=_BROKEN)
            else:
                self._end(video_id, status="completed", digest=digest)
        except LookupError:
            # The row went away under us: a reset.
            return
        finally:
            drawing.cancel()

    async def _draw(self, job: Job) -> str | None:
        """The digest of the files, or None if the clip could not be made."""
        if {"fail", "moderation_block", "stuck"} & set(job.quirks):
            return None
        try:
            spec = spec_of(job, canned=self._canned)
            digest = await self._pool.render(spec.to_dict(), self._store.media, self._store.uploads)
            return self._spoiled(job, digest)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("rendering %s failed", job.id)
            return None

    def _spoiled(self, job: Job, digest: str) -> str:
        """The digest of files of this job's own, if a fault wants other credentials in its clip."""
        fault = job.quirks.get("credentials")
        if fault is None:
            return digest
        own, media = f"{digest}-{fault['variant']}", self._store.media
        for variant, ending in VARIANTS.items():
            data = (media / f"{digest}{ending}").read_bytes()
            (media / f"{own}{ending}").write_bytes(
                spoil(data, fault["variant"]) if variant == "video" else data
            )
        return own

    async def _reach(self, job: Job, share: float) -> None:
        """Sleep until a share of the render time has passed since acceptance."""
        await asyncio.sleep(max(0.0, job.accepted_wall + share * self.duration - self._clock.wall()))

    def _fresh(self, video_id: str) -> Job:
        job = self._store.job(video_id)
        if job is None:
            raise LookupError(video_id)
        return job

    def _change(self, video_id: str, **changes: Any) -> Job:
        job = self._fresh(video_id)
        for name, value in changes.items():
            setattr(job, name, value)
        self._store.save(job)
        return job

    def _fails(self, video_id: str) -> bool:
        """End the job if a fault says so. Read anew each time: faults may be added while the job runs."""
        quirks = self._fresh(video_id).quirks
        error = quirks.get("moderation_block") or quirks.get("fail")
        if error is None:
            return False
        self._end(video_id, status="failed", error={"code": error["code"], "message": error["message"]})
        return True

    def _end(self, video_id: str, **changes: Any) -> None:
        job = self._fresh(video_id)
        if changes["status"] == "completed":
            done = int(self._clock.now())
            lasts = _BATCH_EXPIRES_AFTER if "batched" in job.quirks else self._expires_after
            changes |= {"completed_at": done, "expires_at": done + lasts}
        else:
            changes["ended_progress"] = job.progress_at(self._clock.wall(), self.duration)
        job = self._change(video_id, **changes)
        log.info("%s %s%s", job.id[:16], job.status, f": {job.error['code']}" if job.error else "")
        self._webhooks.announce(job)
