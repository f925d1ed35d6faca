"""Staff hide a take's files from everybody, and bring them back. Nothing is removed."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from renders.actions.words import reason_of
from renders.models import Render
from renders.moves import announce
from tenants import audit
from tenants.errors import Refused
from tenants.models import User

MAX_REASON = 300


class CannotTakeDown(Refused):
    """There is nothing to hide."""


def _locked(render: Render) -> Render:
    rows = Render.objects.select_for_update(of=("self",)).prefetch_related("assets")
    return rows.get(pk=render.pk)


@transaction.atomic
def take_down(*, render: Render, reason: str, by: User) -> None:
    """Room, portal and downloads show a sentence instead of the clip. Raises CannotTakeDown, ReasonMissing."""
    reason = reason_of(reason, ask="Say why: the team reads it on the take’s page.", most=MAX_REASON)
    take = _locked(render)
    if take.is_taken_down:
        raise CannotTakeDown("It is taken down already.")
    if not any(asset.is_kept for asset in take.assets.all()):
        raise CannotTakeDown("This take has no file that anybody could see.")
    # A decision that is being taken about these bytes finds another version, and is asked again.
    Render.objects.filter(pk=take.pk).update(
        taken_down_at=timezone.now(), taken_down_by=by, take_down_reason=reason, version=F("version") + 1
    )
    audit.record("take.taken_down", by=by, on=take, reason=reason)
    announce(take, "taken_down")


@transaction.atomic
def restore(*, render: Render, by: User) -> None:
    """Show the files again."""
    take = _locked(render)
    if not take.is_taken_down:
        return
    Render.objects.filter(pk=take.pk).update(
        taken_down_at=None, taken_down_by=None, take_down_reason="", version=F("version") + 1
    )
    audit.record("take.brought_back", by=by, on=take, reason=take.take_down_reason)
    announce(take, "restored")
