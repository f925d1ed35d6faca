"""The broker forgets, the database dies, processes are killed by lot."""

import os
import random
import time

import pytest

from config.postgres.setup import BROKER_SCHEMA

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
RENDERS = 6


def test_a_broker_that_forgets_everything_costs_time_only(chaos, settle, cycles):
    lost = 0
    renders = [chaos.submit() for _ in range(RENDERS * cycles)]
    until = time.monotonic() + 4 * cycles
    while time.monotonic() < until:
        lost += chaos.flush_broker(BROKER_SCHEMA)
        time.sleep(0.1)
    assert lost
    settle(renders, f"{lost} messages deleted from the broker")


def test_a_killed_database_costs_time_only(chaos, settle, cycles):
    for _ in range(cycles):
        renders = [chaos.submit() for _ in range(RENDERS)]
        time.sleep(1.5)
        chaos.kill_database()
        settle(renders, "the database killed in mid-flight")


def test_random_kills_under_load_cost_time_only(chaos, settle, cycles):
    seed = int(os.environ.get("CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
    dice, kills, renders = random.Random(seed), [], []
    for _ in range(8 * cycles):
        renders += [chaos.submit() for _ in range(dice.randint(0, 2))]
        time.sleep(dice.uniform(0.1, 1.2))
        kills.append(chaos.kill_somebody(dice))
    story = ", ".join(f"{name} {kills.count(name)}" for name in sorted(set(kills)))
    settle(renders, f"killed by lot ({story}; CHAOS_SEED={seed})", seconds=120 + 10 * cycles)
