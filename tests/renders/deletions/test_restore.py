"""A restored database is told again what was deleted after its backup was made. Requirement E26."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from renders.actions import assets as actions
from renders.models import Asset, Attempt, Deletion
from tenants.scope import org_transaction
from tests.owner import forget_receipts
from tests.renders.deletions.kit import left, receipts, row, work
from tests.renders.pipeline import fresh

pytestmark = pytest.mark.django_db(transaction=True)


def test_restored_database_is_told_again(clip, delete, cast, capsys):
    """A copy from before the deletion: rows and bytes are back, the journal and the receipt were filed outside."""
    render, files, needles = clip
    kept = {file.storage_key: Path(default_storage.path(file.storage_key)).read_bytes() for file in files}
    delete(render)
    work(render)
    [receipt] = receipts(render)
    _restore(render, files, kept)
    assert left(render, needles)
    call_command("replay_deletions", dry_run=True)
    assert "would delete the files of" in capsys.readouterr().out
    call_command("replay_deletions")
    assert left(render, needles) == []
    [again] = receipts(render)
    assert again.document == receipt.document, "the receipt of then, not another one"
    call_command("replay_deletions")
    assert "0 done again" in capsys.readouterr().out


def _restore(render, files, kept) -> None:
    """As a backup of before would have it."""
    forget_receipts()
    with org_transaction(render.org_id):
        Deletion.objects.filter(render=render).delete()
        for file in files:
            Asset.objects.filter(pk=file.pk).update(
                state="stored",
                archived_at=None,
                deleted_at=None,
                purged_at=None,
                storage_key=file.storage_key,
            )
        Attempt.objects.filter(render=render).update(provider_deleted_at=None)
        type(render).objects.filter(pk=render.pk).update(archived_at=None)
    for key, data in kept.items():
        path = Path(default_storage.path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_journal_entry_that_was_changed_is_passed_over(clip, delete, cast, capsys):
    from django.core.management.base import CommandError

    render, files, _needles = clip
    kept = {file.storage_key: Path(default_storage.path(file.storage_key)).read_bytes() for file in files}
    delete(render)
    work(render)
    deletion = row(render)
    _restore(render, files, kept)
    path = Path(default_storage.path(f"{render.org_id}/papers/journal/{deletion.pk}.json"))
    path.write_bytes(path.read_bytes().replace(b'"cause": "person"', b'"cause": "bulk"'))
    with pytest.raises(CommandError, match="Do not let anybody in"):
        call_command("replay_deletions")
    assert "passed over" in capsys.readouterr().err
    assert fresh(render).asset("original") is not None


def test_hold_in_the_restored_copy_wins_and_is_reported(clip, delete, cast, capsys):
    from django.core.management.base import CommandError

    render, files, _needles = clip
    kept = {file.storage_key: Path(default_storage.path(file.storage_key)).read_bytes() for file in files}
    delete(render)
    work(render)
    _restore(render, files, kept)
    with cast.at():
        actions.hold_take(render=render, reason="Case", by=cast.amara)
    with pytest.raises(CommandError):
        call_command("replay_deletions")
    assert "release the hold" in capsys.readouterr().err
    assert fresh(render).asset("original") is not None
