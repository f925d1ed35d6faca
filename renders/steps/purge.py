"""Let a take's files go for good: tombstone (laid before), journal, provider, storage, and the receipt last.

Each part may be repeated: what is removed twice was gone already, and what was not written down falls due again.
A hold wins at every moment before the last byte is gone: it takes back what is left, and there is no receipt.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from renders.models import Asset, AssetKind, Attempt, Cause, Deletion, DeletionState, Provenance, Render
from renders.providers.errors import ProviderError, RateLimited
from renders.steps.forget import drop_copy
from renders.steps.keep import lock_keys
from renders.steps.receipts import issue
from renders.tombstones import lay, locked, locked_files
from tenants import papers, signing, storage
from tenants.scope import org_transaction
from tenants.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=110)
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0  # seconds between tries
# What a removed file's row says instead of where it was: its place is made of its hash.
REMOVED = "removed"
# The original goes last: a hold that comes in the middle saves what matters most.
_LAST = Case(When(kind=AssetKind.ORIGINAL, then=Value(1)), default=Value(0))


def purge(org_id: UUID, render_id: UUID) -> None:
    """One try to let the files of one take go."""
    with org_transaction(org_id):
        deletion = _claim(render_id)
    if deletion is None:
        return
    try:
        _journal(org_id, deletion)
        _drop_copies(org_id, deletion)
        _remove_files(org_id, deletion)
        issue(org_id, deletion)
    except (ProviderError, storage.StorageFailed, SecretUnreadable) as error:
        _put_off(org_id, deletion, error)


def _claim(render_id: UUID) -> Deletion | None:
    """Begin, or go on; None when nothing is due, a hold stands, or somebody else is at it."""
    take = locked(render_id)
    _adopt(take)
    due = Deletion.objects.due().filter(render=take)
    claimed = due.update(
        state=DeletionState.RUNNING,
        begun_at=Coalesce("begun_at", Now()),
        next_action_at=Now() + LEASE,
        tries=F("tries") + 1,
    )
    if not claimed:
        return None
    found: Deletion = Deletion.objects.open().select_related("render").get(render=take)
    return found


def _adopt(take: Render) -> None:
    """Files that were marked before there were tombstones get one now."""
    if take.is_held or Deletion.objects.open().filter(render=take).exists():
        return
    if Asset.objects.to_purge().filter(render=take).exists():
        lay(take, locked_files(take), cause=Cause.PERSON, undo=timedelta(0), by="system:purge")


def _journal(org_id: UUID, deletion: Deletion) -> None:
    """What a restored database has to be told. Filed before the first byte goes, where the database cannot reach."""
    name = str(deletion.pk)
    if papers.read(org_id, papers.JOURNAL, name) is None:
        entry = {
            "format": "dailies.deletion-journal/1",
            "deletion": name,
            "agency": str(org_id),
            "take": str(deletion.render_id),
            "cause": deletion.cause,
            "files": deletion.files,
            "begun_at": timezone.now().isoformat(),
        }
        papers.file_once(org_id, papers.JOURNAL, name, signing.sign(entry))


def _drop_copies(org_id: UUID, deletion: Deletion) -> None:
    """The provider's copies, also of attempts that failed. Raises ProviderError."""
    with org_transaction(org_id):
        copies = Attempt.objects.filter(render=deletion.render_id, provider_deleted_at=None)
        copies = list(copies.exclude(provider_video_id=None).select_related("account"))
    for attempt in copies:
        if not _goes_on(org_id, deletion):
            return
        drop_copy(org_id, attempt)


def _goes_on(org_id: UUID, deletion: Deletion) -> bool:
    """Whether it still stands: a hold may have ended it."""
    with org_transaction(org_id):
        return bool(Deletion.objects.filter(pk=deletion.pk, state=DeletionState.RUNNING).exists())


def _remove_files(org_id: UUID, deletion: Deletion) -> None:
    """Every file of the take. Raises StorageFailed."""
    with org_transaction(org_id):
        rows = Asset.objects.to_purge().filter(render=deletion.render_id).order_by(_LAST, "pk")
        due = list(rows.values_list("pk", "storage_key"))
    for pk, key in due:
        with org_transaction(org_id):
            _remove_one(pk, key)


def _remove_one(pk: Any, key: str) -> None:
    """Remove one file, unless a hold has come or somebody shares its bytes.

    The storage is called inside the transaction on purpose: under the key's lock nobody can begin to share it.
    """
    lock_keys([key])
    asset = Asset.objects.to_purge().select_for_update(of=("self",)).filter(pk=pk).first()
    if asset is None:
        return
    # A deleted file that is not removed yet counts as a sharer: a hold may still save it. The last one removes.
    is_shared = Asset.objects.filter(storage_key=key, purged_at=None).exclude(pk=pk).exists()
    if not is_shared:
        storage.remove(key)
    details = {"is_shared": True} if is_shared else {}
    Asset.objects.filter(pk=pk).update(purged_at=Now(), storage_key=REMOVED, details=details)
    if asset.kind == AssetKind.ORIGINAL:
        # What the file said of itself goes with it; that it was looked at stays.
        told = Provenance.objects.filter(render=asset.render_id)
        told.update(generator="", signer="", claimed_at=None, problems=[])
    log.info("asset_purged", asset=asset.public_id, shared=is_shared)


def _put_off(org_id: UUID, deletion: Deletion, error: Exception) -> None:
    """Later, and say why: a page shows what it waits for."""
    wait = min(FIRST_WAIT * 2 ** min(deletion.tries, 10), LONGEST_WAIT)
    if isinstance(error, RateLimited) and error.retry_after:
        wait = min(error.retry_after, LONGEST_WAIT)
    where = "The provider" if isinstance(error, ProviderError) else "Our storage"
    log.warning("purge_put_off", deletion=deletion.public_id, error=str(error), again_in=wait)
    with org_transaction(org_id):
        rows = Deletion.objects.filter(pk=deletion.pk, state=DeletionState.RUNNING)
        problem = f"{where} did not do it yet: {error}"
        rows.update(next_action_at=Now() + timedelta(seconds=wait), problem=problem[:300])
