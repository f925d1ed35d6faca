"""What staff do with refusals: take them on, decide, suggest a wording, undo. They see, and never spend."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from renders.actions.words import reason_of
from renders.models import Brief, CaseState, PolicyCase, PolicyMove, Suggestion
from renders.models.policy import MAX_WORDS
from renders.preflight import preflight
from renders.prompts import SENT_FIELDS
from tenants import audit
from tenants.errors import Refused
from tenants.models import User

_MOST = 4000  # characters of one field of a brief


class CaseMoved(Refused):
    """Somebody else was quicker, or there is nothing to do."""


class BadWording(Refused):
    """The suggested wording does not help."""


def _locked(case: PolicyCase) -> PolicyCase:
    rows = PolicyCase.objects.select_for_update(of=("self",)).select_related("brief__project")
    return rows.get(pk=case.pk)


def _move(case: PolicyCase, target: CaseState, *, by: User, note: str = "", is_undo: bool = False) -> None:
    """Write the step and the new state together."""
    PolicyMove.objects.create(
        case=case,
        source=case.state,
        target=target,
        was_assigned_to=case.assigned_to,
        by=by,
        note=note,
        is_undo=is_undo,
    )
    case.state = target
    case.save()


def _decide(case: PolicyCase, target: CaseState, answer: str, by: User) -> PolicyCase:
    found = _locked(case)
    if found.is_resolved:
        who = found.decided_by if found.decided_by_id != by.pk else "you"
        raise CaseMoved(f"{who} decided this case: {found.get_state_display().lower()}. Undo that first.")
    found.answer, found.decided_by, found.decided_at = answer, by, timezone.now()
    _move(found, target, by=by, note=answer)
    audit.record(f"policy_case.{target}", by=by, on=found, rule=found.rule_key)
    return found


def lift_case(*, case: PolicyCase, answer: str, by: User) -> None:
    """Close it, whatever was decided before: an appeal was won, and there is nothing left to do."""
    found = _locked(case)
    found.answer, found.decided_by, found.decided_at = answer, by, timezone.now()
    _move(found, CaseState.LIFTED, by=by, note=answer)


@transaction.atomic
def assign_case(*, case: PolicyCase, by: User) -> None:
    """Take a case on. Raises CaseMoved when it is decided."""
    found = _locked(case)
    if found.is_resolved:
        raise CaseMoved("This case is decided. Undo the decision to take it on.")
    if found.assigned_to_id == by.pk:
        return
    PolicyMove.objects.create(
        case=found,
        source=found.state,
        target=CaseState.ASSIGNED,
        was_assigned_to=found.assigned_to,
        by=by,
    )
    found.state, found.assigned_to = CaseState.ASSIGNED, by
    found.save()
    audit.record("policy_case.assigned", by=by, on=found)


@transaction.atomic
def dismiss_case(*, case: PolicyCase, answer: str, by: User) -> None:
    """The refusal is right and speaks for itself. Raises CaseMoved, ReasonMissing."""
    answer = " ".join(answer.split())[:MAX_WORDS] or "The refusal stands."
    _decide(case, CaseState.DISMISSED, answer, by)


@transaction.atomic
def escalate_case(*, case: PolicyCase, answer: str, by: User) -> None:
    """Somebody with more say has to look. Raises CaseMoved, ReasonMissing."""
    ask = "Say what has to be decided, and by whom: the next person reads only this."
    _decide(case, CaseState.ESCALATED, reason_of(answer, ask=ask, most=MAX_WORDS), by)


@transaction.atomic
def suggest_wording(*, case: PolicyCase, texts: dict[str, str], answer: str, by: User) -> Suggestion:
    """Offer the team another wording; `texts` by field. Nothing is rendered by it. Raises CaseMoved, BadWording."""
    brief = case.brief
    changed = {
        name: text.strip()
        for name, text in texts.items()
        if name in SENT_FIELDS and text.strip() != (getattr(brief, name) or "").strip()
    }
    if not changed:
        raise BadWording("This is the brief’s own wording. Change what the refusal is about.")
    if any(len(text) > _MOST for text in changed.values()):
        raise BadWording(f"A field takes {_MOST:,} characters.")
    whole = {name: changed.get(name, getattr(brief, name) or "") for name in SENT_FIELDS}
    found = preflight(whole, client_id=brief.project.client_id)
    if not found.has_passed:
        hit = found.findings.hits[0]
        raise BadWording(f"“{hit.phrase}” would be refused as well: {hit.rule.why}")
    _decide(case, CaseState.REWRITTEN, " ".join(answer.split())[:MAX_WORDS], by)
    return Suggestion.objects.create(
        case=case, brief=brief, texts=changed, note=" ".join(answer.split())[:MAX_WORDS], made_by=by
    )


@transaction.atomic
def undo_case(*, case: PolicyCase, by: User) -> None:
    """Take the last step back. A wording that the team has taken stays taken. Raises CaseMoved."""
    found = _locked(case)
    last: PolicyMove | None = found.moves.order_by("-happened_at", "-pk").first()
    if last is None or last.is_undo or last.by_id is None:
        raise CaseMoved("There is nothing to undo.")
    if found.appeals.exclude(verdict="waiting").exists():
        raise CaseMoved("An appeal was decided on this case, so its decision stays.")
    if last.target == CaseState.REWRITTEN:
        found.suggestions.filter(taken_at=None, withdrawn_at=None).update(withdrawn_at=Now())
    found.decided_by, found.decided_at, found.answer = None, None, ""
    found.assigned_to = last.was_assigned_to
    target = CaseState.ASSIGNED if found.assigned_to else CaseState.OPEN
    _move(found, target, by=by, is_undo=True)
    audit.record("policy_case.undone", by=by, on=found)


@transaction.atomic
def take_suggestion(*, suggestion: Suggestion, by: User) -> Brief:
    """Put the suggested wording into the draft. Nothing is rendered until it is submitted. Raises CaseMoved."""
    found: Any = Suggestion.objects.select_for_update(of=("self",)).get(pk=suggestion.pk)
    if found.withdrawn_at is not None:
        raise CaseMoved("This wording was withdrawn. Look at the case again.")
    brief: Brief = Brief.objects.select_for_update(of=("self",)).get(pk=found.brief_id)
    for name, text in found.texts.items():
        setattr(brief, name, text)
    brief.save()
    if found.taken_at is None:
        found.taken_by, found.taken_at = by, timezone.now()
        found.save(update_fields=["taken_by", "taken_at"])
    audit.record("policy_case.wording_taken", by=by, on=brief, case=found.case_id)
    return brief
