"""kill -9 at every moment of every step."""

import pytest

from tests.chaos.harness import Chaos
from tests.chaos.orders import ANYBODY
from tests.chaos.points import BY_NAME, CROWD_POINTS, POINTS

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]

# The server's first process dies while these transactions are open: did they commit, or not?
_DATABASE_POINTS = (
    "submit.before_intent_commit",
    "submit.before_record_commit",
    "poll.before_commit",
    "fetch.inside_commit",
    "derive.inside_commit",
)


def test_a_worker_that_dies_anywhere_costs_time_only(chaos, settle, capsys):
    """One render for each point, all at once, so that each death strikes bystanders, too."""
    before = chaos.orders.carried_out()
    renders = _submit_until_all_are_struck(chaos)
    settle(renders, f"killed at {len(POINTS)} points", seconds=180)
    kills = chaos.orders.carried_out() - before
    with capsys.disabled():
        print("  " + ", ".join(f"{name} {count}" for name, count in sorted(kills.items())))
    assert all(kills[point.name] for point in POINTS)


def test_a_database_that_dies_in_a_transaction_costs_time_only(chaos, settle):
    before = chaos.orders.carried_out()
    renders = [chaos.submit_to(BY_NAME[name], victim="database") for name in _DATABASE_POINTS]
    settle(renders, "the database killed at named points", seconds=180)
    assert (chaos.orders.carried_out() - before).total() >= 1


def test_pages_and_sweep_that_die_around_a_webhook_or_a_ring_cost_time_only(chaos, settle):
    before = chaos.orders.carried_out()
    for point in CROWD_POINTS:
        chaos.orders.give(point, ANYBODY)
    renders = [chaos.submit() for _ in range(4)]
    settle(renders, "pages and sweep killed at named points")
    assert set(chaos.orders.carried_out() - before) == set(CROWD_POINTS)


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
