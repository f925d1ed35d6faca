"""The product to break: started once, on data of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from renders.models import Render
from tests.chaos import harness
from tests.chaos.audit import audit
from tests.chaos.harness import Chaos


class Keeper:
    """Keeps one product running, and starts a new one after a test that spoiled the books."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.chaos: Chaos | None = None

    def get(self) -> Chaos:
        """The running product; started if there is none."""
        if self.chaos is None:
            self.chaos = self.stack.enter_context(harness.product())
        return self.chaos

    def stop(self) -> None:
        """End it."""
        self.stack.close()
        self.chaos = None


@pytest.fixture(scope="session")
def keeper(django_db_blocker) -> Iterator[Keeper]:
    """Whoever keeps the product."""
    keeper = Keeper()
    with django_db_blocker.unblock():
        yield keeper
        keeper.stop()


@pytest.fixture
def chaos(keeper: Keeper) -> Iterator[Chaos]:
    """The running product, without the orders and faults of the test before."""
    chaos = keeper.get()
    yield chaos
    chaos.control.delete("/faults")
    chaos.orders.withdraw()


@pytest.fixture
def spoiled(keeper: Keeper) -> Iterator[Chaos]:
    """A product whose books nobody will look at again."""
    yield keeper.get()
    keeper.stop()


@pytest.fixture
def settle(chaos: Chaos, capsys: pytest.CaptureFixture) -> Callable[..., None]:
    """settle(renders, "what was done"): wait, audit, tell. Fails with every finding."""
    began = time.monotonic()

    def check(renders: list[Render], story: str, *, seconds: float = 120) -> None:
        chaos.wait(renders, seconds)
        found = audit(chaos, renders)
        with capsys.disabled():
            print(f"\n  {story}: {len(renders)} renders, {time.monotonic() - began:.0f} s; {found.counts()}")
        assert not found, found.words()

    return check
