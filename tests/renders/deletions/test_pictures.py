"""Files of an opening image go as a take's do: tombstone, journal, storage, signed receipt; undone, held, killed, replayed.

Requirement E26.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.models.functions import Now

from renders import tasks, versions
from renders.actions import assets
from renders.actions import pictures as actions
from renders.actions.deleting import CannotDelete, CannotUndo
from renders.models import Asset, Brief, Deletion, DeletionState, Picture, PictureFile, Render
from renders.pictures import Choice
from renders.states import State
from renders.steps import chores, retain
from renders.steps import purge as purge_step
from renders.steps import receipts as receipt_step
from renders.sweep import Sweep
from tenants import papers, storage
from tenants.actions.retention import choose
from tenants.models import ChoreKind
from tenants.retention import policy
from tenants.scope import org_transaction
from tests import factories, traces
from tests.owner import forget_receipts
from tests.pictures_kit import image_bytes, uploaded

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


@pytest.fixture
def picture(cast):
    """An image that was uploaded a year ago and cut once."""
    with cast.at():
        file = uploaded(cast, image_bytes(900, 900))
        actions.fit_picture(file=file, size="720x1280", choice=Choice(), by=cast.amara)
        Picture.objects.filter(pk=file.picture_id).update(created_at=Now() - timedelta(days=400))
        return file.picture


@pytest.fixture
def delete(cast):
    def run(picture):
        with cast.at():
            return actions.delete_picture(picture=picture, by=cast.amara)

    return run


def files(picture):
    with org_transaction(picture.org_id):
        return list(PictureFile.objects.filter(picture=picture).order_by("pk"))


def row(picture) -> Deletion:
    with org_transaction(picture.org_id):
        return Deletion.objects.select_related("receipt").get(picture=picture)


def work(picture) -> None:
    with org_transaction(picture.org_id):
        Deletion.objects.open().filter(picture=picture).update(next_action_at=Now(), begins_at=Now())
    tasks.purge_picture.fn(str(picture.org_id), str(picture.pk))


def left(picture, needles) -> list[str]:
    folder = Path(default_storage.location) / str(picture.org_id)
    return traces.in_folder(folder, needles) + traces.in_database(needles)


def needles_of(picture):
    return [file.storage_key.encode() for file in files(picture)]


def opening_take(cast, picture, **changes):
    """A take whose version opens with the picture."""
    with cast.at():
        take = factories.take(cast, title="Lighthouse", **changes)
        file = PictureFile.objects.get(picture=picture, kind="fit")
        brief = Brief.objects.get(pk=take.brief_id)
        brief.picture = file
        brief.subject = "Opens with an image"
        brief.save()
        version = versions.freeze(brief, by=cast.amara)
        Render.objects.filter(pk=take.pk).update(brief_version=version)
        Brief.objects.filter(pk=brief.pk).update(picture=None)
        return Render.objects.get(pk=take.pk)


def test_deletion_leaves_no_trace_and_one_receipt(picture, delete):
    needles = needles_of(picture)
    assert left(picture, needles)
    delete(picture)
    work(picture)
    assert left(picture, needles) == []
    document = row(picture).receipt.document
    assert document["picture"] == picture.public_id
    assert {file["kind"] for file in document["files"]} == {"original", "fit", "preview"}
    assert row(picture).state == DeletionState.DONE


@pytest.mark.parametrize(
    ("place", "moment"),
    [
        ((papers, "file_once"), "before"),
        ((papers, "file_once"), "after"),
        ((storage, "remove"), "before"),
        ((storage, "remove"), "after"),
        ((receipt_step, "_write_down"), "before"),
        ((purge_step, "issue"), "before"),
    ],
)
def test_purge_killed_at_any_step_ends_complete_with_one_receipt(picture, delete, monkeypatch, place, moment):
    needles, (module, name) = needles_of(picture), place
    real = getattr(module, name)

    def killed(*args, **kwargs):
        if moment == "after":
            real(*args, **kwargs)
        raise Killed

    delete(picture)
    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(Killed):
            work(picture)
    work(picture)
    assert row(picture).state == DeletionState.DONE
    assert left(picture, needles) == []


def test_undo_brings_the_files_back_and_not_after_the_window(cast, picture, delete, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    delete(picture)
    with cast.at():
        assert actions.undo_deletion(picture=picture, by=cast.amara) == 3
    assert all(file.is_kept for file in files(picture))
    delete(picture)
    with cast.at():
        Deletion.objects.open().update(begins_at=Now())
        with pytest.raises(CannotUndo):
            actions.undo_deletion(picture=picture, by=cast.amara)


def test_take_under_hold_keeps_what_it_opens_with(cast, picture, delete):
    take = opening_take(cast, picture)
    with cast.at():
        assets.hold_take(render=take, reason="A claim of Acme.", by=cast.amara)
    with pytest.raises(CannotDelete, match="A claim of Acme"):
        delete(picture)


def test_hold_that_comes_before_the_purge_keeps_every_byte(cast, picture, delete):
    take = opening_take(cast, picture)
    delete(picture)
    with cast.at():
        assets.hold_take(render=take, reason="A claim of Acme.", by=cast.amara)
    needles = needles_of(picture)
    work(picture)
    assert left(picture, needles)
    assert row(picture).state == DeletionState.WAITING


def test_hold_that_comes_while_the_purge_runs_keeps_what_is_left(cast, picture, delete, monkeypatch):
    take, gone, real = opening_take(cast, picture), [], storage.remove
    delete(picture)

    def remove(key):
        real(key)
        gone.append(key)

    def then_a_hold(org_id, subject, deletion):
        with cast.at():
            assets.hold_take(render=take, reason="A claim of Acme.", by=cast.amara)

    monkeypatch.setattr(storage, "remove", remove)
    monkeypatch.setattr(purge_step, "_drop_copies", then_a_hold)
    work(picture)
    assert gone == []
    assert "A claim of Acme" in row(picture).problem
    assert row(picture).state == DeletionState.RUNNING


def test_take_that_is_being_made_with_it_keeps_its_files(cast, picture, delete):
    opening_take(cast, picture, state=State.RENDERING)
    with pytest.raises(CannotDelete, match="is being made with it"):
        delete(picture)


def carry_out(cast):
    with cast.at():
        chores.call_for(ChoreKind.RETENTION)
    retain.retain(cast.northlight.pk)


def switch_on(cast, rows):
    with cast.at():
        rule = policy.rules()["pictures"]
        choose(agency=cast.northlight, rule=rule, period=180, is_on=True, shown=rows, by=cast.amara)


def test_retention_lets_an_unused_image_go_and_the_sweep_rings_for_it(cast, picture, jobs):
    switch_on(cast, 1)
    carry_out(cast)
    assert row(picture).cause == "retention"
    Sweep().once()
    jobs.run()
    assert (row(picture).rule, row(picture).state) == ("pictures", DeletionState.DONE)


@pytest.mark.parametrize("use", ["draft", "take"])
def test_retention_keeps_what_is_in_use(cast, picture, use):
    if use == "draft":
        with cast.at():
            brief = factories.brief(cast)
            Brief.objects.filter(pk=brief.pk).update(
                picture=PictureFile.objects.get(picture=picture, kind="fit")
            )
    else:
        take = opening_take(cast, picture)
        with cast.at():
            assert Asset.objects.filter(render=take).exists()
    switch_on(cast, 0)
    carry_out(cast)
    with cast.at():
        assert not Deletion.objects.filter(picture=picture).exists()


def test_restored_database_is_told_again(cast, picture, delete, capsys):
    kept = {
        file.storage_key: Path(default_storage.path(file.storage_key)).read_bytes() for file in files(picture)
    }
    before, needles = files(picture), needles_of(picture)
    delete(picture)
    work(picture)
    forget_receipts()
    with org_transaction(picture.org_id):
        Deletion.objects.filter(picture=picture).delete()
        for file in before:
            PictureFile.objects.filter(pk=file.pk).update(
                deleted_at=None, purged_at=None, storage_key=file.storage_key
            )
    for key, data in kept.items():
        path = Path(default_storage.path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert left(picture, needles)
    call_command("replay_deletions")
    assert left(picture, needles) == []
