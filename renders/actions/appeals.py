"""Appeals: the team objects, a second person decides, and what was won holds for exactly that text."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from renders.actions.cases import lift_case
from renders.actions.words import reason_of
from renders.models import Allowance, Appeal, AppealVerdict, PolicyCase, PolicyEvent
from renders.models.policy import MAX_WORDS
from tenants import audit
from tenants.errors import Refused
from tenants.models import User


class CannotAppeal(Refused):
    """There is an appeal already, or nothing to appeal against."""


class CannotDecideAppeal(Refused):
    """This person must not decide, or it is decided."""


def latest_event(case: PolicyCase) -> PolicyEvent | None:
    """The refusal that an appeal would be about. One query."""
    return case.events.order_by("-happened_at", "-pk").first()


def check_can_appeal(event: PolicyEvent | None, appeals: Sequence[Appeal]) -> PolicyEvent:
    """The refusal, when it can be objected to. `appeals`: all of the case's. Raises CannotAppeal."""
    if event is None:
        raise CannotAppeal("There is no refusal to appeal against.")
    if any(appeal.verdict == AppealVerdict.WAITING for appeal in appeals):
        raise CannotAppeal("An appeal is waiting to be decided. You read the answer here.")
    if any(appeal.event_id == event.pk for appeal in appeals):
        raise CannotAppeal("This text was appealed for and decided. Change it, or use the suggested wording.")
    return event


@transaction.atomic
def make_appeal(*, case: PolicyCase, reason: str, by: User) -> Appeal:
    """Object to the latest refusal of a case. Raises CannotAppeal, ReasonMissing."""
    ask = "Say why the refusal is wrong: who decides knows only what you write here."
    reason = reason_of(reason, ask=ask, most=MAX_WORDS)
    event = check_can_appeal(latest_event(case), list(case.appeals.all()))
    try:
        with transaction.atomic():
            made: Appeal = Appeal.objects.create(case=case, event=event, reason=reason, made_by=by)
    except IntegrityError as error:
        raise CannotAppeal("An appeal is waiting to be decided. You read the answer here.") from error
    audit.record("appeal.made", by=by, on=made, case=case.public_id)
    return made


def check_can_decide(appeal: Appeal, by: User) -> None:
    """Raises CannotDecideAppeal: never who appealed, never who decided the case."""
    if appeal.verdict != AppealVerdict.WAITING:
        raise CannotDecideAppeal(f"{appeal.decided_by} decided it: {appeal.get_verdict_display().lower()}.")
    if appeal.made_by_id == by.pk:
        raise CannotDecideAppeal("You made this appeal. Somebody else has to decide it.")
    if by.pk in {appeal.case.decided_by_id, *_deciders(appeal.case)}:
        raise CannotDecideAppeal("You decided about this case. A second person has to decide the appeal.")


def _deciders(case: PolicyCase) -> set[int]:
    """Who decided the case at any time, undone or not."""
    targets = ("dismissed", "rewritten", "escalated")
    return set(
        case.moves.filter(target__in=targets, is_undo=False, by__isnull=False).values_list("by", flat=True)
    )


@transaction.atomic
def decide_appeal(*, appeal: Appeal, is_overturned: bool, answer: str, by: User) -> Appeal:
    """Uphold or overturn, with a reason that the team reads. Raises CannotDecideAppeal, ReasonMissing.

    Overturning lets exactly this text pass exactly these rules of ours. A provider's own refusal we cannot lift; the
    team reads that we think it was wrong, and what is done about it.
    """
    ask = "Say why: the team reads it, and whoever decides the next one like it."
    answer = reason_of(answer, ask=ask, most=MAX_WORDS)
    found: Appeal = (
        Appeal.objects.select_for_update(of=("self",)).select_related("case", "event").get(pk=appeal.pk)
    )
    check_can_decide(found, by)
    found.verdict = AppealVerdict.OVERTURNED if is_overturned else AppealVerdict.UPHELD
    found.case_decided_by = found.case.decided_by
    found.decided_by, found.decided_at, found.answer = by, timezone.now(), answer
    found.save()
    keys = rules_of(found.event) if is_overturned and found.case.is_ours else []
    Allowance.objects.bulk_create(
        [
            Allowance(appeal=found, text_sha256=found.event.text_sha256, rule_key=key, granted_by=by)
            for key in keys
        ],
        ignore_conflicts=True,
    )
    if keys:
        lift_case(case=found.case, answer=answer, by=by)
    audit.record(f"appeal.{found.verdict}", by=by, on=found, case=found.case.public_id, allowed=keys)
    return found


def rules_of(event: PolicyEvent) -> list[str]:
    """Every rule, or category of the safety check, that refused."""
    found = event.evidence.get("keys") or [hit["rule"] for hit in event.hits]
    return list(dict.fromkeys(found))
