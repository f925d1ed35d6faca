"""The official package speaks to the emulator: with the last version on httpx, and with one of the new line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.driver import ROOT, SECRET, Emulator, free_port, start

EXERCISE = Path(__file__).with_name("sdk_exercise.py")
SDK3 = ROOT / ".venv-sdk3" / "bin" / "python"


@pytest.fixture(scope="module")
def hook_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, hook_url: str) -> Iterator[Emulator]:
    """One for both, with a key for each; clips are shared, since the package does not look into them."""
    options = ["--speed", "60", "--canned", "--webhook-url", hook_url, "--webhook-secret", SECRET]
    running = start(tmp_path_factory.mktemp("sdk"), *options, keys=2)
    yield running
    running.stop()


def exercise(python: Path, emulator: Emulator, key: str, hook_url: str) -> str:
    """Run the exercise under an interpreter; returns what it printed."""
    # Warnings off: the package calls its videos deprecated since the vendor gave up serving them.
    command = [str(python), "-W", "ignore", str(EXERCISE), emulator.url, key, SECRET, hook_url]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_package_on_httpx_does_every_operation(emulator: Emulator, hook_url: str):
    said = exercise(Path(sys.executable), emulator, emulator.keys[0], hook_url)
    assert "openai 2.54.0: 17 operations" in said


def test_the_package_on_httpx2_does_every_operation(emulator: Emulator, hook_url: str):
    if not SDK3.exists():
        message = "The environment with openai 3 is missing. Make it: make sdk3"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    said = exercise(SDK3, emulator, emulator.keys[1], hook_url)
    assert "openai 3." in said
    assert "17 operations" in said
