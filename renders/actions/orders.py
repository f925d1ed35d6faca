"""Approve what is to be spent, or not. Whoever asks does not answer; an edit, or another price, voids the question."""

from django.db import transaction
from django.utils import timezone

from renders import pricing, switch, tasks, versions
from renders.actions import storyboard_orders
from renders.models import ApprovalRule, Brief, Order, OrderVerdict, Project, Render, Storyboard
from renders.moves import move
from renders.placing import order_digest, reserve_first_attempt
from renders.states import State, Who
from renders.wishes import wish_of
from tenants import audit
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring

MAX_NOTE = 300


class CannotDecide(Refused):
    """The order is not decided; the text is the disabled button's reason."""


def check_can_decide(order: Order, *, by: User) -> None:
    """Raises CannotDecide."""
    if order.verdict != OrderVerdict.WAITING:
        raise CannotDecide(f"It is decided already: {order.get_verdict_display().lower()}.")
    if order.created_by_id == by.pk:
        raise CannotDecide("You asked for it, so somebody else has to approve it.")


@transaction.atomic
def approve_order(*, order: Order, shown_digest: str, by: User) -> Order:
    """Set the price of every take aside and queue them. `shown_digest`: what the approver saw.

    Raises CannotDecide, switch.GenerationStopped, ledger.BudgetExceeded. A price that is another one by now voids the
    order: the verdict of what is returned says so.
    """
    locked = lock(order)
    check_can_decide(locked, by=by)
    switch.refuse_when_stopped()
    if locked.storyboard_id is not None:
        return _approve_storyboard(locked, shown_digest, by)
    takes = _waiting_takes(locked)
    if shown_digest != locked.digest or _digest_now(locked, takes) != locked.digest:
        raise CannotDecide("What you saw is not what would be rendered. Look at it again.")
    if not all(_price_holds(take) for take in takes):
        return _void(locked, takes, note="The price has changed since it was asked for.", by=by)
    _decide(locked, OrderVerdict.APPROVED, by=by)
    for take in takes:
        reserve_first_attempt(take)
        move(take, State.QUEUED, who=Who.APPROVER, by=by, note="its price is approved")
        ring(tasks.submit, str(take.org_id), str(take.pk))
    audit.record(
        "order.approved", by=by, on=locked, total_microusd=locked.total_microusd, digest=locked.digest
    )
    return locked


def _approve_storyboard(order: Order, shown_digest: str, by: User) -> Order:
    """The total of all its scenes. Each price is set aside when its scene is sent."""
    if shown_digest != order.digest:
        raise CannotDecide("What you saw is not what would be rendered. Look at it again.")
    if not storyboard_orders.is_current(order):
        order.verdict, order.decided_at = OrderVerdict.VOID, timezone.now()
        order.note = "The plan or a price has changed since it was asked for."
        order.save(update_fields=["verdict", "decided_at", "note"])
        audit.record("order.void", by=by, on=order, reason=order.note)
    else:
        _decide(order, OrderVerdict.APPROVED, by=by)
        audit.record(
            "order.approved", by=by, on=order, total_microusd=order.total_microusd, digest=order.digest
        )
    storyboard_orders.after_verdict(order, by=by)
    return order


@transaction.atomic
def decline_order(*, order: Order, note: str, by: User) -> Order:
    """Nothing of it is rendered. Raises CannotDecide, also without a reason."""
    note = " ".join(note.split())
    if not note:
        raise CannotDecide("Say why, so that whoever asked knows what to change.")
    if len(note) > MAX_NOTE:
        raise CannotDecide(f"The reason has {len(note)} characters, and {MAX_NOTE} fit.")
    locked = lock(order)
    check_can_decide(locked, by=by)
    _decide(locked, OrderVerdict.DECLINED, by=by, note=note)
    for take in _waiting_takes(locked):
        move(take, State.DECLINED, who=Who.APPROVER, by=by, note=note)
    if locked.storyboard_id is not None:
        storyboard_orders.after_verdict(locked, by=by)
    audit.record("order.declined", by=by, on=locked, reason=note)
    return locked


@transaction.atomic
def void_outdated(*, brief: Brief, by: User) -> int:
    """The brief was saved: what waits for an approval of other words or settings is withdrawn; how many orders those were.

    What comes from another take has that take's words or words of its own, and nothing to do with the draft.
    """
    from_draft = Render.objects.filter(brief=brief, state=State.AWAITING_APPROVAL, parent=None)
    waiting = Order.objects.waiting().filter(pk__in=from_draft.values("order_id"))
    outdated = 0
    for order in waiting.select_for_update(of=("self",)).select_related("brief_version"):
        takes = _waiting_takes(order)
        if takes and not _is_of(brief, order, takes[0]):
            _void(order, takes, note="The brief was edited.", by=by)
            outdated += 1
    return outdated


def _is_of(brief: Brief, order: Order, take: Render) -> bool:
    """Whether the draft still says what was asked to be paid."""
    settings = (brief.model, brief.size, brief.seconds)
    return (
        settings == (take.model, take.size, take.seconds)
        and versions.draft_digest(brief) == order.brief_version.digest
    )


@transaction.atomic
def recount(order: Order) -> None:
    """One of its takes was withdrawn: what is asked now is about the rest, and a page that shows more is out of date."""
    locked = lock(order)
    if locked.verdict != OrderVerdict.WAITING:
        return
    takes = _waiting_takes(locked)
    if not takes:
        locked.verdict, locked.decided_at, locked.note = (
            OrderVerdict.VOID,
            timezone.now(),
            "It was withdrawn.",
        )
    else:
        locked.count, locked.total_microusd = len(takes), sum(take.quoted_microusd for take in takes)
        locked.digest = _digest_now(locked, takes)
    locked.save()


@transaction.atomic
def set_threshold(*, above_microusd: int | None, by: User, project: Project | None = None) -> None:
    """From which price on a second person approves, in the agency or in one project; None for never."""
    rule = ApprovalRule.objects.filter(project=project)
    if above_microusd is None:
        rule.delete()
    else:
        ApprovalRule.objects.update_or_create(project=project, defaults={"above_microusd": above_microusd})
    audit.record(
        "approval.threshold_set",
        by=by,
        above_microusd=above_microusd,
        project=project.public_id if project else None,
    )


def lock(order: Order) -> Order:
    """The order as it is now, locked until the transaction ends.

    Its storyboard's row comes first, as for whoever stops or changes the storyboard: each could wait for the other.
    """
    if order.storyboard_id is not None:
        Storyboard.objects.select_for_update().only("pk").get(pk=order.storyboard_id)
    found: Order = (
        Order.objects.select_for_update(of=("self",))
        .select_related("brief_version", "storyboard")
        .get(pk=order.pk)
    )
    return found


def _waiting_takes(order: Order) -> list[Render]:
    """Locked, after the order's row: whoever withdraws one takes the same locks in the same order."""
    rows = Render.objects.filter(order=order, state=State.AWAITING_APPROVAL).order_by("take")
    return list(rows.select_related("account", "brief__project", "parent").select_for_update(of=("self",)))


def _digest_now(order: Order, takes: list[Render]) -> str:
    """What the takes that still wait amount to; another one when somebody withdrew one of them."""
    if not takes:
        return ""
    total = sum(take.quoted_microusd for take in takes)
    return order_digest(order.brief_version, wish_of(takes[0]), count=len(takes), total_microusd=total)


def _price_holds(take: Render) -> bool:
    try:
        return pricing.quote_of(take).microusd == take.quoted_microusd
    except pricing.NoPrice:
        return False


def _decide(order: Order, verdict: OrderVerdict, *, by: User, note: str = "") -> None:
    order.verdict, order.decided_by, order.decided_at, order.note = verdict, by, timezone.now(), note
    order.save(update_fields=["verdict", "decided_by", "decided_at", "note"])


def _void(order: Order, takes: list[Render], *, note: str, by: User) -> Order:
    order.verdict, order.decided_at, order.note = OrderVerdict.VOID, timezone.now(), note
    order.save(update_fields=["verdict", "decided_at", "note"])
    for take in takes:
        move(take, State.CANCELLED, who=Who.AUTHOR, by=by, note=f"{note} Submit it again.")
    audit.record("order.void", by=by, on=order, reason=note)
    return order
