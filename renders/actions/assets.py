"""The life of a take's files: put away, held, deleted.

Every action locks the take's row first. Whoever comes second reads what the first one wrote, so that a hold and a
deletion at the same moment have one order; a hold that comes second takes back what is not removed yet.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from renders import tombstones
from renders.actions.deleting import CannotDelete, ring_purge, undoable
from renders.models import Asset, AssetState, Cause, Deletion, Render
from renders.moves import announce
from renders.states import State
from tenants import audit
from tenants.errors import Refused
from tenants.models import User
from tenants.retention import policy

MAX_REASON = 300


class CannotArchive(Refused):
    """The take stays on the lists; the text is the disabled item's reason."""


class CannotHold(Refused):
    """No hold was placed."""


def check_can_archive(render: Render) -> None:
    """Raises CannotArchive while somebody waits for the take."""
    if render.is_working or render.state == State.NEEDS_HUMAN:
        raise CannotArchive("It is still being made. Wait for its end, then archive it.")
    if render.state == State.CLIENT_REVIEW:
        raise CannotArchive("It is with the client. Take it back, or wait for the answer, then archive it.")


@transaction.atomic
def archive_take(*, render: Render, by: User) -> None:
    """Put a take away: it leaves the queue and the review lists, and its files stay. Raises CannotArchive."""
    take = tombstones.locked(render.pk)
    if take.archived_at is not None:
        return
    check_can_archive(take)
    now = timezone.now()
    Render.objects.filter(pk=take.pk).update(archived_at=now)
    stored = Asset.objects.filter(render=take, state=AssetState.STORED)
    stored.update(state=AssetState.ARCHIVED, archived_at=now)
    audit.record("take.archived", by=by, on=take)
    announce(take, "archived")


@transaction.atomic
def restore_take(*, render: Render, by: User) -> None:
    """Bring an archived take back to the lists. Files that were deleted stay deleted."""
    take = tombstones.locked(render.pk)
    if take.archived_at is None:
        return
    Render.objects.filter(pk=take.pk).update(archived_at=None)
    archived = Asset.objects.filter(render=take, state=AssetState.ARCHIVED)
    archived.update(state=AssetState.STORED, archived_at=None)
    audit.record("take.restored", by=by, on=take)
    announce(take, "restored")


@transaction.atomic
def hold_take(*, render: Render, reason: str, by: User) -> None:
    """Let nothing of this take be removed until the hold is released. Raises CannotHold."""
    reason = " ".join(reason.split())
    if not reason:
        raise CannotHold("Say why: whoever finds the hold in two years has to know whether it still stands.")
    if len(reason) > MAX_REASON:
        raise CannotHold(f"The reason has {len(reason)} characters, and {MAX_REASON} fit.")
    take = tombstones.locked(render.pk)
    if take.is_held:
        raise CannotHold(_held_words(take))
    saved = _take_back(take)
    Render.objects.filter(pk=take.pk).update(held_at=timezone.now(), held_by=by, hold_reason=reason)
    audit.record("take.held", by=by, on=take, reason=reason, files_saved=saved)
    announce(take, "held")


def _take_back(take: Render) -> int:
    """Undo the deletion of files whose bytes are still there; how many those were. Raises CannotHold."""
    rows = tombstones.locked_files(take)
    if rows and all(row.purged_at for row in rows):
        raise CannotHold("The files of this take are gone, so there is nothing left to hold.")
    return tombstones.take_back(take)


@transaction.atomic
def release_hold(*, render: Render, by: User) -> None:
    """End a hold. Nothing is removed by it; files may be deleted again."""
    take = tombstones.locked(render.pk)
    if not take.is_held:
        return
    Render.objects.filter(pk=take.pk).update(held_at=None, held_by=None, hold_reason="")
    audit.record("take.hold_released", by=by, on=take, reason=take.hold_reason)
    announce(take, "released")


def _held_words(take: Render) -> str:
    since = timezone.localtime(take.held_at).strftime("%-d %b %Y")
    return f"It is on hold since {since}, by {take.held_by}: {take.hold_reason}"


def check_can_delete(render: Render, assets: Any, *, is_signed_off_too: bool = False) -> None:
    """Raises CannotDelete. `assets`: the take's files, as the caller has them.

    `is_signed_off_too`: two people want it, so a signed-off take need not be archived first.
    """
    if render.is_held:
        raise CannotDelete(f"{_held_words(render).rstrip('.')}. Release the hold first.")
    if render.is_working or render.state == State.NEEDS_HUMAN:
        raise CannotDelete("It is still being made. Wait for its end.")
    if not any(asset.is_kept for asset in assets):
        raise CannotDelete("There is no file to delete.")
    if render.state == State.CLIENT_REVIEW:
        raise CannotDelete("It is with the client. Take it back, or wait for the answer.")
    if render.is_needed:
        raise CannotDelete("Another take is being made from this clip. Wait until it is there.")
    if render.state == State.DELIVERABLE and render.archived_at is None and not is_signed_off_too:
        raise CannotDelete(
            "It is signed off, and the client may come back for it. Archive it first; then its files can be deleted."
        )


@transaction.atomic
def delete_take_files(*, render: Render, typed: str, by: User) -> Deletion:
    """Delete every file of a take: at once out of sight, and gone for good once the undo window is over.

    `typed`: the take's name, to confirm. What was said, decided and paid stays, and so do the hashes: a certificate goes
    on proving a copy. Raises CannotDelete.
    """
    take = tombstones.locked(render.pk)
    files = tombstones.locked_files(take)
    check_can_delete(take, files)
    if typed.strip() != str(take):
        raise CannotDelete(f"Type “{take}” to confirm.")
    window = policy.undo_window()
    deletion = tombstones.lay(take, files, cause=Cause.PERSON, undo=window, by=by)
    ring_purge(deletion, window)
    return deletion


@transaction.atomic
def undo_deletion(*, render: Render, by: User) -> int:
    """Bring the files back; how many. Raises CannotUndo once the removal has begun."""
    take = tombstones.locked(render.pk)
    deletion = undoable(Deletion.objects.filter(render=take))
    saved = tombstones.take_back(take)
    audit.record("take.deletion_undone", by=by, on=take, deletion=deletion.public_id, files_saved=saved)
    announce(take, "restored")
    return saved
