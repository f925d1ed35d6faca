"""Bring a finished clip into our own storage before it expires, hashed on the way and checked before it counts."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import structlog

from renders.models import Asset, AssetKind, Attempt, Provenance, Render
from renders.moves import POISONED, Superseded, claim, move, put_off
from renders.providers.errors import Ambiguous, Gone, ProviderError, RateLimited, Unexpected
from renders.providers.port import Content, Variant
from renders.states import FailureClass, State, Who
from renders.steps.client import client
from renders.steps.keep import keep
from renders.steps.provenance import read_provenance, write_provenance
from tenants import storage
from tenants.media import run as media
from tenants.scope import org_transaction
from tenants.shared_bytes import make_sure

log = structlog.get_logger(__name__)

LEASE_SECONDS = 110.0
MAX_TRIES = 12
_STILLS = {
    Variant.THUMBNAIL: (AssetKind.PROVIDER_THUMBNAIL, {"image/webp", "image/jpeg", "image/png"}),
    Variant.SPRITESHEET: (AssetKind.PROVIDER_SHEET, {"image/jpeg", "image/webp", "image/png"}),
}


class CutShort(Exception):
    """Fewer bytes came than were promised, or the clip ends in the middle."""


def fetch(org_id: UUID, render_id: UUID) -> bool:
    """One try to fetch one clip with its stills. True when it is stored."""
    with org_transaction(org_id):
        render = claim(render_id, State.DOWNLOADING, lease_seconds=LEASE_SECONDS)
        if render is None:
            return False
        attempt = render.attempts.latest("number")
        if render.crash_count > POISONED:
            move(render, State.FAILED, who=Who.FETCHER, failure_class=FailureClass.QUARANTINED)
            return False
    try:
        with storage.workspace() as folder:
            assets, told = _download(render, attempt, folder)
    except (ProviderError, CutShort, media.Unreadable, storage.StorageFailed) as error:
        _record_failure(org_id, render, error)
        return False
    try:
        with org_transaction(org_id):
            make_sure(assets)
            _write_down(render, assets)
            write_provenance(told)
            move(render, State.STORED, who=Who.FETCHER, after=0, retry_count=0, failure_class="")
    except storage.StorageFailed as error:
        _record_failure(org_id, render, error)
        return False
    except Superseded:
        log.info("fetch_superseded", render=render.public_id)
        return False
    return True


def _write_down(render: Render, assets: list[Asset]) -> None:
    """All of them in one statement; an earlier try's rows are brought up to date."""
    kept = {"id", "org", "render", "kind", "created_at"}
    for asset in assets:
        asset.render = render
    Asset.objects.bulk_create(
        assets,
        update_conflicts=True,
        unique_fields=["org", "render", "kind"],
        update_fields=[f.name for f in Asset._meta.local_fields if f.name not in kept],
    )


def _download(render: Render, attempt: Attempt, folder: Path) -> tuple[list[Asset], Provenance]:
    """The original, then the provider's own stills; those are a courtesy and may be missing.

    And what the original says of where it comes from, read before anything else happens to its bytes.
    """
    video_id = attempt.provider_video_id or ""
    with client(render.account) as provider:
        with provider.content(video_id, Variant.VIDEO) as content:
            clip = storage.stage(
                folder / "original.mp4",
                _whole(content, {"video/mp4", "application/octet-stream", "binary/octet-stream"}),
            )
        facts = media.probe(clip.path)
        told = read_provenance(render, clip)
        original = keep(render, AssetKind.ORIGINAL, clip, "video/mp4", facts)
        stills = []
        for variant, (kind, types) in _stills(render).items():
            try:
                with provider.content(video_id, variant) as content:
                    still = storage.stage(folder / variant.value, _whole(content, types))
                stills.append(keep(render, kind, still, content.content_type, {}))
            except (ProviderError, CutShort) as error:
                log.info(
                    "provider_still_missing", render=render.public_id, variant=variant.value, error=str(error)
                )
    return [original, *stills], told


def _stills(render: Render) -> dict[Variant, tuple[AssetKind, set[str]]]:
    """What can be fetched beside the clip: some servers give the clip once more instead, or nothing."""
    return _STILLS if render.account.capabilities.has_stills else {}


def _whole(content: Content, types: set[str]) -> Iterator[bytes]:
    """The chunks, checked for type before and for length after. Raises Unexpected, CutShort."""
    if content.content_type not in types:
        raise Unexpected(f"The provider sent {content.content_type or 'no type'} where a clip was due.")
    received = 0
    try:
        for chunk in content.chunks:
            received += len(chunk)
            yield chunk
    except Ambiguous as error:
        raise CutShort("The connection broke in the middle of the file.") from error
    if content.length is not None and received != content.length:
        raise CutShort(f"{received} bytes came, {content.length} were promised.")
    if received == 0:
        raise CutShort("The file is empty.")


def _record_failure(org_id: UUID, render: Render, error: Exception) -> None:
    """Try again, or say plainly that the clip is gone. It is never made again behind anybody's back."""
    log.warning("fetch_failed", render=render.public_id, error=str(error), kind=type(error).__name__)
    try:
        with org_transaction(org_id):
            _after_failure(render, error)
    except Superseded:
        log.info("fetch_superseded", render=render.public_id)


def _after_failure(render: Render, error: Exception) -> None:
    tries = render.retry_count + 1
    is_ours = isinstance(error, storage.StorageFailed)
    if isinstance(error, Gone) and tries >= 3:
        why = FailureClass.EXPIRED_BEFORE_DOWNLOAD
        move(
            render,
            State.EXPIRED,
            who=Who.FETCHER,
            failure_class=why,
            note="paid, and gone before it was fetched",
        )
    elif tries >= MAX_TRIES and not is_ours:
        move(render, State.FAILED, who=Who.FETCHER, failure_class=FailureClass.UNPLAYABLE, note=str(error))
    else:
        wait = error.retry_after or 10.0 if isinstance(error, RateLimited) else min(2.0**tries, 60.0)
        # Our own storage is never the reason to give a paid clip up: it stays in the queue and says so.
        failure = FailureClass.STORAGE_FAILED if is_ours else ""
        put_off(render, after=min(wait, 60.0), retry_count=min(tries, 1000), failure_class=failure)
