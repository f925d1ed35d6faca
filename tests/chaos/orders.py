"""Orders to die: one empty file each, named after the point and the row. Whoever reaches the point takes it."""

import contextlib
import os
import signal
import threading
from collections import Counter
from pathlib import Path

from config.postgres import layout

ANYBODY = "anybody"  # in place of a row, where a process is at work for many


class Orders:
    """The folder of orders, and the folder of those that were carried out."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.given = data_dir / "chaos" / "orders"
        self.taken = data_dir / "chaos" / "carried-out"

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.given, self.taken):
            folder.mkdir(parents=True, exist_ok=True)

    def give(self, point: str, row: object) -> None:
        """Kill the worker that brings this row to this point, once."""
        (self.given / f"{point}@{row}").touch()

    def withdraw(self) -> list[str]:
        """Take back what nobody took; the points."""
        left = []
        for path in sorted(self.given.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                left.append(_point(path))
        return left

    def carried_out(self) -> Counter[str]:
        """How many workers died at each point."""
        return Counter(_point(path) for path in self.taken.iterdir())

    def take(self, point: str, row: object) -> bool:
        """True for exactly one caller for each order. One step: another thread may end the process at any moment."""
        name = f"{point}@{row}"
        try:
            (self.given / name).rename(self.taken / name)
        except FileNotFoundError:
            return False
        return True


def _point(path: Path) -> str:
    return path.name.partition("@")[0]


def die() -> None:
    """kill -9, from inside: no handler runs, no buffer is flushed, no transaction is ended."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_database(data_dir: Path) -> None:
    """kill -9 of the server's first process, from a process that uses it."""
    lines = (layout.recorded(data_dir).cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)


def die_in(seconds: float) -> None:
    """The same, from another thread, while this one goes on."""
    threading.Timer(seconds, die).start()
