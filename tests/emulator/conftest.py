"""One emulator for all tests of this folder; each test has a key of its own, so none sees another's videos."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.driver import Api, Emulator, Hook, hook_for, start

_KEYS = 400
_next_key = itertools.count()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Renders take a twentieth of a second, and all of one size share their clip: nobody here looks at it."""
    running = start(tmp_path_factory.mktemp("emulator"), "--speed", "120", "--canned", keys=_KEYS)
    first = Api(running, running.keys[-1])
    for size in ("720x1280", "1280x720"):
        first.made(size=size)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def shelf(emulator: Emulator) -> Path:
    """Clips for emulators that a test starts for itself."""
    return emulator.log.parent / "data" / "media"


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One that draws every clip."""
    running = start(tmp_path_factory.mktemp("studio"), "--speed", "120", "--workers", "2", keys=_KEYS)
    yield running
    running.stop()


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Api]:
    """A fresh key. Faults that the test left over are removed; they name the key and hit nobody else."""
    made = Api(emulator, emulator.keys[next(_next_key) % _KEYS])
    yield made
    for fault in made.control.get("/faults").json()["faults"]:
        if fault["key"] == made.key:
            made.control.delete(f"/faults/{fault['id']}")


@pytest.fixture
def other(emulator: Emulator) -> Api:
    """A second key: a rival project."""
    return Api(emulator, emulator.keys[next(_next_key) % _KEYS])


@pytest.fixture
def hook(api: Api) -> Iterator[Hook]:
    """A webhook endpoint for the key's events."""
    with hook_for(api) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test's own emulator keeps its data."""
    return tmp_path
