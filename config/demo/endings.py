"""How some of the demo's takes end: deleted with a receipt, kept by a hold, or waiting for a second person."""

import structlog
from django.conf import settings

from renders.actions.assets import delete_take_files, hold_take
from renders.actions.provenance import note_watermark
from renders.actions.purges import ask_purge
from renders.models import Deletion, PurgeRequest, Render, Watermark
from tenants.models import User

log = structlog.get_logger(__name__)

PURGE_TITLE = "Acme, Spring launch: first takes"


def held(render: Render, amara: User) -> None:
    """Kept, whatever the policy says."""
    if not render.is_held:
        hold_take(
            render=render, reason="A rival claims the lantern’s shape; counsel asked us to keep it.", by=amara
        )


def deleted(render: Render, amara: User) -> None:
    """Gone, with its receipt: the window is over at once, for a story has no day to wait."""
    if Deletion.objects.filter(render=render).exists():
        return
    window, settings.DELETION_UNDO_SECONDS = settings.DELETION_UNDO_SECONDS, 0
    try:
        delete_take_files(render=render, typed=str(render), by=amara)
    finally:
        settings.DELETION_UNDO_SECONDS = window


def asked(renders: list[Render], amara: User) -> None:
    """Amara asks, and Bruno has to approve it."""
    if renders and not PurgeRequest.objects.filter(title=PURGE_TITLE).exists():
        ask_purge(
            render_ids=[render.pk for render in renders],
            title=PURGE_TITLE,
            reason="Superseded by the second takes; the client wants no drafts kept.",
            by=amara,
        )


def looked_at(render: Render, bruno: User) -> None:
    """A reviewer has looked for a mark of the provider’s."""
    told = getattr(render, "provenance", None)
    if told is not None and told.watermark == Watermark.UNKNOWN:
        note_watermark(render=render, seen=Watermark.NOT_SEEN, by=bruno)
