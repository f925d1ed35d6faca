"""What characters share with the other rooms: the rules, the switch, retention, and erasure."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from characters.models import Character, CharacterFile, Clip
from characters.people import ERASED
from characters.states import State
from renders import switch
from renders.actions.renders import BlockedByPolicy
from renders.models import PolicyEvent, Registration, Render
from renders.steps import chores, retain
from renders.steps import register as step
from tenants import storage
from tenants.actions.erasure import wipe
from tenants.actions.retention import choose
from tenants.models import AuditEvent, ChoreKind
from tenants.retention import policy
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


@pytest.fixture
def retired(cast):
    """A character that was retired two years ago, and one in use."""
    with cast.at():
        old, used = kit.character(cast, State.RETIRED, name="Old"), kit.character(cast, name="Used")
        Character.objects.filter(pk=old.pk).update(state_at=Now() - timedelta(days=730))
    return old, used


def _carry_out(cast):
    with cast.at():
        chores.call_for(ChoreKind.RETENTION)
    retain.retain(cast.northlight.pk)


def _files(character):
    with step.org_transaction(character.org_id):
        return list(CharacterFile.objects.filter(character=character))


def _switch_on(cast, rows):
    with cast.at():
        rule = policy.rules()["character_files"]
        choose(agency=cast.northlight, rule=rule, period=365, is_on=True, shown=rows, by=cast.amara)


def test_files_of_a_character_that_is_used_no_more_go_with_an_entry_each(cast, retired):
    old, used = retired
    before = [(file.storage_key, file.sha256) for file in _files(old)]
    own = {key for key, _sha256 in before} - {file.storage_key for file in _files(used)}
    assert 0 < len(own) < len(before), "one file has the same bytes as the other character's"
    assert all(storage.exists(key) for key, _sha256 in before)
    _carry_out(cast)
    assert all(storage.exists(key) for key, _sha256 in before), (
        "the rule is off until somebody switches it on"
    )
    _switch_on(cast, len(before))
    _carry_out(cast)
    assert not any(storage.exists(key) for key in own)
    assert all(file.purged_at and file.storage_key == "removed" for file in _files(old))
    assert all(storage.exists(file.storage_key) for file in _files(used))
    with cast.at():
        told = AuditEvent.objects.filter(action="character.file_deleted")
        hashes = {event.data["sha256"] for event in told}
    assert hashes == {sha256 for _key, sha256 in before}


def test_storage_that_is_down_is_asked_again_in_the_next_round(cast, retired, monkeypatch):
    old, used = retired
    keys = {file.storage_key for file in _files(old)} - {file.storage_key for file in _files(used)}
    _switch_on(cast, len(_files(old)))

    def down(key):
        raise storage.StorageFailed("The store is down.")

    with monkeypatch.context() as broken:
        broken.setattr(storage, "remove", down)
        _carry_out(cast)
    assert all(file.deleted_at for file in _files(old))
    assert not any(file.purged_at for file in _files(old) if file.storage_key in keys)
    assert all(storage.exists(key) for key in keys)
    _carry_out(cast)
    assert not any(storage.exists(key) for key in keys)


def test_erased_member_leaves_no_name_under_an_attestation(cast):
    with cast.at():
        character = kit.character(cast)
        clip = Clip.objects.get(character=character)
        assert clip.attested_name
        wipe(clip.attested_by)
        clip.refresh_from_db()
    assert clip.attested_name == ERASED
    assert clip.attested_at is not None
