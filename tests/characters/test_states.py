"""The transition table is the only way, and its ends are ends."""

import pytest
from django.db import IntegrityError, transaction

from characters import states
from characters.models import Character, CharacterEvent
from characters.moves import Superseded, claim, move, put_off
from characters.states import TRANSITIONS, State, Who
from tenants.models import AppendOnlyError
from tests import characters_kit as kit

pytestmark = pytest.mark.django_db


def test_every_state_can_be_reached_and_left_except_the_last():
    reached = {t.target for t in TRANSITIONS} | {State.DRAFT}
    assert reached == set(State)
    assert {State.REVOKED} == states.TERMINAL
    assert all(states.can(state, State.REVOKED) for state in State if state != State.REVOKED)


def test_nobody_but_an_approver_approves_and_nothing_skips_the_approval():
    into_approved = {(t.source, t.who) for t in TRANSITIONS if t.target == State.APPROVED}
    assert into_approved == {(State.VALIDATED, Who.APPROVER), (State.AWAITING, Who.WORKER)}
    assert {t.source for t in TRANSITIONS if t.target == State.AWAITING} == {State.APPROVED, State.REGISTERED}
    assert {t.source for t in TRANSITIONS if t.target == State.REGISTERED} == {State.AWAITING}


def test_move_that_is_not_in_the_table_is_refused(cast):
    with cast.at():
        character = kit.character(cast, State.DRAFT)
        with pytest.raises(ValueError, match="cannot go"):
            move(character, State.REGISTERED, who=Who.WORKER)
        assert not CharacterEvent.objects.exists()


def test_stale_hand_changes_nothing(cast):
    with cast.at():
        character = kit.character(cast, State.VALIDATED)
        stale = kit.fresh(character)
        move(character, State.DRAFT, who=Who.APPROVER, by=cast.bruno, note="Softer")
        with pytest.raises(Superseded):
            move(stale, State.DRAFT, who=Who.MAKER, by=cast.amara)
        [event] = CharacterEvent.objects.all()
        assert (event.source, event.target, event.by, event.note) == (
            "validated",
            "draft",
            cast.bruno,
            "Softer",
        )


def test_only_one_worker_claims_and_a_lease_that_ends_falls_due_again(cast):
    with cast.at():
        character = kit.character(cast, State.AWAITING)
        assert claim(character.pk, lease_seconds=60) is not None
        assert claim(character.pk, lease_seconds=60) is None
        assert not Character.objects.due().exists()
        again = kit.fresh(character)
        put_off(again, after=-1)
        assert Character.objects.due().exists()


def test_event_is_never_edited(cast):
    with cast.at():
        character = kit.character(cast, State.VALIDATED)
        move(character, State.DRAFT, who=Who.MAKER, by=cast.amara)
        with pytest.raises(AppendOnlyError):
            CharacterEvent.objects.update(note="x")


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.DRAFT, {"state": State.APPROVED}),
        (State.VALIDATED, {"state": State.REGISTERED}),
        (State.REGISTERED, {"clip": None}),
        (State.REGISTERED, {"approved_by": None, "approved_at": None}),
        (State.REGISTERED, {"approved_at": None}),
        (State.REGISTERED, {"state": State.AWAITING}),
        (State.DRAFT, {"name": ""}),
    ],
)
def test_database_refuses_what_the_table_forbids(cast, state, changes):
    with cast.at():
        character = kit.character(cast, state)
        with pytest.raises(IntegrityError), transaction.atomic():
            Character.objects.filter(pk=character.pk).update(**changes)


def test_there_is_no_kind_for_people():
    """B22, D23, F15."""
    from characters.models import Kind

    words = " ".join(f"{kind.value} {kind.label}" for kind in Kind).lower()
    for word in ("person", "actor", "human being", "celebrity", "face", "ambassador", "model"):
        assert word not in words
    assert "non-human" in words
