"""Lay a tombstone for a take's files, and take it back while it is time: what actions and the retention step share.

Everything here runs in the caller's transaction, under the lock of the take's row.
"""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from renders.models import Asset, AssetState, Cause, Deletion, DeletionState, PurgeRequest, Render
from renders.moves import announce
from tenants import audit
from tenants.models import User


def locked(render_id: Any) -> Render:
    """The take as it is now; nobody else moves it until the transaction ends."""
    rows = Render.objects.select_for_update(of=("self",)).select_related("brief", "held_by")
    found: Render = rows.get(pk=render_id)
    return found


def locked_files(take: Render) -> list[Asset]:
    """Its files, under lock: a worker may be removing them at this moment."""
    return list(Asset.objects.select_for_update(of=("self",)).filter(render=take).order_by("pk"))


def lay(
    take: Render,
    files: list[Asset],
    *,
    cause: Cause,
    undo: timedelta,
    by: User | str,
    request: PurgeRequest | None = None,
    rule: str = "",
) -> Deletion:
    """Mark every file of the take as deleted, and write down that they are to go. `undo`: how long it can be undone.

    The take is archived as well, for nobody can decide about a clip that is not there.
    """
    kept = [asset for asset in files if asset.is_kept]
    now = timezone.now()
    rows = Asset.objects.filter(pk__in=[asset.pk for asset in kept])
    rows.update(state=AssetState.DELETED, deleted_at=now)
    # A decision that is being taken about these bytes finds another version, and is asked again.
    Render.objects.filter(pk=take.pk).update(version=F("version") + 1, archived_at=take.archived_at or now)
    deletion = Deletion.objects.create(
        render=take,
        cause=cause,
        rule=rule,
        request=request,
        asked_by=by if isinstance(by, User) else None,
        files={asset.kind: {"sha256": asset.sha256, "bytes": asset.size_bytes} for asset in files},
        begins_at=Now() + undo,
        next_action_at=Now() + undo,
    )
    sums = {asset.kind: asset.sha256 for asset in kept}
    audit.record(
        "take.files_deleted",
        by=by,
        on=take,
        deletion=deletion.public_id,
        cause=str(cause),
        sha256=sums,
        size_bytes=sum(asset.size_bytes for asset in kept),
    )
    announce(take, "deleted")
    return deletion


def take_back(take: Render) -> int:
    """Bring back the files whose bytes are still there, and end the deletion; how many files those are."""
    files = locked_files(take)
    marked = [row for row in files if row.state == AssetState.DELETED and row.purged_at is None]
    if any(row.deleted_at == take.archived_at for row in marked):
        # The deletion put it away, so its end brings it back.
        take.archived_at = None
        Render.objects.filter(pk=take.pk).update(archived_at=None)
    for row in marked:
        row.state = AssetState.ARCHIVED if take.archived_at else AssetState.STORED
        row.archived_at, row.deleted_at = take.archived_at, None
    Asset.objects.bulk_update(marked, ["state", "archived_at", "deleted_at"])
    Deletion.objects.open().filter(render=take).update(
        state=DeletionState.UNDONE, undone_at=Now(), next_action_at=None, problem=""
    )
    return len(marked)
