"""A running product for benchmarks: the one that `manage.py up` starts, with a provider and without its demonstration."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.processes import die_with_parent

ROOT = Path(__file__).parent.parent
PORT = int(os.environ.get("BENCH_PORT", "18700"))
URL = f"http://127.0.0.1:{PORT}"
EMULATOR = f"http://127.0.0.1:{PORT + 2}"
CONTROL = f"http://127.0.0.1:{PORT + 3}"


@contextmanager
def running(data_dir: Path, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """From when the pages answer until they are ended. `command`: what is run instead of `manage.py up`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o711)
    with (data_dir / "output").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *(command or ("manage.py", "up"))],
            cwd=ROOT,
            env=os.environ | {"DATA_DIR": str(data_dir), "PORT": str(PORT)} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        wait_for_pages(process, data_dir)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def wait_for_pages(process: subprocess.Popen[bytes], data_dir: Path, seconds: float = 120) -> None:
    """Until the sign-in page is there. Raises RuntimeError with what the product said."""
    deadline = time.monotonic() + seconds
    while not _answers(f"{URL}/accounts/login/"):
        if process.poll() is not None or time.monotonic() > deadline:
            said = (data_dir / "output").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"The product does not answer:\n{said}")
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_for_log(data_dir: Path, text: str, times: int, seconds: float = 60) -> None:
    """Until the product's log says so."""
    deadline = time.monotonic() + seconds
    log = data_dir / "logs" / "up.log"
    while log.read_text(errors="replace").count(text) < times:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{text!r} was not said.")
        time.sleep(0.05)
