"""Clear up a request of which nobody knows whether it was accepted: one person proposes, another one carries it out.

Its price stays set aside until then, and nothing is sent again before somebody declares that it never arrived.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from renders import ledger, tasks
from renders.models import Attempt, AttemptStatus, Remedy, Render, Resolution, ResolutionVerdict
from renders.moves import NoFreeSlot, move
from renders.states import FailureClass, State, Who
from renders.steps.reconcile import replace
from tenants import audit
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring

MAX_REASON = 500
_ENDS = {Remedy.PAID: "charged", Remedy.UNPAID: "not charged"}


class CannotResolve(Refused):
    """Nothing was proposed or carried out."""


def _open(render: Render) -> tuple[Render, Attempt]:
    """The locked row and its attempt in doubt. Raises CannotResolve."""
    found: Render = (
        Render.objects.select_for_update(of=("self",)).select_related("account", "brief").get(pk=render.pk)
    )
    if found.state != State.NEEDS_HUMAN:
        raise CannotResolve(f"It needs nobody any more: it is “{found.get_state_display()}” by now.")
    return found, found.attempts.latest("number")


@transaction.atomic
def propose(*, render: Render, remedy: str, video_id: str = "", reason: str, by: User) -> Resolution:
    """Say what should become of it. Raises CannotResolve."""
    reason, video_id = " ".join(reason.split()), video_id.strip()
    if remedy not in Remedy.values:
        raise CannotResolve("Choose what should become of it.")
    if not reason:
        raise CannotResolve("Say what you found at the provider, and where: a second person has to judge it.")
    if len(reason) > MAX_REASON:
        raise CannotResolve(f"The reason has {len(reason)} characters, and {MAX_REASON} fit.")
    if (remedy == Remedy.ADOPT) != bool(video_id):
        raise CannotResolve(
            "Give the provider’s id of the video to adopt."
            if remedy == Remedy.ADOPT
            else "An id belongs to an adoption only. Leave it empty, or choose to adopt."
        )
    if len(video_id) > 300:
        raise CannotResolve("An id has 300 characters at most.")
    found, attempt = _open(render)
    if Resolution.objects.waiting().filter(render=found).exists():
        raise CannotResolve("Somebody has proposed something already. Carry it out, or refuse it first.")
    made: Resolution = Resolution.objects.create(
        render=found, attempt=attempt, remedy=remedy, video_id=video_id, reason=reason, proposed_by=by
    )
    audit.record("doubt.proposed", by=by, on=found, remedy=remedy, reason=reason, resolution=made.public_id)
    return made


def check_can_confirm(resolution: Resolution, *, by: User) -> None:
    """Raises CannotResolve."""
    if resolution.verdict != ResolutionVerdict.WAITING:
        raise CannotResolve(f"It is decided already: {resolution.get_verdict_display().lower()}.")
    if resolution.proposed_by_id == by.pk:
        raise CannotResolve("You proposed it, so a second person has to carry it out.")


@transaction.atomic
def confirm(*, resolution: Resolution, by: User) -> Render:
    """Carry the proposal out. Raises CannotResolve."""
    found, attempt = _open(resolution.render)
    locked = Resolution.objects.select_for_update().get(pk=resolution.pk)
    check_can_confirm(locked, by=by)
    if locked.attempt_id != attempt.pk:
        raise CannotResolve("Another request was sent since, so this proposal is about something else.")
    _carry_out(locked, found, attempt, by)
    _decide(locked, ResolutionVerdict.CONFIRMED, by)
    audit.record("doubt.resolved", by=by, on=found, remedy=locked.remedy, resolution=locked.public_id)
    return found


@transaction.atomic
def refuse(*, resolution: Resolution, by: User) -> None:
    """The proposal is not carried out; whoever made it may take it back so. Raises CannotResolve."""
    locked = Resolution.objects.select_for_update().get(pk=resolution.pk)
    if locked.verdict != ResolutionVerdict.WAITING:
        raise CannotResolve(f"It is decided already: {locked.get_verdict_display().lower()}.")
    _decide(locked, ResolutionVerdict.REFUSED, by)
    audit.record("doubt.proposal_refused", by=by, on=locked.render, resolution=locked.public_id)


def _decide(resolution: Resolution, verdict: ResolutionVerdict, by: User) -> None:
    resolution.verdict, resolution.decided_by, resolution.decided_at = verdict, by, timezone.now()
    resolution.save(update_fields=["verdict", "decided_by", "decided_at"])


def _carry_out(resolution: Resolution, render: Render, attempt: Attempt, by: User) -> None:
    match Remedy(resolution.remedy):
        case Remedy.ADOPT:
            _adopt(render, attempt, resolution.video_id, by)
        case Remedy.ABSENT:
            replace(render, attempt, who=Who.STAFF, by=by, note="two people declared that it never arrived")
            ring(tasks.submit, str(render.org_id), str(render.pk))
        case end:
            _write_off(render, attempt, is_paid=end == Remedy.PAID, by=by)


def _adopt(render: Render, attempt: Attempt, video_id: str, by: User) -> None:
    attempt.status, attempt.provider_video_id = AttemptStatus.BOUND, video_id
    try:
        with transaction.atomic():
            attempt.save(update_fields=["status", "provider_video_id"])
            move(render, State.RENDERING, who=Who.STAFF, by=by, note="its id was adopted", failure_class="")
    except IntegrityError as error:
        raise CannotResolve(
            "This video belongs to another take already: an id has one owner. Compare the ids again."
        ) from error
    except NoFreeSlot as error:
        raise CannotResolve(
            f"{render.account.name} has no free slot at the moment. Nothing is lost: try again in a minute."
        ) from error
    ring(tasks.poll, str(render.org_id), str(render.pk))


def _write_off(render: Render, attempt: Attempt, *, is_paid: bool, by: User) -> None:
    attempt.status = AttemptStatus.FAILED
    attempt.save(update_fields=["status"])
    ledger.settle(attempt, cost_microusd=attempt.reserved_microusd if is_paid else 0)
    note = f"written off by two people, {_ENDS[Remedy.PAID if is_paid else Remedy.UNPAID]}"
    move(render, State.LOST, who=Who.STAFF, by=by, note=note, failure_class=FailureClass.PROVIDER_LOST)
