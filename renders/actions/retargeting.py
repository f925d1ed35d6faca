"""Move takes that were not sent to another provider account, at that account's price."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from renders import casting, ledger, pictures, pricing, tasks
from renders.models import Attempt, AttemptStatus, ProviderAccount, Render, RenderEvent
from renders.moves import announce
from renders.retarget import judge
from renders.states import State, Who
from tenants import audit
from tenants.audit import actor_ref
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring

MOST = 500  # takes of one agency at a time


class CannotRetarget(Refused):
    """This take stays where it is; the text says why."""


@dataclass
class Moved:
    """What one round did: takes that went, and why each of the others did not."""

    count: int = 0
    left: dict[str, int] = field(default_factory=dict)


def retarget_waiting(*, source: ProviderAccount, target: ProviderAccount, reason: str, by: User) -> Moved:
    """Move what waits for `source` in the agency in scope, take by take; what does not fit stays as it is.

    A take goes only when model, size and length stay the same. Its reservation is given back and set aside anew at the
    other price, in one transaction with the move. Raises CannotRetarget when the accounts cannot be used for that.
    """
    check_target(source, target)
    moved, reason = Moved(), " ".join(reason.split())[:300]
    if not reason:
        raise CannotRetarget("Say why: each agency finds the reason in its audit trail.")
    waiting = Render.objects.filter(
        account=source, state__in=[State.QUEUED, State.HELD, State.AWAITING_APPROVAL]
    )
    for pk in waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:MOST]:
        try:
            with transaction.atomic():
                _retarget(pk, source, target, reason, by)
            moved.count += 1
        except Refused as refusal:
            moved.left[str(refusal)] = moved.left.get(str(refusal), 0) + 1
    return moved


def check_target(source: ProviderAccount, target: ProviderAccount) -> None:
    """Raises CannotRetarget."""
    if source.pk == target.pk:
        raise CannotRetarget("Choose another account than the one they wait for.")
    if not target.is_active or not target.has_key:
        raise CannotRetarget(f"{target.name} is switched off or has no key.")
    if target.has_ended:
        raise CannotRetarget(f"{target.name} has ended itself.")


def _retarget(pk: object, source: ProviderAccount, target: ProviderAccount, reason: str, by: User) -> None:
    # No lock waits here: a worker that has the row is sending it, and then it stays.
    rows = Render.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "brief__project", "brief_version"
    )
    render = rows.filter(
        pk=pk, account=source, state__in=[State.QUEUED, State.HELD, State.AWAITING_APPROVAL]
    ).first()
    if render is None:
        raise CannotRetarget("It is being sent, or was withdrawn.")
    if render.state == State.AWAITING_APPROVAL:
        raise CannotRetarget("It waits for an approval of its price. Decide that first.")
    verdict = judge(target, kind=render.kind, model=render.model, size=render.size, seconds=render.seconds)
    if not verdict.is_same:
        raise CannotRetarget(" ".join([*verdict.missing, *(f"It would need {c}." for c in verdict.changes)]))
    casting.check_cast(casting.of_version(render.brief_version), target)
    pictures.check(render.brief_version.picture, size=render.size, account=target)
    quote = pricing.quote(
        target, model=render.model, size=render.size, seconds=render.seconds, mode=render.mode
    )
    if render.order_id is not None and quote.microusd > render.quoted_microusd:
        raise CannotRetarget("It costs more there than what was approved. Withdraw it and submit it again.")
    was = render.quoted_microusd
    _reserve_anew(render, target, quote)
    _write(render, target, quote, by, f"moved from {source.name} to {target.name}: {reason}")
    audit.record(
        "render.retargeted",
        by=by,
        on=render,
        from_account=source.slug,
        to_account=target.slug,
        was_microusd=was,
        price_microusd=quote.microusd,
        reason=reason,
    )


def _reserve_anew(render: Render, target: ProviderAccount, quote: pricing.Quote) -> None:
    """Give the old reservation back and set the new price aside. Raises ledger.BudgetExceeded, CannotRetarget."""
    attempt = render.attempts.latest("number")
    if attempt.status != AttemptStatus.RESERVED:
        raise CannotRetarget("It is being sent.")
    attempt.status = AttemptStatus.WITHDRAWN
    attempt.save(update_fields=["status"])
    ledger.release(attempt)
    new = Attempt.objects.create(
        render=render,
        number=attempt.number + 1,
        account=target,
        reserved_microusd=quote.microusd,
        reserved_on=pricing.today(),
    )
    ledger.reserve(new)


def _write(render: Render, target: ProviderAccount, quote: pricing.Quote, by: User, note: str) -> None:
    as_it_was = {"pk": render.pk, "version": render.version, "state": render.state}
    render.account, render.version = target, render.version + 1
    fields = {
        "account": target,
        "price_row": quote.row,
        "microusd_per_second": quote.row.microusd_per_second,
        "quoted_microusd": quote.microusd,
        "version": F("version") + 1,
        "moderated_at": None,
        "delayed_until_at": None,
        "failure_class": "",
        "retry_count": 0,
    }
    if render.state == State.QUEUED:
        fields["next_action_at"] = Now()
    if not Render.objects.filter(**as_it_was).update(**fields):
        raise CannotRetarget("It is being sent.")
    RenderEvent.objects.create(
        render=render,
        version=render.version,
        source=render.state,
        target=render.state,
        who=Who.STAFF,
        actor=actor_ref(by),
        note=note[:300],
    )
    announce(render, State(render.state))
    if render.state == State.QUEUED:
        ring(tasks.submit, str(render.org_id), str(render.pk))
