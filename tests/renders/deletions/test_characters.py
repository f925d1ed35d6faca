"""Files of a character go as a take's do: tombstone, journal, storage, signed receipt; undone, held, killed, replayed.

Requirements E26, E27.
"""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from characters.actions.characters import CannotChange, bring_back
from characters.actions.clips import upload_clip
from characters.models import Character, CharacterFile
from characters.states import State
from renders import tasks
from renders.actions import assets
from renders.actions import character_files as actions
from renders.actions.deleting import CannotDelete, CannotUndo
from renders.models import Deletion, DeletionReceipt, DeletionState, VersionCharacter
from renders.states import State as RenderState
from renders.steps import chores, retain
from renders.steps import purge as purge_step
from renders.steps import receipts as receipt_step
from renders.sweep import Sweep
from tenants import papers, shared_bytes, signed, signing, storage
from tenants.actions.retention import choose
from tenants.models import AuditEvent, ChoreKind
from tenants.retention import policy
from tenants.scope import org_transaction
from tests import characters_kit as kit
from tests import factories, traces
from tests.owner import forget_receipts

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


@pytest.fixture
def retired(cast):
    """A character that was retired two years ago, which a provider knows, and one in use with the same source bytes."""
    with cast.at():
        old, used = kit.character(cast, State.RETIRED, name="Old"), kit.character(cast, name="Used")
        kit.registered(old, factories.account())
        Character.objects.filter(pk=old.pk).update(state_at=Now() - timedelta(days=730))
    return old, used


@pytest.fixture
def delete(cast):
    def run(character):
        with cast.at():
            return actions.delete_character_files(character=character, typed=character.name, by=cast.amara)

    return run


def files(character):
    with org_transaction(character.org_id):
        return list(CharacterFile.objects.filter(character=character).order_by("pk"))


def row(character) -> Deletion:
    with org_transaction(character.org_id):
        return Deletion.objects.select_related("receipt").get(character=character)


def work(character) -> None:
    """What a worker does when the time has come."""
    with org_transaction(character.org_id):
        Deletion.objects.open().filter(character=character).update(next_action_at=Now(), begins_at=Now())
    tasks.purge_character.fn(str(character.org_id), str(character.pk))


def own_keys(old, used) -> set[str]:
    """Where its files are that the other one does not share."""
    return {file.storage_key for file in files(old)} - {file.storage_key for file in files(used)}


def left(character, needles) -> list[str]:
    folder = Path(default_storage.location) / str(character.org_id)
    return traces.in_folder(folder, needles) + traces.in_database(needles)


def carry_out(cast):
    with cast.at():
        chores.call_for(ChoreKind.RETENTION)
    retain.retain(cast.northlight.pk)


def switch_on(cast, rows):
    with cast.at():
        rule = policy.rules()["character_files"]
        choose(agency=cast.northlight, rule=rule, period=365, is_on=True, shown=rows, by=cast.amara)


def hold_a_take_made_with(character, cast):
    with cast.at():
        take = factories.take(cast, title="Lighthouse")
        VersionCharacter.objects.create(
            version=take.brief_version, character=character, position=1, name="Old", clip_sha256="0" * 64
        )
        assets.hold_take(render=take, reason="A claim of Acme.", by=cast.amara)
    return take


def test_deletion_leaves_no_trace_and_one_receipt_that_owns_up_to_the_provider(retired, delete):
    old, used = retired
    places = [key.encode() for key in own_keys(old, used)]
    sums = {file.sha256 for file in files(old)}
    assert left(old, places), "or nothing would be found whatever was left"
    delete(old)
    assert all(file.deleted_at and not file.purged_at for file in files(old))
    work(old)
    assert left(old, places) == []
    assert all(file.purged_at and file.storage_key == "removed" for file in files(old))
    assert all(storage.exists(file.storage_key) for file in files(used))
    document = row(old).receipt.document
    signed.check(document, signing.public_keys())
    assert document["character"] == old.public_id
    assert {file["sha256"] for file in document["files"]} == sums
    assert [f["kind"] for f in document["files"] if f["bytes_stay_for_another_character"]] == ["source"]
    known = storage.text_sha256(f"char_{old.pk.hex}")
    assert document["provider_copies_that_may_stay"] == [{"id_sha256": known}]
    assert old.name not in str(document)
    with org_transaction(old.org_id):
        assert AuditEvent.objects.filter(action="character.deletion_proved").count() == 1
        assert papers.read(old.org_id, papers.JOURNAL, str(row(old).pk))["character"] == str(old.pk)


def test_receipt_is_checked_offline_by_one_command(retired, delete, tmp_path):
    old, _used = retired
    delete(old)
    work(old)
    path = tmp_path / "receipt.json"
    path.write_bytes(signed.canonical(row(old).receipt.document))
    pem = tmp_path / "keys.pem"
    pem.write_text("".join(key["pem"] for key in signing.published()["keys"]))
    call_command("verify_receipt", str(path), public_key=pem, stdout=(out := StringIO()))
    assert f"character  {old.public_id}" in out.getvalue()
    assert "may stay   a copy at the provider" in out.getvalue()
    assert "the same bytes stay for another character" in out.getvalue()


_PLACES = [
    (papers, "file_once"),
    (purge_step, "_remove_files"),
    (purge_step, "_remove_one"),
    (storage, "remove"),
    (receipt_step, "_write_down"),
]


@pytest.mark.parametrize("place", _PLACES, ids=lambda place: place[1])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_purge_killed_at_any_step_ends_complete_with_one_receipt(retired, delete, monkeypatch, place, moment):
    old, used = retired
    keys = own_keys(old, used)
    delete(old)
    module, name = place
    whole = getattr(module, name)

    def dies(*args, **kwargs):
        if moment == "after":
            whole(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, name, dies)
        with pytest.raises(Killed):
            work(old)
    work(old)
    assert row(old).state == DeletionState.DONE
    assert not any(storage.exists(key) for key in keys)
    with org_transaction(old.org_id):
        assert DeletionReceipt.objects.count() == 1
        assert AuditEvent.objects.filter(action="character.deletion_proved").count() == 1


def test_storage_that_is_down_is_asked_again_and_the_page_can_say_so(retired, delete, monkeypatch):
    old, used = retired
    keys = own_keys(old, used)
    delete(old)

    def down(key):
        raise storage.StorageFailed("The store is down.")

    with monkeypatch.context() as broken:
        broken.setattr(storage, "remove", down)
        work(old)
    assert row(old).problem == "Our storage did not do it yet: The store is down."
    assert all(storage.exists(key) for key in keys)
    work(old)
    assert row(old).state == DeletionState.DONE
    assert not any(storage.exists(key) for key in keys)


def test_undo_brings_the_files_back_and_the_character_too(cast, retired, delete, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    old, _used = retired
    delete(old)
    with cast.at():
        with pytest.raises(CannotChange, match="files of its clip were deleted"):
            bring_back(character=old, by=cast.amara)
        assert actions.undo_deletion(character=old, by=cast.amara) == len(files(old))
        bring_back(character=old, by=cast.amara)
    assert not any(file.deleted_at for file in files(old))
    assert row(old).state == DeletionState.UNDONE


def test_undo_after_the_window_is_refused(cast, retired, delete):
    old, _used = retired
    delete(old)
    with cast.at(), pytest.raises(CannotUndo, match="window is over"):
        actions.undo_deletion(character=old, by=cast.amara)


@pytest.mark.parametrize(
    ("state", "typed", "words"),
    [
        (State.REGISTERED, "Pip", "Retire it first"),
        (State.DRAFT, "Pip", "Retire it first"),
        (State.RETIRED, "pip", "Type “Pip”"),
        (State.REVOKED, "", "Type “Pip”"),
    ],
)
def test_odd_wishes_are_refused_in_words(cast, state, typed, words):
    with cast.at():
        character = kit.character(cast, state)
        with pytest.raises(CannotDelete, match=words):
            actions.delete_character_files(character=character, typed=typed, by=cast.amara)
    assert not any(file.deleted_at for file in files(character))


def test_take_that_is_being_made_with_it_keeps_its_files(cast, retired, delete):
    """A retired character's takes in the queue go on, and may have to send its clip to the provider first."""
    old, _used = retired
    with cast.at():
        take = factories.take(cast, RenderState.QUEUED, title="Lighthouse", files=False)
        VersionCharacter.objects.create(
            version=take.brief_version, character=old, position=1, name="Old", clip_sha256="0" * 64
        )
    with pytest.raises(CannotDelete, match=r"Lighthouse.*is being made with it"):
        delete(old)


def test_take_under_hold_keeps_what_it_was_made_from(cast, retired, delete):
    old, _used = retired
    take = hold_a_take_made_with(old, cast)
    with pytest.raises(CannotDelete, match=r"Lighthouse.*on hold, by Amara.*Release that hold first"):
        delete(old)
    switch_on(cast, 0)
    carry_out(cast)
    assert not any(file.deleted_at for file in files(old))
    with cast.at():
        assets.release_hold(render=take, by=cast.amara)
    carry_out(cast)
    assert all(file.deleted_at for file in files(old))


def test_hold_that_comes_while_the_purge_runs_keeps_what_is_left(cast, retired, delete, monkeypatch):
    old, _used = retired
    delete(old)
    whole, held = purge_step._remove_one, []

    def held_after_the_first(*args):
        whole(*args)
        if not held:
            held.append(hold_a_take_made_with(old, cast))

    monkeypatch.setattr(purge_step, "_remove_one", held_after_the_first)
    work(old)
    assert [bool(file.purged_at) for file in files(old)].count(True) == 1
    assert "is on hold by Amara" in row(old).problem
    work(old)
    assert [bool(file.purged_at) for file in files(old)].count(True) == 1
    with cast.at():
        assets.release_hold(render=held[0], by=cast.amara)
    work(old)
    assert row(old).state == DeletionState.DONE


def test_retention_lays_one_tombstone_a_character_and_the_worker_proves_it(cast, retired, jobs):
    old, used = retired
    keys = own_keys(old, used)
    carry_out(cast)
    assert not any(file.deleted_at for file in files(old)), "off until somebody switches it on"
    switch_on(cast, 1)
    carry_out(cast)
    Sweep().once()
    jobs.run()
    assert not any(storage.exists(key) for key in keys)
    assert (row(old).cause, row(old).rule, row(old).state) == ("retention", "character_files", "done")
    with cast.at():
        event = AuditEvent.objects.get(action="character.files_deleted")
        assert event.data["sha256"] == sorted(file.sha256 for file in files(old))
    carry_out(cast)
    with cast.at():
        assert Deletion.objects.count() == 1, "nothing is deleted twice"


def test_restored_database_is_told_again(cast, retired, delete):
    old, used = retired
    keys = own_keys(old, used)
    kept = {key: default_storage.open(key).read() for key in keys}
    before = {file.pk: file.storage_key for file in files(old)}
    deletion = delete(old)
    work(old)
    receipt = row(old).receipt.document
    _restore(old, before, kept)
    call_command("replay_deletions")
    assert not any(storage.exists(key) for key in keys)
    with cast.at():
        again = Deletion.objects.select_related("receipt").get(pk=deletion.pk)
        assert again.receipt.document == receipt, "the same paper"
        assert kit.fresh(old).state == State.REVOKED, "without its clip nothing can be made with it"
        assert AuditEvent.objects.filter(action="character.deletion_replayed").count() == 1


def _restore(character, keys, contents) -> None:
    """As if a backup from before the deletion had been put back: the rows, and the files."""
    for key, content in contents.items():
        with storage.workspace() as folder:
            storage.put(key, storage.stage(folder / "file", [content]).path)
    forget_receipts()
    with org_transaction(character.org_id):
        Deletion.objects.filter(character=character).delete()
        for pk, key in keys.items():
            CharacterFile.objects.filter(pk=pk).update(storage_key=key, deleted_at=None, purged_at=None)
        Character.objects.filter(pk=character.pk).update(state=State.DRAFT)


def test_upload_of_the_same_bytes_during_a_removal_is_told_to_come_again(cast, monkeypatch):
    """keep() found the bytes there; before the row is written, the character that had them is removed."""
    really = shared_bytes.make_sure

    def removed_meanwhile(rows):
        for row in rows:
            storage.remove(row.storage_key)
        really(rows)

    monkeypatch.setattr("characters.actions.clips.make_sure", removed_meanwhile)
    with cast.at():
        character = kit.character(cast, State.DRAFT)
        before, clip = CharacterFile.objects.count(), kit.clip_bytes()
        with pytest.raises(storage.StorageFailed, match="Try it again"):
            upload_clip(character=character, chunks=[clip], size=len(clip), by=cast.amara)
        assert CharacterFile.objects.count() == before


@pytest.mark.parametrize("both", [True, False])
def test_database_insists_on_one_subject(cast, retired, both):
    old, _used = retired
    with cast.at():
        take = factories.take(cast)
        subject = {"render": take, "character": old} if both else {}
        with pytest.raises(IntegrityError, match="deletion_has_one_subject"), transaction.atomic():
            Deletion.objects.create(**subject, cause="person", begins_at=Now(), next_action_at=Now())


def test_character_of_another_agency_cannot_be_named(cast, retired):
    old, _used = retired
    with cast.at(cast.rivalry):
        Deletion.objects.create(character_id=old.pk, cause="person", begins_at=Now(), next_action_at=Now())
        with pytest.raises(IntegrityError, match="org_fk"):
            connection.check_constraints()
        transaction.set_rollback(True)
