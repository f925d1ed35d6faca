"""Remove the bytes of deleted files. The rows stay, with their hashes.

Safe to repeat: what is removed twice was gone already, and what was not written down falls due again.
"""

from typing import Any
from uuid import UUID

import structlog
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from renders.models import Asset, AssetKind
from renders.steps.keep import lock_keys
from tenants import storage
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

# The original goes last: a hold that comes in the middle saves what matters most.
_LAST = Case(When(kind=AssetKind.ORIGINAL, then=Value(1)), default=Value(0))


def purge(org_id: UUID, render_id: UUID) -> None:
    """One try to remove every deleted file of one take."""
    with org_transaction(org_id):
        rows = Asset.objects.to_purge().filter(render=render_id).order_by(_LAST, "pk")
        due = list(rows.values_list("pk", "storage_key"))
    for pk, key in due:
        try:
            with org_transaction(org_id):
                _purge_one(pk, key)
        except storage.StorageFailed as error:
            log.warning("purge_put_off", asset=str(pk), error=str(error), remedy="the sweep rings again")
            return


def _purge_one(pk: Any, key: str) -> None:
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
    Asset.objects.filter(pk=pk).update(purged_at=Now())
    log.info("asset_purged", asset=asset.public_id, shared=is_shared)
