"""What an original says of where it comes from. A clip is never refused for it: people are told, and decide."""

from datetime import UTC, datetime

import structlog
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from renders.models import Credentials, Provenance, Render
from tenants import storage
from tenants.media import run as media

log = structlog.get_logger(__name__)

_TOLD = ["asset_sha256", "credentials", "generator", "signer", "claimed_at", "problems", "checked_at"]


def read_provenance(render: Render, clip: storage.Staged) -> Provenance:
    """The credentials in the bytes as they came, as a row that is not saved yet."""
    try:
        said = media.credentials(clip.path)
    except media.Unreadable as error:
        log.warning("credentials_unreadable", render=render.public_id, error=str(error))
        said = {"state": Credentials.PRESENT, "problems": ["the checker did not finish"]}
    return Provenance(
        org_id=render.org_id,
        render=render,
        asset_sha256=clip.sha256,
        credentials=said["state"],
        generator=_clean(said.get("generator", "")),
        signer=_clean(said.get("signer", "")),
        claimed_at=_moment(said.get("claimed_at", "")),
        problems=[_clean(code) for code in said["problems"]],
        checked_at=timezone.now(),
    )


def _moment(text: str) -> datetime | None:
    """The signer's time, if it is one."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and timezone.is_naive(found) else found


def _clean(text: str) -> str:
    """A foreign text in one line; PostgreSQL keeps no NUL."""
    return " ".join(text.replace("\x00", "").split())[:200]


def write_provenance(told: Provenance) -> None:
    """Beside the original's row, in its transaction; an earlier try's row is brought up to date."""
    Provenance.objects.bulk_create(
        [told], update_conflicts=True, unique_fields=["render"], update_fields=_TOLD
    )
