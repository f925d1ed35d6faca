"""Each class of failure has one message for the team, the client and staff, in one of three families."""

import pytest

from renders.messages import LATER, MESSAGES, NOT_ALLOWED, PERSON
from renders.states import POLICY_FAILURES, FailureClass


@pytest.mark.parametrize("failure", list(FailureClass))
def test_class_has_a_sentence_for_everybody(failure):
    message = MESSAGES[failure]
    assert message.family in {LATER, NOT_ALLOWED, PERSON}
    for text in (message.team, message.client, message.staff):
        assert len(str(text)) > 10
    # The client learns that it takes longer, or that there will be another clip; never why.
    assert len({str(m.client) for m in MESSAGES.values()}) == 2


def test_refusals_by_policy_are_not_allowed_and_say_what_would_help():
    for failure in POLICY_FAILURES:
        message = MESSAGES[failure]
        assert message.family is NOT_ALLOWED
        assert "hange" in str(message.team)


def test_try_again_later_is_never_said_of_policy():
    assert not {failure for failure, message in MESSAGES.items() if message.family is LATER} & POLICY_FAILURES
