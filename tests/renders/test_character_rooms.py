"""What characters share with the other rooms: the rules, the switch, and erasure."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from characters.models import Character, Clip
from characters.people import ERASED
from characters.states import State
from renders import switch
from renders.actions.renders import BlockedByPolicy
from renders.models import PolicyEvent, Registration, Render
from renders.steps import register as step
from tenants.actions.erasure import wipe
from tests import characters_kit as kit

pytestmark = pytest.mark.django_db(transaction=True)


def _register(character):
    with step.org_transaction(character.org_id):
        due = Character.objects.filter(pk=character.pk, state=State.AWAITING)
        due.update(next_action_at=Now() - timedelta(seconds=1))
    step.register(character.org_id, character.pk)
    with step.org_transaction(character.org_id):
        return kit.fresh(character)


@pytest.mark.parametrize("changes", [{"name": "Mickey Mouse"}, {"look": "A mouse just like Mickey Mouse."}])
def test_character_that_the_rules_refuse_is_not_sent_and_says_why(cast, account, emulator, changes):
    emulator.control.delete("/requests")
    with cast.at():
        character = kit.character(cast, State.AWAITING, **changes)
    found = _register(character)
    assert found.state == State.APPROVED
    assert "Mickey Mouse" in found.note
    assert emulator.control.get("/requests").json()["requests"] == []


def test_characters_wait_while_generation_is_off_and_go_on_after(cast, account, emulator):
    emulator.control.delete("/requests")
    with cast.at():
        character = kit.character(cast, State.AWAITING)
        switch.stop(reason="Unpaid.", by=cast.sol)
    found = _register(character)
    assert (found.state, found.note) == (State.AWAITING, str(step.STOPPED))
    assert emulator.control.get("/requests").json()["requests"] == []
    with cast.at():
        assert not Registration.objects.exists()
        switch.resume(by=cast.sol)
    assert _register(character).state == State.REGISTERED


def test_switch_thrown_between_intent_and_post_lets_no_byte_leave(cast, account, emulator, monkeypatch):
    emulator.control.delete("/requests")
    with cast.at():
        character = kit.character(cast, State.AWAITING)
    whole = step.storage.copy_to

    def stop_first(*args):
        with cast.at():
            switch.stop(reason="Unpaid.", by=cast.sol)
        return whole(*args)

    monkeypatch.setattr(step.storage, "copy_to", stop_first)
    found = _register(character)
    assert (found.state, found.note) == (State.AWAITING, str(step.STOPPED))
    assert emulator.control.get("/requests").json()["requests"] == []


def test_name_of_a_character_in_a_brief_is_read_with_its_texts(cast, account, brief, submit):
    with cast.at():
        character = kit.character(cast, name="Mickey Mouse")
        kit.registered(character, account)
        character = kit.fresh(character)
    with pytest.raises(BlockedByPolicy, match="Mickey Mouse"):
        submit(characters=[character])
    with cast.at():
        assert not Render.objects.exists()
        assert not PolicyEvent.objects.exists(), "raised through the transaction: a view catches it inside"


def test_erased_member_leaves_no_name_under_an_attestation(cast):
    with cast.at():
        character = kit.character(cast)
        clip = Clip.objects.get(character=character)
        assert clip.attested_name
        wipe(clip.attested_by)
        clip.refresh_from_db()
    assert clip.attested_name == ERASED
    assert clip.attested_at is not None
