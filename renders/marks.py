"""Marks on files that belong to a character or to a picture: what both kinds of tombstones have in common.

Everything here runs in the caller's transaction, under the lock of the owner's row.
"""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from renders.models import Cause, Deletion, DeletionState
from tenants import audit
from tenants.models import User


def lay(
    kind: str, owner: Any, files: list[Any], *, cause: Cause, undo: timedelta, by: User | str, rule: str = ""
) -> Deletion:
    """Mark every kept file as deleted, and write down that they are to go. `kind`: Deletion's field of the owner."""
    kept = [file for file in files if file.is_kept]
    if kept:
        type(kept[0]).objects.filter(pk__in=[file.pk for file in kept]).update(deleted_at=Now())
    deletion: Deletion = Deletion.objects.create(
        **{kind: owner},
        cause=cause,
        rule=rule,
        asked_by=by if isinstance(by, User) else None,
        files={
            str(file.pk): {"kind": file.kind, "sha256": file.sha256, "bytes": file.size_bytes}
            for file in files
        },
        begins_at=Now() + undo,
        next_action_at=Now() + undo,
    )
    audit.record(
        f"{kind}.files_deleted",
        by=by,
        on=owner,
        deletion=deletion.public_id,
        cause=str(cause),
        sha256=sorted({file.sha256 for file in kept}),
        size_bytes=sum(file.size_bytes for file in kept),
    )
    return deletion


def take_back(kind: str, owner: Any, files: list[Any]) -> int:
    """Bring back the files whose bytes are still there, and end the deletion; how many files those are."""
    marked = [file for file in files if file.deleted_at and not file.purged_at]
    if marked:
        type(marked[0]).objects.filter(pk__in=[file.pk for file in marked]).update(deleted_at=None)
    Deletion.objects.open().filter(**{kind: owner}).update(
        state=DeletionState.UNDONE, undone_at=Now(), next_action_at=None, problem=""
    )
    return len(marked)
