"""Worker processes that draw and encode, so that the HTTP loop never waits for a picture."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from renders.emulator.media.render import render_clip


def _start_worker(parent: int) -> None:
    """Give way to the HTTP loop, leave Ctrl-C to the parent, and end when the parent is gone.

    A killed parent tells nobody. Its workers would wait for work for ever; looking once a second is enough.
    """
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _nothing() -> None:
    """Work for warming up."""


class RenderPool:
    """A process pool that survives the death of a worker."""

    def __init__(self, workers: int, credentials: str = "") -> None:
        """``credentials``: the folder of the certificate that clips are signed under, or empty."""
        self._workers, self._credentials = workers, credentials
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        # "spawn": a fork would copy the event loop, its sockets and the database handle.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(
            self._workers, mp_context=context, initializer=_start_worker, initargs=(os.getpid(),)
        )

    def warm(self) -> None:
        """Start the workers now: importing the codecs takes a third of a second."""
        for _ in range(self._workers):
            self._pool.submit(_nothing)

    async def render(self, spec: dict[str, Any], media: Path, uploads: Path) -> str:
        """Render a spec; returns its digest. One retry if the worker died under it."""
        loop = asyncio.get_running_loop()
        for last in (False, True):
            pool = self._pool
            try:
                return await loop.run_in_executor(
                    pool, render_clip, spec, str(media), str(uploads), self._credentials
                )
            except BrokenProcessPool:
                if pool is self._pool:
                    self._pool = self._new()
                if last:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the workers at once; what they were drawing is drawn again after a restart."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
