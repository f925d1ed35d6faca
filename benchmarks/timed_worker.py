"""A media worker that writes down how long transfers and transcodes themselves took; broker module for dramatiq."""

import functools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.worker import broker as broker
from renders.steps import derive, fetch
from tenants import storage
from tenants.media import run as media

_LOG = Path(os.environ["DATA_DIR"]) / "own-time.log"
_now = threading.local()


def _step(module: Any, name: str) -> None:
    inner = getattr(module, name)

    @functools.wraps(inner)
    def outer(org_id: Any, render_id: Any) -> Any:
        _now.own, _now.step = 0.0, name
        try:
            return inner(org_id, render_id)
        finally:
            line = json.dumps({"render": str(render_id), "step": name, "own": _now.own})
            with _LOG.open("a") as log:
                log.write(line + "\n")

    setattr(module, name, outer)


def _timed(module: Any, name: str, *steps: str) -> None:
    """`steps`: those in which it counts; our own copying in another one is overhead."""
    inner: Callable[..., Any] = getattr(module, name)

    @functools.wraps(inner)
    def outer(*args: Any) -> Any:
        began = time.monotonic()
        try:
            return inner(*args)
        finally:
            if not steps or _now.step in steps:
                _now.own += time.monotonic() - began

    setattr(module, name, outer)


def own_times() -> Iterator[dict[str, Any]]:
    """What was written down so far."""
    if _LOG.exists():
        for line in _LOG.read_text().splitlines():
            yield json.loads(line)


_step(fetch, "fetch")
_step(derive, "derive")
_timed(storage, "stage", "fetch")
_timed(media, "_ask")
