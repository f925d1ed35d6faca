"""Make what a review needs from a stored clip: review copy, poster, hover sheet, waveform."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog
from django.db.models.functions import Now

from renders.models import Asset, AssetKind, Attempt, Render
from renders.moves import POISONED, Superseded, claim, move, put_off
from renders.states import FailureClass, State, Who
from renders.steps.keep import keep
from tenants import storage
from tenants.media import run as media
from tenants.scope import org_transaction
from tenants.shared_bytes import make_sure

log = structlog.get_logger(__name__)

LEASE_SECONDS = 110.0
# What the subprocess writes, and how it is served.
_FILES = {
    AssetKind.PROXY: ("proxy", "proxy.mp4", "video/mp4"),
    AssetKind.POSTER: ("poster", "poster.webp", "image/webp"),
    AssetKind.HOVER_SHEET: ("sheet", "sheet.jpg", "image/jpeg"),
    AssetKind.WAVEFORM: ("waveform", "waveform.svg", "image/svg+xml"),
}


def derive(org_id: UUID, render_id: UUID) -> None:
    """Derive one clip's review files. If it cannot be done, the original is reviewed as it is."""
    with org_transaction(org_id):
        render = claim(render_id, State.STORED, lease_seconds=LEASE_SECONDS)
        if render is None:
            return
        original = Asset.objects.get(render=render, kind=AssetKind.ORIGINAL)
    assets: list[Asset] = []
    if render.crash_count <= POISONED:
        try:
            with storage.workspace() as folder:
                assets = _make(render, original, folder)
        except storage.StorageFailed as error:
            _later(org_id, render, error)
            return
        except media.Unreadable as error:
            log.error("derive_failed", render=render.public_id, error=str(error))
    try:
        with org_transaction(org_id):
            _ready(render, assets)
    except storage.StorageFailed as error:
        _later(org_id, render, error)
    except Superseded:
        log.info("derive_superseded", render=render.public_id)


def _make(render: Render, original: Asset, folder: Path) -> list[Asset]:
    source = storage.copy_to(original.storage_key, folder / "original.mp4")
    if source.sha256 != original.sha256:
        raise storage.StorageFailed("The stored clip's bytes do not match its hash.")
    facts = media.derive(source.path, folder)
    return [
        keep(render, kind, storage.staged(folder / name), content_type, facts[part])
        for kind, (part, name, content_type) in _FILES.items()
        if part in facts
    ]


def _ready(render: Render, assets: list[Asset]) -> None:
    make_sure(assets)
    Asset.objects.bulk_create(assets, ignore_conflicts=True)
    move(render, State.IN_REVIEW, who=Who.WORKER, failure_class="", retry_count=0)
    if render.account.deletes_after_copy:
        attempt = render.attempts.latest("number")
        kept = timedelta(seconds=max(1, render.account.keeps_copy_seconds))
        Attempt.objects.filter(pk=attempt.pk).update(provider_delete_at=Now() + kept)


def _later(org_id: UUID, render: Render, error: Exception) -> None:
    log.warning("derive_put_off", render=render.public_id, error=str(error))
    try:
        with org_transaction(org_id):
            tries = min(render.retry_count + 1, 1000)
            wait = min(2.0 ** min(tries, 6), 60.0)
            put_off(render, after=wait, retry_count=tries, failure_class=FailureClass.STORAGE_FAILED)
    except Superseded:
        log.info("derive_superseded", render=render.public_id)
