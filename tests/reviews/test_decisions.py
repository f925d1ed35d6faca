"""Deciding: who may, about which bytes, once, and what the record says afterwards."""

import pytest
from django.test import Client as Browser

from renders.states import State
from reviews.actions import decisions
from reviews.actions.rounds import reopen
from reviews.models import Decision, Round, StageKind, Verdict
from reviews.visibility import may_client_see
from tenants import audit
from tenants.models import AuditEvent
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown, text_of


@pytest.fixture
def bruno(cast: Cast) -> Browser:
    return browser(cast.bruno)


def _state(cast: Cast, round_: Round) -> State:
    with cast.at():
        round_.render.refresh_from_db()
        return State(round_.render.state)


@pytest.mark.parametrize(("verdict", "state"), [
    (Verdict.APPROVED, State.CLIENT_REVIEW),
    (Verdict.APPROVED_WITH_CHANGES, State.CLIENT_REVIEW),
    (Verdict.CHANGES_REQUIRED, State.CHANGES),
    (Verdict.NOT_RELEVANT, State.IN_REVIEW),
])  # fmt: skip
@pytest.mark.parametrize("extra", [{}, HTMX])
def test_bruno_decides(
    cast: Cast, in_review: Round, bruno: Browser, verdict: Verdict, state: State, extra: dict[str, str]
) -> None:
    response = bruno.post(
        room(in_review.render, "/decide"), shown(in_review, verdict=verdict, note="Why"), **extra
    )

    assert response.status_code == (200 if extra else 302)
    assert _state(cast, in_review) == state
    with cast.at():
        decision = Decision.objects.get()
        assert (decision.user, decision.verdict, decision.note) == (cast.bruno, verdict, "Why")
        assert decision.asset_sha256 == factories.asset_hash(in_review.render)
        assert decision.params_digest == in_review.render.params_digest
        assert decisions.is_intact(decision)
        event = AuditEvent.objects.get(action="decision.taken")
        assert event.data["sha256"] == decision.asset_sha256


def test_nobody_decides_about_their_own_take(cast: Cast, in_review: Round) -> None:
    amara = browser(cast.amara)

    page = text_of(amara.get(room(in_review.render)))
    response = amara.post(room(in_review.render, "/decide"), shown(in_review, verdict="approved"))

    assert page.count('title="You asked for this take, so somebody else decides on it."') == 4
    assert response.status_code == 422
    assert "somebody else decides" in text_of(response)
    assert _state(cast, in_review) == State.IN_REVIEW


def test_open_comments_stop_an_approval_and_the_button_says_so(
    cast: Cast, in_review: Round, bruno: Browser
) -> None:
    with cast.at():
        for _ in range(2):
            factories.said(in_review, cast.amara)

    page = text_of(bruno.get(room(in_review.render)))
    approve, other = (
        bruno.post(room(in_review.render, "/decide"), shown(in_review, verdict, verdict=verdict))
        for verdict in ("approved", "approved_with_changes")
    )

    assert page.count('title="2 comments are unresolved.') == 1
    assert (approve.status_code, other.status_code) == (422, 302)


def test_turning_back_needs_a_reason(cast: Cast, in_review: Round, bruno: Browser) -> None:
    data = shown(in_review, verdict="changes_required")

    refused = bruno.post(room(in_review.render, "/decide"), data)
    with cast.at():
        factories.said(in_review, cast.bruno)
    accepted = bruno.post(room(in_review.render, "/decide"), data)

    assert refused.status_code == 422
    assert "Say what has to change" in text_of(refused)
    assert accepted.status_code == 302


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_other_bytes_than_shown_are_409_and_decide_nothing(
    cast: Cast, in_review: Round, bruno: Browser, extra: dict[str, str]
) -> None:
    data = {**shown(in_review, verdict="approved", note="Keep this note"), "asset_sha256": "f" * 64}

    response = bruno.post(room(in_review.render, "/decide"), data, **extra)

    assert response.status_code == 409
    assert "is not the one that is here now" in text_of(response)
    assert "Keep this note" in text_of(response)
    assert ("<html" in text_of(response)) == (not extra)
    with cast.at():
        assert not Decision.objects.exists()


def test_a_double_click_decides_once(cast: Cast, in_review: Round, bruno: Browser) -> None:
    data = shown(in_review, verdict="approved")

    answers = [bruno.post(room(in_review.render, "/decide"), data).status_code for _ in range(2)]

    assert answers == [302, 302]
    with cast.at():
        assert Decision.objects.count() == 1


def test_who_comes_second_reads_the_truth(cast: Cast, in_review: Round, bruno: Browser) -> None:
    data = shown(in_review, "form-2", verdict="changes_required", note="No")
    with cast.at():
        factories.decided(in_review, Verdict.APPROVED, cast.bruno)

    response = bruno.post(room(in_review.render, "/decide"), data)

    assert response.status_code == 409
    assert "With the client" in text_of(response)
    assert _state(cast, in_review) == State.CLIENT_REVIEW


def test_a_form_key_of_somebody_else_gives_nothing(
    cast: Cast, in_review: Round, shared: Round, bruno: Browser
) -> None:
    """A key is no credential: the row behind it is another person's."""
    with cast.at():
        theirs = Decision.objects.get()
        render = factories.take(cast, by=cast.bruno)
        mine = factories.round_of(render, cast.bruno)

    response = browser(cast.amara).post(
        room(render, "/decide"), shown(mine, theirs.form_key, verdict="approved")
    )

    assert response.status_code == 422
    assert "was used before" in text_of(response)
    assert _state(cast, mine) == State.IN_REVIEW


def test_the_team_cannot_decide_for_the_client_nor_the_client_for_the_team(cast: Cast, shared: Round) -> None:
    with cast.at():
        link, _token = factories.link(shared, cast.amara)
        clara = factories.clara(link)
        with pytest.raises(decisions.CannotDecide):
            factories.decided(shared, Verdict.APPROVED, cast.bruno, kind=StageKind.CLIENT)
        reopen(round_=shared, by=cast.amara)
        with pytest.raises(decisions.CannotDecide):
            factories.decided(shared, Verdict.APPROVED, clara, kind=StageKind.INTERNAL)


def test_taking_back_closes_what_the_client_sees(cast: Cast, shared: Round) -> None:
    amara = browser(cast.amara)
    with cast.at():
        _link, token = factories.link(shared, cast.amara)
    assert "<dailies-player" in text_of(browser().get(f"/p/{token}/"))

    assert amara.post(room(shared.render, "/take-back")).status_code == 302

    assert _state(cast, shared) == State.IN_REVIEW
    assert "Not ready yet" in text_of(browser().get(f"/p/{token}/"))
    assert amara.post(room(shared.render, "/take-back"), **HTMX).status_code == 409


def test_a_take_turned_back_inside_is_not_for_the_client(cast: Cast, in_review: Round) -> None:
    """Changes can be asked for on either stage; only one of them has been approved inside."""
    with cast.at():
        factories.decided(in_review, Verdict.CHANGES_REQUIRED, cast.bruno, note="No")
        assert in_review.render.state == State.CHANGES
        assert not may_client_see(in_review)


def test_a_take_that_the_client_turned_back_stays_in_sight(cast: Cast, shared: Round) -> None:
    with cast.at():
        link, _token = factories.link(shared, cast.amara)
        factories.decided(
            shared, Verdict.CHANGES_REQUIRED, factories.clara(link), kind=StageKind.CLIENT, note="Warmer"
        )
        assert shared.render.state == State.CHANGES
        assert may_client_see(shared)


CHANGES = [("verdict", "approved_with_changes"), ("note_digest", "…"), ("asset_sha256", "0" * 64), ("params_digest", "0" * 64),
           ("user_id", 999), ("prev_hash", "f" * 64), ("hash", "0" * 64), ("seq", 7)]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), CHANGES)
def test_a_changed_decision_does_not_match_its_hash(
    cast: Cast, in_review: Round, field: str, value: object
) -> None:
    with cast.at():
        decision = factories.decided(in_review, Verdict.APPROVED, cast.bruno, note="Fine")
        assert decisions.is_intact(decision)

        setattr(decision, field, value)

        assert not decisions.is_intact(decision)


def test_each_decision_follows_the_one_before(cast: Cast, in_review: Round, shared: Round) -> None:
    with cast.at():
        factories.decided(in_review, Verdict.APPROVED, cast.bruno)
        chain = list(Decision.objects.order_by("seq"))

    assert [d.seq for d in chain] == [1, 2]
    assert [d.prev_hash for d in chain] == [audit.GENESIS, chain[0].hash]


def test_a_decision_cannot_be_edited_or_removed(cast: Cast, shared: Round) -> None:
    with cast.at():
        decision = Decision.objects.get()
        for change in (
            decision.save,
            decision.delete,
            lambda: Decision.objects.update(verdict="x"),
            Decision.objects.all().delete,
        ):
            with pytest.raises(TypeError):
                change()
