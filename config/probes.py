"""Questions to the neighbours (broker, storage), each asked in a bounded time and never by two at once."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 2.0
# An answer is good for so long: whoever asks the public address more often costs the neighbours nothing.
_FRESH_SECONDS = 5.0
_DEFAULT_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


class Probe:
    """One question, asked in a thread of its own: a neighbour that hangs holds up one thread, not each request."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._answered_at = float("-inf")
        self._went_well = False

    def goes_well(self, patience: float = PATIENCE_SECONDS) -> bool:
        """Whether the neighbour answered lately. Returns after `patience` seconds at the latest."""
        with self._lock:
            if time.monotonic() - self._answered_at < _FRESH_SECONDS:
                return self._went_well
            if self._running is None or not self._running.is_alive():
                self._running = threading.Thread(target=self._run, daemon=True, name="probe")
                self._running.start()
            running = self._running
        running.join(patience)
        return not running.is_alive() and self._went_well

    def _run(self) -> None:
        try:
            self._ask()
            self._went_well = True
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it does not work
            # The public answer is one word; what is wrong stands here.
            log.warning("probe_failed", probe=self._ask.__name__, error=str(error), kind=type(error).__name__)
            self._went_well = False
        self._answered_at = time.monotonic()


def _ask_broker() -> None:
    url = urlsplit(settings.BROKER_URL)
    if url.scheme not in _DEFAULT_PORTS:
        return  # our own database, which is asked elsewhere
    address = (url.hostname or "localhost", url.port or _DEFAULT_PORTS[url.scheme])
    with socket.create_connection(address, timeout=PATIENCE_SECONDS):
        pass


def _ask_storage() -> None:
    if isinstance(default_storage, FileSystemStorage):
        # The folder is made with the first file.
        folder = default_storage.location
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        with tempfile.TemporaryFile(dir=folder):
            return
    # Whether it is there does not matter: that the store can say so does.
    default_storage.exists("health")


broker = Probe(_ask_broker)
storage = Probe(_ask_storage)
