"""The examination itself: it passes on the emulator in each profile, and notices when a server is another one."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.emulator.driver import ROOT, Emulator, start
from tests.verification.checks import CHECKS, OPERATIONS
from tests.verification.expected import PROFILES

# The ten operations of the protocol.
TEN = {
    "create", "edit", "extend", "character create", "character fetch", "list", "retrieve", "delete", "remix", "content",
}  # fmt: skip


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Clips are shared: nobody here looks at them. A fifth of a second is long enough to meet a job under way."""
    running = start(tmp_path_factory.mktemp("examined"), "--canned", "--render-seconds", "0.2", keys=20)
    yield running
    running.stop()


def examine(emulator: Emulator, dialect: str, key: int, *extra: str) -> tuple[int, str]:
    """Exit code and what it printed."""
    url = f"http://127.0.0.1:{emulator.port}/as/{dialect}/v1"
    command = [
        sys.executable,
        "-m",
        "tests.verification",
        "--base-url",
        url,
        "--key",
        emulator.keys[key],
        *extra,
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )
    return done.returncode, done.stdout + done.stderr


def test_every_operation_of_the_protocol_has_a_check():
    assert set(OPERATIONS) >= TEN
    for profile in PROFILES.values():
        assert set(profile) == {named.name for named in CHECKS}


@pytest.mark.parametrize("number", range(len(PROFILES)))
def test_emulator_passes_in_each_profile(emulator: Emulator, number: int):
    profile = list(PROFILES)[number]
    code, said = examine(emulator, profile, number, "--profile", profile)
    assert code == 0, said
    assert f"{profile}: nothing contradicts it" in said
    assert f"nearest profile: {profile} (0 contradictions)" in said
    assert "not tried" not in said.replace("list goes on: not tried", "")


def test_another_server_than_was_said_is_noticed(emulator: Emulator):
    code, said = examine(emulator, "sglang", 10, "--profile", "openai")
    assert code == 1, said
    assert "! content, variant=video: no (404)   (expected: video/mp4)" in said


def test_without_a_profile_it_reports_and_names_the_nearest(emulator: Emulator):
    code, said = examine(emulator, "relay", 11)
    assert code == 0, said
    assert "nearest profile: relay" in said
    assert "~ status words: NOT_START, processing, succeeded" in said


def test_no_more_is_bought_than_was_allowed(emulator: Emulator):
    code, said = examine(emulator, "openai", 12, "--profile", "openai", "--most-jobs", "3")
    assert code == 0, said
    assert "3 clips made" in said
    lines = emulator.control.get("/invoice").json()["lines"]
    assert len([line for line in lines if line["key"] == emulator.keys[12]]) == 3


def test_server_that_cannot_be_examined_is_said_so(emulator: Emulator):
    url = "http://127.0.0.1:9/v1"
    command = [sys.executable, "-m", "tests.verification", "--base-url", url, "--key", "x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "cannot be examined" in done.stderr
