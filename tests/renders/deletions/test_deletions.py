"""A deletion from tombstone to receipt: killed at every step, refused, held, undone; afterwards nothing is found."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from renders import tasks
from renders.actions import assets as actions
from renders.actions.deleting import CannotUndo
from renders.models import Asset, Deletion, DeletionReceipt, DeletionState, Provenance
from renders.providers.videos_api import VideosApi
from renders.steps import purge as purge_step
from renders.steps import receipts as receipt_step
from renders.sweep import Sweep
from tenants import papers, signed, signing, storage
from tenants.models import AuditEvent
from tenants.scope import org_transaction
from tests import factories, traces
from tests.renders.deletions.kit import at_the_provider, left, receipts, row, work
from tests.renders.pipeline import attempts, fresh
from tests.storages import Unsteady

pytestmark = pytest.mark.django_db(transaction=True)


def test_needles_are_found_while_the_take_is_there(clip):
    """Or the tests below would find nothing whatever was left."""
    render, _files, needles = clip
    assert any("renders_asset" in place for place in left(render, needles))
    assert any("holds" in place for place in left(render, needles[-1:]))


def test_deletion_leaves_no_trace_and_one_receipt(real_clip, delete, emulator):
    render, files, needles = real_clip
    [attempt] = attempts(render)
    assert at_the_provider(emulator, attempt) == 200
    delete(render)
    work(render)
    assert row(render).state == DeletionState.DONE
    assert left(render, needles) == []
    assert attempts(render)[0].provider_deleted_at
    assert at_the_provider(emulator, attempt) == 404
    [receipt] = receipts(render)
    assert signed.check(receipt.document, signing.public_keys()) == receipt.key_id
    assert {f["sha256"] for f in receipt.document["files"]} == {f.sha256 for f in files}
    text = json.dumps(receipt.document)
    for name in (
        "Amara",
        "Lighthouse",
        "northlight",
        attempt.provider_video_id,
        *[f.storage_key for f in files],
    ):
        assert name not in text, "a receipt names nobody and nothing"
    work(render)
    assert receipts(render) == [receipt]
    with org_transaction(render.org_id):
        told = Provenance.objects.get(render=render)
        assert AuditEvent.objects.filter(action="take.deletion_proved").count() == 1
    assert (told.signer, told.generator, told.credentials) == ("", "", "valid")


# (module, function) of which a worker dies just before, and just after.
STEPS = [
    (purge_step, "_claim"),
    (purge_step, "_journal"),
    (papers, "file_once"),
    (purge_step, "_drop_copies"),
    (VideosApi, "delete"),
    (purge_step, "_remove_files"),
    (storage, "remove"),
    (purge_step, "issue"),
    (receipt_step, "_facts"),
    (receipt_step, "_write_down"),
]


class Killed(BaseException):
    """No handler of the product catches it, as none catches a kill -9."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", range(len(STEPS)), ids=[f"{name}" for _owner, name in STEPS])
def test_purge_killed_at_any_step_ends_complete_with_one_receipt(clip, delete, monkeypatch, place, moment):
    render, _files, needles = clip
    delete(render)
    owner, name = STEPS[place]
    really, kills = getattr(owner, name), []

    def dies(*args, **kwargs):
        if moment == "after":
            really(*args, **kwargs)
        kills.append(name)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(Killed):
            work(render)
    assert kills
    assert receipts(render) == [] or row(render).state == DeletionState.DONE
    work(render)
    assert row(render).state == DeletionState.DONE
    assert len(receipts(render)) == 1
    assert len(papers.names(render.org_id, papers.RECEIPTS)) >= 1
    assert left(render, needles) == []
    with org_transaction(render.org_id):
        assert AuditEvent.objects.filter(action="take.deletion_proved").count() == 1


@pytest.mark.parametrize("pattern", ["01", "10", ""], ids=["even", "odd", "most"])
def test_storage_that_fails_on_every_second_call_only_takes_longer(clip, delete, settings, pattern):
    render, _files, needles = clip
    location = default_storage.location
    unsteady = {"BACKEND": "tests.storages.Unsteady", "OPTIONS": {"location": location}}
    settings.STORAGES = {**live_settings.STORAGES, "default": unsteady}
    Unsteady.pattern, Unsteady.calls, Unsteady.failed = pattern, 0, 0
    delete(render)
    for _ in range(60):
        work(render)
        if row(render).state == DeletionState.DONE:
            break
        assert receipts(render) == [], "no receipt while something is left"
    assert row(render).state == DeletionState.DONE
    assert Unsteady.failed > 3, "it did fail on the way"
    assert len(receipts(render)) == 1
    assert traces.in_folder(Path(location) / str(render.org_id), needles) == []


@pytest.mark.parametrize("place", ["_journal", "_drop_copies", "_remove_files", "issue"])
def test_hold_that_comes_while_the_purge_runs_wins(clip, delete, cast, monkeypatch, place):
    """At each step: what is still there stays, and no receipt says that it is gone."""
    render, _files, _needles = clip
    delete(render)
    really = getattr(purge_step, place)

    def held_meanwhile(*args):
        if place != "issue":
            with cast.at():
                actions.hold_take(render=render, reason="Case 12/26", by=cast.amara)
        return really(*args)

    monkeypatch.setattr(purge_step, place, held_meanwhile)
    work(render)
    if place == "issue":
        with cast.at(), pytest.raises(actions.CannotHold, match="nothing left"):
            actions.hold_take(render=render, reason="Case 12/26", by=cast.amara)
        assert len(receipts(render)) == 1
        return
    assert receipts(render) == []
    assert row(render).state == DeletionState.UNDONE
    original = fresh(render).asset("original")
    assert default_storage.exists(original.storage_key)


def test_hold_between_two_files_saves_the_original(clip, delete, cast, monkeypatch):
    render, _files, _needles = clip
    delete(render)
    really, count = storage.remove, []

    def remove(key):
        really(key)
        count.append(key)

    monkeypatch.setattr(storage, "remove", remove)
    each = purge_step._remove_one

    def remove_one(*args):
        each(*args)
        if len(count) == 3 and not fresh(render).is_held:
            with cast.at():
                actions.hold_take(render=render, reason="Case", by=cast.amara)

    monkeypatch.setattr(purge_step, "_remove_one", remove_one)
    work(render)
    assert len(count) == 3
    assert receipts(render) == []
    assert default_storage.exists(fresh(render).asset("original").storage_key)


def test_copy_that_the_provider_does_not_know_is_gone(clip, delete, emulator):
    render, _files, _needles = clip
    [attempt] = attempts(render)
    emulator.control.post(
        "/faults",
        json={"kind": "status", "operation": "delete", "status": 404, "video_id": attempt.provider_video_id},
    )
    delete(render)
    work(render)
    assert row(render).state == DeletionState.DONE
    assert attempts(render)[0].provider_deleted_at


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401])
def test_provider_that_does_not_answer_keeps_the_deletion_pending(clip, delete, emulator, status):
    render, files, _needles = clip
    [attempt] = attempts(render)
    emulator.control.post(
        "/faults",
        json={
            "kind": "status",
            "operation": "delete",
            "status": status,
            "video_id": attempt.provider_video_id,
            "count": 2,
        },
    )
    delete(render)
    for _ in range(2):
        work(render)
        found = row(render)
        assert found.state == DeletionState.RUNNING
        assert "The provider did not do it yet" in found.problem
        assert receipts(render) == []
        assert all(default_storage.exists(file.storage_key) for file in files), "ours go after the provider's"
    with org_transaction(render.org_id):
        later = Deletion.objects.filter(pk=found.pk, next_action_at__gt=Now() + timedelta(seconds=8)).exists()
    assert later or status == 429, "it backs off; 429 says itself for how long"
    work(render)
    assert row(render).state == DeletionState.DONE
    assert row(render).problem == ""


def test_shared_bytes_stay_and_the_receipt_says_so(cast, delete):
    with cast.at():
        first, second = factories.take(cast, files=False), factories.take(cast, files=False, title="Twin")
        for render in (first, second):
            factories.file(render, "original", b"the same bytes")
    delete(first)
    work(first)
    [receipt] = receipts(first)
    assert [file["bytes_stay_for_another_take"] for file in receipt.document["files"]] == [True]
    delete(second)
    work(second)
    [receipt] = receipts(second)
    assert [file["bytes_stay_for_another_take"] for file in receipt.document["files"]] == [False]
    assert left(second, [b"the same bytes"]) == []


def test_undo_within_the_window_brings_everything_back(cast, delete, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    with cast.at():
        render = factories.take(cast)
    delete(render)
    tasks.purge.fn(str(render.org_id), str(render.pk))
    assert row(render).state == DeletionState.WAITING, "nothing begins before its time"
    with cast.at():
        assert actions.undo_deletion(render=render, by=cast.amara) == 5
    assert fresh(render).asset("original") is not None
    assert row(render).state == DeletionState.UNDONE
    with cast.at(), pytest.raises(CannotUndo, match="no deletion"):
        actions.undo_deletion(render=render, by=cast.amara)
    delete(render)
    with cast.at():
        assert Deletion.objects.filter(render=render).count() == 2


def test_undo_after_the_window_is_refused(cast, delete):
    with cast.at():
        render = factories.take(cast)
    delete(render)
    with cast.at(), pytest.raises(CannotUndo, match="window is over"):
        actions.undo_deletion(render=render, by=cast.amara)


def test_clock_of_the_machine_deletes_nothing_early(cast, delete, settings, monkeypatch):
    """The application's clock a day ahead: due is what the database says."""
    import django.utils.timezone as zone

    settings.DELETION_UNDO_SECONDS = 3600
    with cast.at():
        render = factories.take(cast)
    delete(render)
    really = zone.now
    for module in (zone, purge_step.timezone, receipt_step.timezone):
        monkeypatch.setattr(module, "now", lambda: really() + timedelta(days=1))
    tasks.purge.fn(str(render.org_id), str(render.pk))
    assert row(render).state == DeletionState.WAITING
    assert fresh(render).asset("original") is None
    with cast.at():
        assert Asset.objects.filter(render=render, purged_at=None).count() == 5


def test_sweep_rings_when_the_window_is_over_and_not_before(cast, delete, jobs, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    with cast.at():
        render = factories.take(cast)
    jobs.clear()
    delete(render)
    assert jobs.waiting() == []
    Sweep().once()
    assert not [name for name, _ in jobs.waiting() if name == "purge"]
    jobs.clear()
    with cast.at():
        Deletion.objects.update(next_action_at=Now())
    Sweep().once()
    assert ("purge", (str(render.org_id), str(render.pk))) in jobs.waiting()


def test_files_marked_before_there_were_tombstones_get_one(cast):
    with cast.at():
        render = factories.take(cast)
        Asset.objects.filter(render=render).update(state="deleted", deleted_at=Now())
    work(render)
    assert row(render).state == DeletionState.DONE
    assert len(receipts(render)) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done"},
        {"state": "waiting", "next_action_at": None},
        {"done_at": Now()},
        {"state": "running"},
    ],
)
def test_database_refuses_a_state_without_its_moments(cast, delete, values):
    with cast.at():
        render = factories.take(cast)
    delete(render)
    with pytest.raises(IntegrityError), transaction.atomic(), cast.at():
        Deletion.objects.filter(render=render).update(**values)


def test_receipts_cannot_be_edited_or_removed(cast, delete):
    with cast.at():
        render = factories.take(cast)
    delete(render)
    work(render)
    [receipt] = receipts(render)
    with cast.at():
        for change in (receipt.save, receipt.delete, lambda: DeletionReceipt.objects.update(key_id="x")):
            with pytest.raises(TypeError):
                change()
