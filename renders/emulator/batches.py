"""Takes batches from validating to their end: each line becomes a job at half price, and its answer a line of a file.

The rows are the truth: a line that was carried out is written down with its job, so that a restarted process goes on
with the others and bills nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from renders.emulator import batch_lines
from renders.emulator.batch_lines import Line
from renders.emulator.batch_record import Batch
from renders.emulator.clock import Clock
from renders.emulator.errors import ApiError
from renders.emulator.forms import Form
from renders.emulator.jobs import Job
from renders.emulator.store import Store

if TYPE_CHECKING:
    from renders.emulator.state import Emulator

log = logging.getLogger("emulator")

WINDOW_SECONDS = 86_400
_AT_ONCE = 64  # lines of a batch under way
_EMPTY = {
    "errors": None, "output_file_id": None, "error_file_id": None, "in_progress_at": None, "finalizing_at": None,
    "completed_at": None, "failed_at": None, "expired_at": None, "cancelling_at": None, "cancelled_at": None,
}  # fmt: skip

# Makes the job of one line: the emulator, the key, the line's body.
Make = Callable[["Emulator", str, Form], Any]


class BatchRunner:
    """One task per batch under way."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def accept(
        self, key: str, file_id: str, endpoint: str, window: str, metadata: Any, quirks: dict[str, Any]
    ) -> Batch:
        """A new batch, validating."""
        now = int(self._clock.now())
        body = {
            "id": f"batch_{secrets.token_hex(16)}",
            "object": "batch",
            "endpoint": endpoint,
            "input_file_id": file_id,
            "completion_window": window,
            "status": "validating",
            "created_at": now,
            "expires_at": now + WINDOW_SECONDS,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": metadata,
            **_EMPTY,
        }
        batch = Batch(body["id"], key, body, quirks, self._clock.wall())
        self._store.add_batch(batch)
        return batch

    def start(self, emulator: Emulator, batch_id: str, make: Make) -> None:
        """Begin, or take up again after a restart."""
        task = asyncio.get_running_loop().create_task(self._run(emulator, batch_id, make))
        self._tasks[batch_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(batch_id, None))

    def resume(self, emulator: Emulator, make: Make) -> None:
        """Take up every batch that a former process left unfinished."""
        for batch in self._store.batches_under_way():
            self.start(emulator, batch.id, make)

    def cancel(self) -> None:
        """Stop every task; the rows stay as they are."""
        for task in self._tasks.values():
            task.cancel()

    async def close(self) -> None:
        """Stop and wait."""
        self.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, emulator: Emulator, batch_id: str, make: Make) -> None:
        batch = self._store.batch(batch_id)
        if batch is None or batch.has_ended:
            return
        try:
            await self._carry_out(emulator, batch, make)
        except LookupError:
            return  # the row went away under us: a reset
        except Exception:
            log.exception("batch %s failed", batch_id)
            raise

    async def _carry_out(self, emulator: Emulator, batch: Batch, make: Make) -> None:
        data = self._store.api_file(batch.body["input_file_id"], batch.key)
        raw = self._store.file_bytes(data) if data else b""
        lines, wrong = await asyncio.to_thread(batch_lines.read_lines, raw, batch.body["endpoint"])
        if rejected := batch.quirks.get("batch_reject"):
            wrong = [
                batch_lines.problem(rejected["code"], rejected["message"], number)
                for number in rejected["lines"]
            ]
        if wrong:
            errors = {"object": "list", "data": wrong}
            self._change(batch, status="failed", failed_at=int(self._clock.now()), errors=errors)
            return
        counts = {"total": len(lines), "completed": 0, "failed": 0}
        self._change(
            batch, status="in_progress", in_progress_at=int(self._clock.now()), request_counts=counts
        )
        turned_away = self._turned_away(batch, lines)
        gate = asyncio.Semaphore(_AT_ONCE)
        runs = [
            self._line(emulator, batch, line, make, gate) for line in lines if line.number not in turned_away
        ]
        answers = list(await asyncio.gather(*runs))
        while "batch_stuck" in batch.quirks:
            await asyncio.sleep(3600)
        self._finish(batch, lines, [answer for answer in answers if answer], turned_away)

    def _turned_away(self, batch: Batch, lines: list[Line]) -> set[int]:
        """Numbers of the lines that a fault keeps from their turn: the last ones."""
        wanted = batch.quirks.get("batch_expire") or batch.quirks.get("batch_cancel")
        return {line.number for line in lines[-wanted["lines"] :]} if wanted else set()

    async def _line(
        self, emulator: Emulator, batch: Batch, line: Line, make: Make, gate: asyncio.Semaphore
    ) -> dict[str, Any]:
        """The answer to one line. Its job is made once, whatever happens to this process."""
        async with gate:
            wanted = batch.quirks.get("batch_line_error")
            if wanted and line.number <= wanted["lines"]:
                return self._count(batch, "failed", batch_lines.broken(line.custom_id, wanted))
            job = self._store.line_job(batch.id, line.custom_id)
            if job is None:
                try:
                    job = await make(emulator, batch.key, Form("json", line.body))
                except ApiError as error:
                    return self._count(batch, "failed", batch_lines.refused(line.custom_id, error))
                self._store.add_line(batch.id, line.custom_id, job.id)
            if "batch_early_answers" not in batch.quirks:
                job = await self._ended(emulator, job)
            body = emulator.body(job, "create")
            word = "failed" if job.status == "failed" else "completed"
            return self._count(batch, word, batch_lines.answered(line.custom_id, 200, body))

    async def _ended(self, emulator: Emulator, job: Job) -> Job:
        await emulator.runner.wait(job.id)
        found = self._store.job(job.id)
        if found is None:
            raise LookupError(job.id)
        return found

    def _count(self, batch: Batch, word: str, answer: dict[str, Any]) -> dict[str, Any]:
        batch.body["request_counts"][word] += 1
        # Readers look every few seconds: writing each line's count would cost more than its job.
        done = batch.body["request_counts"]["completed"] + batch.body["request_counts"]["failed"]
        if done % 50 == 0:
            self._store.save_batch(batch)
        return answer

    def _finish(
        self, batch: Batch, lines: list[Line], answers: list[dict[str, Any]], turned_away: set[int]
    ) -> None:
        now = int(self._clock.now())
        good = [a for a in answers if a["response"] and a["response"]["status_code"] == 200]
        bad = [a for a in answers if a not in good] if len(good) < len(answers) else []
        is_expired = "batch_expire" in batch.quirks
        if is_expired:
            bad += [batch_lines.expired(line.custom_id) for line in lines if line.number in turned_away]
            batch.body["request_counts"]["failed"] += len(turned_away)
        changes: dict[str, Any] = {"finalizing_at": now}
        for name, found in (("output_file_id", good), ("error_file_id", bad)):
            if found:
                data = batch_lines.output_file(
                    found, batch.quirks if name == "output_file_id" else {}, batch.id
                )
                changes[name] = self._store.add_api_file(
                    batch.key, "batch_output", f"{batch.id}_{name}.jsonl", data, now
                )
        word = "expired" if is_expired else "cancelled" if "batch_cancel" in batch.quirks else "completed"
        changes |= {"status": word, f"{word}_at": now}
        self._change(batch, **changes)
        log.info("%s %s: %d good, %d bad", batch.id[:18], word, len(good), len(bad))

    def _change(self, batch: Batch, **changes: Any) -> None:
        batch.body |= changes
        self._store.save_batch(batch)
