"""The whole product, started as a person starts it, on ports and data of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from config.processes import die_with_parent

_READY_SECONDS = 120
_OURS = (
    "DJANGO_SETTINGS_MODULE",
    "DATA_DIR",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "LOG_LEVEL",
    "DAILIES_TEST_DIR",
)


@dataclass
class Stack:
    """A running product. `log` is everything that its processes wrote."""

    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def live_url(self) -> str:
        return f"http://localhost:{self.port + 1}"

    @property
    def emulator_url(self) -> str:
        return f"http://127.0.0.1:{self.port + 2}"

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self.port + 3}"

    @property
    def log(self) -> str:
        return (self.data_dir / "logs" / "up.log").read_text(encoding="utf-8")

    def wait_for(self, text: str, seconds: float = _READY_SECONDS, *, times: int = 1) -> None:
        """Until the log says so. Raises AssertionError with the log when it does not, or when the product ends."""
        deadline = time.monotonic() + seconds
        path = self.data_dir / "logs" / "up.log"
        while not (path.is_file() and self.log.count(text) >= times):
            assert time.monotonic() < deadline, f"{text!r} was not said within {seconds} s:\n{self.tail()}"
            assert self.process.poll() is None, f"The product ended before it said {text!r}:\n{self.tail()}"
            time.sleep(0.05)

    def tail(self) -> str:
        output = (self.data_dir / "output").read_text(encoding="utf-8", errors="replace")
        return "\n".join(output.splitlines()[-40:])

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def free_ports(count: int = 4) -> int:
    """The first of so many free ports in a row."""
    # Each parallel worker looks in a range of its own, so that two never choose the same.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    for first in range(20_000 + worker * 1_000 + os.getpid() % 90 * 10, 30_000, 10):
        if all(_is_free(first + offset) for offset in range(count)):
            return first
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def clean_environment() -> dict[str, str]:
    """The environment without what the test settings put into it: a product that is run for real is not a test."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}


def boot(
    data_dir: Path, *arguments: str, port: int | None = None, wait: bool = True, **environment: str
) -> Stack:
    """Start `manage.py up` and, unless told otherwise, return when its pages answer."""
    port = port or free_ports()
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=settings.BASE_DIR,
            env=clean_environment() | {"DATA_DIR": str(data_dir), "PORT": str(port)} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    stack = Stack(port=port, data_dir=data_dir, process=process)
    if wait:
        try:
            wait_until_ready(stack)
        except BaseException:
            stack.process.kill()
            raise
    return stack


def wait_until_ready(stack: Stack) -> None:
    """Until the pages and the live updates answer."""
    deadline = time.monotonic() + _READY_SECONDS
    for url in (
        f"http://127.0.0.1:{stack.port}/health/ready",
        f"http://127.0.0.1:{stack.port + 1}/health/live",
    ):
        while not _answers(url):
            assert stack.process.poll() is None, f"The product ended:\n{stack.tail()}"
            assert time.monotonic() < deadline, f"The product is not ready:\n{stack.tail()}"
            time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False
