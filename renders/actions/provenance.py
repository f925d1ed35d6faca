"""What people saw of a clip's origin, and what they say about broken credentials."""

from django.db import transaction
from django.utils import timezone

from renders.models import Credentials, Provenance, Render, Watermark
from tenants import audit
from tenants.errors import Refused
from tenants.models import User

MAX_WORDS = 300


class CannotNote(Refused):
    """Nothing was written down."""


def _locked(render: Render) -> Provenance:
    found: Provenance | None = (
        Provenance.objects.select_for_update(of=("self",)).filter(render=render).first()
    )
    if found is None:
        raise CannotNote("Nothing is known of this take's origin.")
    return found


@transaction.atomic
def note_watermark(*, render: Render, seen: str, by: User) -> None:
    """Write down whether a mark of the provider's can be seen in the clip. Raises CannotNote.

    The mark is recorded and never touched: the product offers no way to remove one.
    """
    if seen not in Watermark.values:
        raise CannotNote("Choose whether a mark can be seen.")
    told = _locked(render)
    told.watermark, told.watermark_by, told.watermark_at = seen, by, timezone.now()
    told.save(update_fields=["watermark", "watermark_by", "watermark_at"])
    audit.record("provenance.watermark_noted", by=by, on=render, seen=seen)


@transaction.atomic
def acknowledge_broken(*, render: Render, words: str, by: User) -> None:
    """Say why a clip with broken credentials may go to the client all the same. Raises CannotNote."""
    words = " ".join(words.split())
    if not words:
        raise CannotNote("Say in a sentence what you found out, and why it may go out all the same.")
    if len(words) > MAX_WORDS:
        raise CannotNote(f"This has {len(words)} characters, and {MAX_WORDS} fit.")
    told = _locked(render)
    if told.credentials != Credentials.BROKEN:
        raise CannotNote("The credentials of this take are not broken.")
    told.acknowledgement, told.acknowledged_by, told.acknowledged_at = words, by, timezone.now()
    told.save(update_fields=["acknowledgement", "acknowledged_by", "acknowledged_at"])
    audit.record("provenance.broken_acknowledged", by=by, on=render, words=words)
