"""What the platform's staff say of a clip in which somebody's likeness may be."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from characters.actions.characters import lock
from characters.models import Clip, Likeness
from characters.moves import move
from characters.states import State, Who
from tenants import audit
from tenants.errors import Refused
from tenants.models import User

VERDICTS = (Likeness.CLEARED, Likeness.ELIGIBLE, Likeness.REFUSED)


class CannotDecide(Refused):
    """Nothing was decided."""


@transaction.atomic
def decide_likeness(*, clip: Clip, verdict: str, reason: str, by: User) -> None:
    """Clear it, let it through for eligible accounts only, or refuse it. Raises CannotDecide.

    A refused clip goes back to its makers with the reason and never leaves our server.
    """
    reason = " ".join(reason.split())[:300]
    if verdict not in VERDICTS:
        raise CannotDecide(_("Choose one of the three answers."))
    if not reason:
        raise CannotDecide(_("Say why: the team reads it."))
    row = lock(clip.character)
    found: Clip = Clip.objects.select_for_update(of=("self",)).get(pk=clip.pk)
    if found.likeness != Likeness.DOUBTFUL or row.state != State.LIKENESS or row.clip_id != found.pk:
        raise CannotDecide(_("This clip does not wait any more: it was decided, taken back or replaced."))
    found.likeness, found.likeness_reason = verdict, reason
    found.likeness_by, found.likeness_at = by, timezone.now()
    found.save(update_fields=["likeness", "likeness_reason", "likeness_by", "likeness_at"])
    is_refused = verdict == Likeness.REFUSED
    target = State.DRAFT if is_refused else State.VALIDATED
    move(row, target, who=Who.STAFF, by=by, note=reason if is_refused else "")
    audit.record(
        "character.likeness_decided", by=by, on=row, clip=found.number, verdict=verdict, reason=reason
    )
