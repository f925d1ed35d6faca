"""The checks of these tests notice the mistakes that they are there for."""

import pytest

from tests.chaos import bugs
from tests.chaos.audit import Findings, audit
from tests.chaos.harness import Chaos
from tests.chaos.points import BY_NAME

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


def _found(chaos: Chaos, bug: str, point: str) -> Findings:
    """What the audit finds when workers make this mistake and die there."""
    chaos.misbehave(bug)
    render = chaos.submit_to(BY_NAME[point])
    chaos.wait([render], 60)
    return audit(chaos, [render])


def test_both_mistakes_are_noticed(spoiled):
    found = _found(spoiled, bugs.BLIND_RETRY, "submit.after_post")
    assert found.duplicates, "a create that was sent again without asking"
    assert found.orphans
    found = _found(spoiled, bugs.DOUBLE_SETTLE, "poll.after_get")
    assert any("the ledger says" in leak for leak in found.leaks), "a settlement without a key"
    assert not found.duplicates
