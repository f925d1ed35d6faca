"""kill -9 of the worker at every moment of every step."""

import pytest

from tests.chaos.harness import Chaos
from tests.chaos.points import POINTS

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


def test_a_worker_that_dies_anywhere_costs_time_only(chaos, settle, cycles, capsys):
    """One render for each point, all at once, so that each death strikes bystanders, too."""
    before = chaos.orders.carried_out()
    for number in range(cycles):
        renders = _submit_until_all_are_struck(chaos)
        settle(renders, f"cycle {number + 1} of {cycles}, killed at {len(POINTS)} points", seconds=180)
    kills = chaos.orders.carried_out() - before
    with capsys.disabled():
        print("  " + ", ".join(f"{name} {count}" for name, count in sorted(kills.items())))
    assert all(kills[point.name] >= cycles for point in POINTS)


def _submit_until_all_are_struck(chaos: Chaos) -> list:
    """A bystander of another death may come by another way than its own point: then the next one tries."""
    renders, left = [], list(POINTS)
    for _ in range(6):
        batch = [chaos.submit_to(point) for point in left]
        renders += batch
        chaos.wait(batch, 180)
        left = chaos.points_left()
        if not left:
            return renders
    raise AssertionError(f"no render came by {left}")
