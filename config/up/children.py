"""One process of the product: started, read from, ended with everything that it started itself."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.processes import die_with_parent
from config.up.output import Output

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# Whoever ran for so long is healthy again, and a later crash starts from the shortest pause.
_HEALTHY_SECONDS = 60.0


@dataclass
class Child:
    """What to run under which name. `restarts` is False for work that ends by itself."""

    label: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    restarts: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    due: float = 0.0

    def start(self, output: Output, folder: Path) -> None:
        """Start it in a process group of its own: Ctrl-C reaches us alone, and we end them in order."""
        self.process = subprocess.Popen(
            self.command,
            cwd=folder,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self.started = time.monotonic()
        assert self.process.stdout is not None
        threading.Thread(target=output.pump, args=(self.label, self.process.stdout), daemon=True).start()

    def exit_code(self) -> int | None:
        """None while it runs or has not been started."""
        return self.process.poll() if self.process is not None else None

    def next_pause(self) -> float:
        """Seconds to wait before the next start; twice as long each time."""
        if time.monotonic() - self.started > _HEALTHY_SECONDS:
            self.pause = _FIRST_PAUSE
        pause, self.pause = self.pause, min(self.pause * 2, _LONGEST_PAUSE)
        return pause

    def ask_to_stop(self) -> None:
        """Tell the process only: servers pass it on to their workers, and a second signal would cut those off."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and everything that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def is_gone(self) -> bool:
        """Whether nothing of its group is left."""
        if self.process is None:
            return True
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return True
        return all(_is_zombie(pid) for pid in _group(self.process.pid))


def _group(number: int) -> list[int]:
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == number:
                found.append(pid)
    return found


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
