"""Many processes, one screen: each line carries the name of who wrote it."""

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import IO

_COLOURS = (36, 32, 35, 33, 34, 96, 92, 95)
_WIDTH = 8


class Output:
    """Writes `label | line` to the screen, coloured if it is one, and to a log file, plain."""

    def __init__(self, log_path: Path, stream: IO[str] | None = None) -> None:
        self.log_path = log_path
        self.log: IO[str] | None = None
        self.stream = stream or sys.stdout
        self.colours: dict[str, int] = {}
        self.is_coloured = self.stream.isatty() and not os.environ.get("NO_COLOR")
        self.lock = threading.Lock()

    def open_log(self) -> None:
        """Begin the log afresh. Not before it is certain that no other run writes it."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self.log = self.log_path.open("w", encoding="utf-8")

    def line(self, label: str, text: str) -> None:
        """One line of one process."""
        name = f"{label:<{_WIDTH}} | "
        with self.lock:
            colour = self.colours.setdefault(label, _COLOURS[len(self.colours) % len(_COLOURS)])
            shown = f"\x1b[{colour}m{name}\x1b[0m" if self.is_coloured else name
            # A closed terminal must not stop the product's shutdown.
            with contextlib.suppress(OSError, ValueError):
                self.stream.write(f"{shown}{text}\n")
                self.stream.flush()
            if self.log is not None:
                with contextlib.suppress(OSError, ValueError):
                    self.log.write(f"{name}{text}\n")
                    self.log.flush()

    def text(self, text: str) -> None:
        """Lines of our own, without a label."""
        with self.lock, contextlib.suppress(OSError, ValueError):
            self.stream.write(f"{text}\n")
            self.stream.flush()

    def pump(self, label: str, source: IO[bytes]) -> None:
        """Copy a process's output line by line until it ends."""
        with source:
            for raw in source:
                line = raw.decode("utf-8", errors="replace").rstrip()
                if line:
                    self.line(label, line)
