"""The emulated provider as a process of its own, for tests of what speaks to it."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.conf import settings

from config.processes import die_with_parent
from tests.stack import free_ports


@dataclass
class Emulator:
    """A running emulator. `control` speaks to its controls; `url` is what a provider account is given."""

    url: str
    api_key: str
    webhook_secret: str
    control: httpx.Client
    process: subprocess.Popen[bytes]


def start(
    folder: Path, *, speed: float = 60, webhook_url: str = "http://127.0.0.1:9/", canned: bool = True
) -> Emulator:
    """Start one and return when it answers. Raises AssertionError with what it said when it does not."""
    port = free_ports(2)
    api_key, secret = "sk-emulator-for-tests", "whsec_dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHM="
    arguments = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--control-port": str(port + 1),
        "--data": str(folder / "data"),
        "--speed": str(speed),
        "--api-key": api_key,
        "--webhook-url": webhook_url,
        "--webhook-secret": secret,
    }
    log = folder / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "renders.emulator",
                *(part for pair in arguments.items() for part in pair),
                # Jobs of equal size and length share one clip: it is drawn once, not once a test.
                *(["--canned"] if canned else []),
            ],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    control = httpx.Client(base_url=f"http://127.0.0.1:{port + 1}", timeout=10)
    emulator = Emulator(f"http://127.0.0.1:{port}/v1", api_key, secret, control, process)
    deadline = time.monotonic() + 30
    while not _answers(f"http://127.0.0.1:{port}/v1/videos"):
        said = log.read_text(encoding="utf-8", errors="replace")
        assert process.poll() is None, f"The emulator ended:\n{said}"
        assert time.monotonic() < deadline, f"The emulator does not answer:\n{said}"
        time.sleep(0.05)
    return emulator


def stop(emulator: Emulator) -> None:
    """End it."""
    emulator.control.close()
    emulator.process.terminate()
    try:
        emulator.process.wait(5)
    except subprocess.TimeoutExpired:
        emulator.process.kill()


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=2)
    except httpx.HTTPError:
        return False
    return True
