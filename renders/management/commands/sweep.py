"""Ring for due rows, again and again."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from renders.sweep import Sweep, only_one

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Ring for every due row, every half second, until stopped. Start as many as you like: one works."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between rounds")

    def handle(self, *args: Any, interval: float, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            try:
                self._hold_lock_and_sweep(stop, interval)
            except Error as error:
                log.warning("sweep_lost_database", error=str(error).strip())
                connection.close()
                stop.wait(2)

    def _hold_lock_and_sweep(self, stop: threading.Event, interval: float) -> None:
        with only_one() as mine:
            if not mine:
                stop.wait(3)
                return
            log.info("sweep_started", interval=interval)
            sweep = Sweep()
            while not stop.is_set():
                sweep.once()
                stop.wait(interval)
