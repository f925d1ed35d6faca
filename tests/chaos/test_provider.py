"""The provider's answers and webhooks go astray while workers die."""

import pytest

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]
RENDERS = 4


def test_a_create_whose_answer_is_lost_is_found_and_paid_once(chaos, settle):
    fault = {"kind": "accept_then_drop", "operation": "create"}
    renders = [chaos.submit(fault) for _ in range(RENDERS)]
    settle(renders, "every answer to a create lost")


def test_without_webhooks_polling_alone_ends_the_same(chaos, settle):
    chaos.fault(kind="webhook_drop", count=None)
    renders = [chaos.submit() for _ in range(RENDERS)]
    settle(renders, "every webhook lost")
    assert chaos.events_of(renders) == 0


def test_repeated_late_and_forged_webhooks_end_the_same(chaos, settle):
    mischief = (
        {"kind": "webhook_duplicate", "times": 5},
        {"kind": "webhook_reorder", "hold_seconds": 3},
        {"kind": "webhook_forge", "variant": "signature"},
        {"kind": "webhook_forge", "variant": "unsigned"},
        {"kind": "webhook_forge", "variant": "stale"},
        {"kind": "webhook_forge", "variant": "garbage"},
        {"kind": "delay", "operation": "create", "when": "after", "seconds": 1},
    )
    renders = [chaos.submit(fault) for fault in mischief]
    settle(renders, "webhooks repeated, held back, forged, and before the answer to the create")
    # A forged one leaves no trace; of the repeats one is kept.
    assert chaos.events_of(renders) == 3
