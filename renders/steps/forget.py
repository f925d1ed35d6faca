"""Delete the provider's copy once ours is verified. The protocol allows it for finished videos only."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models.functions import Now

from renders.models import Attempt, Render, Storyboard
from renders.providers.errors import Gone, ProviderError
from renders.steps.client import client
from renders.storyboard_states import Progress
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

AGAIN = timedelta(minutes=5)


def forget(org_id: UUID, attempt_id: UUID) -> None:
    """One try to delete one provider copy. 404 counts as gone; anything else is tried again."""
    with org_transaction(org_id):
        due = Attempt.objects.filter(pk=attempt_id, provider_deleted_at=None, provider_delete_at__lte=Now())
        # The next try is booked before this one: a crash repeats it.
        if not due.update(provider_delete_at=Now() + AGAIN):
            return
        attempt = Attempt.objects.select_related("account").get(pk=attempt_id)
        if Render.objects.starting_from(attempt.render_id).exists() or _goes_on(attempt):
            # Somebody is about to name this copy, or the provider is making something from it.
            return
    try:
        drop_copy(org_id, attempt)
    except ProviderError as error:
        log.warning("provider_delete_put_off", attempt=attempt.public_id, error=str(error))


def _goes_on(attempt: Attempt) -> bool:
    """Whether a storyboard is about to go on from this copy: named by its id, it need not be sent along."""
    boards = Storyboard.objects.filter(scenes__takes=attempt.render_id, state=Progress.RUNNING)
    return bool(boards.exists())


def drop_copy(org_id: UUID, attempt: Attempt) -> None:
    """Delete one provider copy and write it down. 404 counts as gone. Raises ProviderError for anything else."""
    try:
        with client(attempt.account) as provider:
            provider.delete(attempt.provider_video_id or "")
    except Gone:
        log.info("provider_copy_was_gone", attempt=attempt.public_id)
    with org_transaction(org_id):
        Attempt.objects.filter(pk=attempt.pk).update(provider_deleted_at=Now())
