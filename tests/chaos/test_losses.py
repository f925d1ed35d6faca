"""The broker forgets, ways between processes break, processes are killed by lot."""

import random
import time

import pytest

from config.postgres.setup import BROKER_SCHEMA
from tests.chaos.soak import Soak

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
RENDERS = 6


def test_a_broker_that_forgets_everything_costs_time_only(chaos, settle):
    lost = 0
    renders = [chaos.submit() for _ in range(RENDERS)]
    until = time.monotonic() + 4
    while time.monotonic() < until:
        lost += chaos.flush_broker(BROKER_SCHEMA)
        time.sleep(0.1)
    assert lost
    settle(renders, f"{lost} messages deleted from the broker")


@pytest.mark.parametrize("way", ["database", "provider", "webhooks"])
def test_a_way_that_is_cut_halved_silent_or_shut_costs_time_only(chaos, settle, way):
    """The default broker lives in the database: its way is the database's."""
    gate, renders = chaos.gates[way], []
    before = gate.passed
    for break_it, mend_it in (
        (gate.cut, None),
        (gate.halve, None),
        (gate.hold, gate.flow),
        (gate.shut, gate.open),
    ):
        renders += [chaos.submit() for _ in range(2)]
        time.sleep(0.7)
        break_it()
        if mend_it:
            time.sleep(1)
            mend_it()
    settle(renders, f"the way to the {way} cut, halved, silent, shut")
    assert gate.passed - before >= 3, "what was cut was not in use"


def test_whatever_the_lot_brings_costs_time_only(chaos, capsys):
    seed = random.SystemRandom().randrange(10**6)
    with capsys.disabled():
        print(f"\n  by lot, seed {seed}:")
        tally = Soak(chaos, seed, batch=8, strikes=4).run(6, tell=lambda line: print(f"  {line}"))
    assert not tally.findings, tally.findings.words()
