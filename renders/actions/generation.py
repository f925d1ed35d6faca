"""Staff switch generation off and on for an agency. Review, downloads and client links are not touched."""

from django.db import transaction

from renders import switch
from renders.actions.words import reason_of
from tenants.errors import Refused
from tenants.models import Agency, User

MAX_REASON = 300


class AlreadySo(Refused):
    """The switch stands there already."""


@transaction.atomic
def stop_generation(*, agency: Agency, reason: str, by: User) -> switch.Effect:
    """Nothing more is sent from the commit on. The team reads the reason. Raises AlreadySo, ReasonMissing."""
    reason = reason_of(
        reason, ask="Say why: the team reads it on every page, and the audit trail keeps it.", most=MAX_REASON
    )
    if Agency.objects.get(pk=agency.pk).is_stopped:
        raise AlreadySo("Generation is switched off already.")
    return switch.stop(reason=reason, by=by)


@transaction.atomic
def resume_generation(*, agency: Agency, by: User) -> int:
    """Back to work; how many takes go back to the queue. Raises AlreadySo."""
    if not Agency.objects.get(pk=agency.pk).is_stopped:
        raise AlreadySo("Generation is on.")
    return switch.resume(by=by)
