"""The life of a take's files: put away, held, deleted, and the bytes removed once and only when nobody needs them."""

import threading

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import prefetch_related_objects
from django.db.models.functions import Now
from django.utils import timezone

from renders import tasks
from renders.actions import assets as actions
from renders.models import Asset, AssetKind, AssetState, Deletion, Render
from renders.states import State
from renders.steps import purge
from renders.steps.subjects import TakeSubject
from renders.sweep import Sweep
from reviews.actions.decisions import DecidedMeanwhile
from reviews.models import Decision, Verdict
from tenants import shared_bytes, storage
from tenants.models import AuditEvent
from tenants.scope import org_transaction
from tests import factories
from tests.renders.pipeline import fresh, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def take(cast):
    def make(state=State.IN_REVIEW, **fields) -> Render:
        with cast.at():
            return factories.take(cast, state, **fields)

    return make


@pytest.fixture
def act(cast):
    """act("archive_take", render, …): the action, as Amara, in a transaction of its own."""

    def run(name, render, **arguments):
        with cast.at():
            return getattr(actions, name)(render=render, by=cast.amara, **arguments)

    return run


@pytest.fixture
def delete(act):
    return lambda render: act("delete_take_files", render, typed=str(render))


def files(render) -> dict[str, Asset]:
    return {asset.kind: asset for asset in fresh(render).assets.all()}


def there(asset) -> bool:
    return default_storage.exists(asset.storage_key)


def purge_all(render):
    """What a worker does when its time has come, also after one that was put off or killed."""
    with org_transaction(render.org_id):
        Deletion.objects.open().filter(render=render).update(next_action_at=Now())
    tasks.purge.fn(str(render.org_id), str(render.pk))


def test_archive_and_restore_move_take_and_files_together(take, act, cast):
    render = take()
    act("archive_take", render)
    act("archive_take", render)
    assert {asset.state for asset in files(render).values()} == {AssetState.ARCHIVED}
    assert fresh(render).archived_at is not None
    with cast.at():
        assert not Render.objects.on_lists().exists()
        assert Render.objects.on_lists(archived=True).count() == 1
    act("restore_take", render)
    assert {(a.state, a.archived_at) for a in files(render).values()} == {(AssetState.STORED, None)}
    with cast.at():
        trail = AuditEvent.objects.filter(action__startswith="take.").order_by("seq")
        assert list(trail.values_list("action", flat=True)) == ["take.archived", "take.restored"]


@pytest.mark.parametrize(
    ("state", "words"), [(State.RENDERING, "still being made"), (State.CLIENT_REVIEW, "with the client")]
)
def test_take_that_somebody_waits_for_is_not_archived(take, act, state, words):
    with pytest.raises(actions.CannotArchive, match=words):
        act("archive_take", take(state))


def test_deletion_marks_then_removes_and_leaves_the_hashes(take, delete, cast, jobs):
    render = take()
    before = files(render)
    jobs.clear()
    assert len(delete(render).files) == 5
    assert all(there(asset) for asset in before.values()), "the action itself removes nothing"
    assert fresh(render).asset(AssetKind.ORIGINAL) is None
    assert jobs.waiting() == [("purge", (str(render.org_id), str(render.pk)))]
    jobs.run()
    after = files(render)
    assert not any(there(asset) for asset in before.values())
    assert all(asset.purged_at for asset in after.values())
    assert {k: a.sha256 for k, a in after.items()} == {k: a.sha256 for k, a in before.items()}
    with cast.at():
        event = AuditEvent.objects.get(action="take.files_deleted")
    assert event.data["sha256"]["original"] == before["original"].sha256
    purge_all(render)  # once more changes nothing


def test_wrong_name_deletes_nothing(take, act):
    render = take()
    for typed in ("", "yes", str(render).upper()):
        with pytest.raises(actions.CannotDelete, match="to confirm"):
            act("delete_take_files", render, typed=typed)
    assert all(asset.is_kept for asset in files(render).values())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.RENDERING, "still being made"),
        (State.NEEDS_HUMAN, "still being made"),
        (State.CLIENT_REVIEW, "with the client"),
        (State.DELIVERABLE, "Archive it first"),
        (State.FAILED, "no file to delete"),
    ],
)
def test_what_is_needed_is_not_deleted(take, delete, state, words):
    render = take(state)
    with pytest.raises(actions.CannotDelete, match=words):
        delete(render)


def test_signed_take_can_be_deleted_once_it_is_archived(take, act, delete):
    render = take(State.DELIVERABLE)
    act("archive_take", render)
    assert len(delete(render).files) == 5
    act("restore_take", render)
    assert {asset.state for asset in files(render).values()} == {AssetState.DELETED}


def test_hold_refuses_deletion_and_release_allows_it(take, act, delete):
    render = take()
    for reason in ("", "   "):
        with pytest.raises(actions.CannotHold, match="Say why"):
            act("hold_take", render, reason=reason)
    with pytest.raises(actions.CannotHold, match="301 characters"):
        act("hold_take", render, reason="x" * 301)
    act("hold_take", render, reason="Case 12/26")
    with pytest.raises(actions.CannotHold, match="by Amara"):
        act("hold_take", render, reason="Another")
    with pytest.raises(actions.CannotDelete, match=r"Case 12/26\. Release the hold first"):
        delete(render)
    act("release_hold", render)
    act("release_hold", render)
    assert len(delete(render).files) == 5


def test_hold_saves_what_is_marked_and_not_removed_yet(take, act, delete):
    render = take()
    delete(render)
    act("hold_take", render, reason="Case 12/26")
    purge_all(render)
    after = files(render)
    assert {(a.state, a.deleted_at) for a in after.values()} == {(AssetState.STORED, None)}
    assert all(there(asset) for asset in after.values())


def test_hold_in_the_middle_of_the_removal_saves_the_original(take, act, delete, monkeypatch):
    render = take()
    delete(render)
    really, removed = storage.remove, []

    def remove(key):
        really(key)
        removed.append(key)
        if len(removed) == 2:
            raise SystemExit("killed")

    monkeypatch.setattr(storage, "remove", remove)
    with pytest.raises(SystemExit):
        purge_all(render)
    act("hold_take", render, reason="Case 12/26")
    purge_all(render)
    assert there(files(render)[AssetKind.ORIGINAL])
    assert fresh(render).asset(AssetKind.ORIGINAL) is not None


def test_nothing_is_left_to_hold_when_all_is_gone(take, act, delete):
    render = take()
    delete(render)
    purge_all(render)
    with pytest.raises(actions.CannotHold, match="nothing left"):
        act("hold_take", render, reason="Case 12/26")


def test_hold_and_deletion_at_the_same_moment_end_with_the_files_there(take, cast):
    """Whoever is first: after both, and after the worker, everything that is held is there."""
    for _ in range(8):
        render = take(title="Race")
        gate = threading.Barrier(2)

        def run(action, render=render, gate=gate, **arguments):
            try:
                gate.wait(5)
                with cast.at():
                    action(render=render, by=cast.amara, **arguments)
            except actions.CannotDelete:
                pass
            finally:
                connection.close()

        threads = [
            threading.Thread(target=run, args=(actions.hold_take,), kwargs={"reason": "Case"}),
            threading.Thread(target=run, args=(actions.delete_take_files,), kwargs={"typed": str(render)}),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        purge_all(render)
        assert fresh(render).is_held
        assert all(asset.is_kept and there(asset) for asset in files(render).values())


def test_killed_between_mark_and_removal_is_finished_by_the_sweep(take, delete, cast, jobs):
    render = take()
    delete(render)
    jobs.clear()  # the message is lost with its worker
    Sweep().once()
    assert ("purge", (str(render.org_id), str(render.pk))) in jobs.waiting()
    jobs.clear()
    purge_all(render)
    Sweep().once()
    assert not [name for name, _ in jobs.waiting() if name == "purge"]


def test_killed_between_removal_and_its_note_is_repeated(take, delete, monkeypatch):
    render = take()
    delete(render)
    really = storage.remove

    def remove(key):
        really(key)
        raise SystemExit("killed after the bytes were gone")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", remove)
        with pytest.raises(SystemExit):
            purge_all(render)
    assert not all(asset.purged_at for asset in files(render).values())
    purge_all(render)
    assert all(asset.purged_at for asset in files(render).values())


def test_storage_that_is_down_puts_the_removal_off(take, delete, monkeypatch):
    render = take()
    delete(render)
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", lambda key: (_ for _ in ()).throw(OSError("down")))
        purge_all(render)
    assert not any(asset.purged_at for asset in files(render).values())
    purge_all(render)
    assert all(asset.purged_at for asset in files(render).values())


def test_bytes_that_another_take_shares_stay_until_the_last_one_goes(take, delete, cast):
    first, second = take(files=False), take(files=False, title="Twin")
    with cast.at():
        for render in (first, second):
            factories.file(render, AssetKind.ORIGINAL, b"the same bytes")
    shared = files(second)["original"]
    assert files(first)["original"].storage_key == shared.storage_key
    delete(first)
    purge_all(first)
    assert files(first)["original"].purged_at
    assert there(shared)
    delete(second)
    purge_all(second)
    assert not there(shared)


def test_hold_saves_bytes_whose_other_owner_was_removed_meanwhile(take, act, delete, cast):
    first, second = take(files=False), take(files=False, title="Twin")
    with cast.at():
        for render in (first, second):
            factories.file(render, AssetKind.ORIGINAL, b"bytes of two")
    delete(first)
    delete(second)
    purge_all(first)
    act("hold_take", second, reason="Case 12/26")
    assert there(files(second)["original"])


def test_file_removed_while_the_same_bytes_arrive_is_fetched_again(submit, account, monkeypatch):
    """keep() found the bytes there; before the row is written, the take that had them is removed."""
    render = run_until(submit(), State.DOWNLOADING)
    really = shared_bytes.make_sure

    def removed_meanwhile(assets):
        for asset in assets:
            default_storage.delete(asset.storage_key)
        really(assets)

    with monkeypatch.context() as patch:
        patch.setattr("renders.steps.fetch.make_sure", removed_meanwhile)
        render = step(render)
    assert render.state == State.DOWNLOADING
    assert not render.assets.all()
    render = run_until(render, State.STORED)
    assert there(render.asset(AssetKind.ORIGINAL))


def test_removal_waits_for_whoever_is_writing_the_same_bytes_down(take, delete, cast):
    """The removal asks who shares the bytes only when the writer has committed."""
    doomed, arriving = take(files=False), take(files=False, title="Twin")
    with cast.at():
        old = factories.file(doomed, AssetKind.ORIGINAL, b"shared bytes")
    delete(doomed)
    begun, worker = threading.Event(), None

    def run():
        begun.set()
        try:
            purge_all(doomed)
        finally:
            connection.close()

    with cast.at():
        shared_bytes.make_sure([old])
        worker = threading.Thread(target=run)
        worker.start()
        begun.wait(5)
        worker.join(0.5)
        assert worker.is_alive(), "it waits for the key"
        factories.file(arriving, AssetKind.ORIGINAL, b"shared bytes")
    worker.join(10)
    assert there(files(arriving)["original"])
    assert files(doomed)["original"].purged_at


def test_decision_about_bytes_that_are_being_deleted_is_not_written(take, delete, cast):
    with cast.at():
        render = factories.take(cast)
        round_ = factories.round_of(render, cast.amara)
        prefetch_related_objects([render], "assets")
    delete(render)
    with cast.at():
        round_.render = render  # as whoever decides has read it: before the deletion
        with pytest.raises(DecidedMeanwhile):
            factories.decided(round_, Verdict.APPROVED, cast.bruno)
    with cast.at():
        assert not Decision.objects.exists()
    assert fresh(render).state == State.IN_REVIEW


@pytest.mark.parametrize(
    "values",
    [
        {"state": "archived"},
        {"state": "deleted"},
        {"archived_at": timezone.now()},
        {"purged_at": timezone.now()},
        {"state": "stored", "deleted_at": timezone.now()},
    ],
)
def test_database_refuses_a_state_without_its_moment(take, cast, values):
    render = take()
    with pytest.raises(IntegrityError), transaction.atomic(), cast.at():
        Asset.objects.filter(render=render).update(**values)


def test_database_refuses_a_hold_without_person_or_reason(take, cast):
    render = take()
    for values in ({"held_at": timezone.now()}, {"hold_reason": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic(), cast.at():
            Render.objects.filter(pk=render.pk).update(**values)


def test_purge_of_a_held_take_removes_nothing_whatever_its_files_say(take, cast):
    render = take()
    with cast.at():
        Asset.objects.filter(render=render).update(state="deleted", deleted_at=timezone.now())
        Render.objects.filter(pk=render.pk).update(
            held_at=timezone.now(), held_by=cast.amara, hold_reason="Case"
        )
    purge.purge(render.org_id, TakeSubject(render.pk))
    assert all(there(asset) for asset in files(render).values())
