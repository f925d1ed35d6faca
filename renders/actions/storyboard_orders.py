"""What storyboards and orders have to do with each other: the question whether all of it may be spent, and its answer."""

from django.db import transaction
from django.db.models.functions import Now

from renders import ledger, pricing, storyboards, tasks
from renders.models import Brief, Order, OrderVerdict, Storyboard
from renders.storyboard_states import Progress
from renders.storyboards import Plan
from tenants import audit
from tenants.models import User
from tenants.queue import ring


def lock(board: Storyboard) -> Storyboard:
    """The storyboard as it is now; nobody else moves it until the transaction ends."""
    rows = Storyboard.objects.select_for_update(of=("self",)).select_related(
        "brief__project", "brief__picture"
    )
    found: Storyboard = rows.get(pk=board.pk)
    return found


def check_room(plan: Plan) -> None:
    """Raises ledger.NoBudget, ledger.BudgetExceeded when the budgets cannot carry all that is to go.

    Nothing is set aside by this: each scene's price is when it is sent, so that a long plan does not keep others from
    working for hours. Whoever spends the rest meanwhile stops the storyboard at the scene that does not fit.
    """
    project = plan.board.brief.project
    ledger.budgets_of(project)
    room = ledger.room_for(project)
    if room is not None and room < plan.to_go_microusd:
        raise ledger.BudgetExceeded(
            f"What is to go costs {pricing.dollars(plan.to_go_microusd)}, and {pricing.dollars(max(0, room))} is left in "
            "the tightest budget. Plan fewer or shorter scenes, or ask an owner or finance to raise it under Spend. "
            "Nothing was started."
        )


def stop_if_changed(row: Storyboard, by: User) -> None:
    order = storyboards.order_of(row)
    plan = storyboards.look(row, storyboards.account_now())
    if row.state == Progress.AWAITING:
        if order is not None and order.digest != storyboards.plan_digest(plan):
            void(row, order, "The plan was changed.", by)
    elif not storyboards.covers(order, plan):
        note = "The plan was changed after it was agreed. Look at the price, then go on."
        storyboards.move(row, Progress.STOPPED, by=by, note=note)


def void(row: Storyboard, order: Order, note: str, by: User) -> None:
    order.verdict, order.note = OrderVerdict.VOID, note
    order.save(update_fields=["verdict", "note"])
    Order.objects.filter(pk=order.pk).update(decided_at=Now())
    storyboards.move(row, Progress.STOPPED, by=by, note=f"{note} Start it again.")
    audit.record("order.void", by=by, on=order, reason=note)


@transaction.atomic
def void_outdated(*, brief: Brief, by: User) -> int:
    """The brief was saved: a storyboard of it that waits for an approval of other words is asked anew; how many."""
    board = Storyboard.objects.filter(brief=brief, state=Progress.AWAITING).first()
    if board is None:
        return 0
    stop_if_changed(lock(board), by)
    return 1


def is_current(order: Order) -> bool:
    """Whether a storyboard still is what this order asks for, at the price of then. Locks the storyboard."""
    assert order.storyboard is not None
    plan = storyboards.look(lock(order.storyboard), storyboards.account_now())
    return not plan.problem and order.digest == storyboards.plan_digest(plan)


def after_verdict(order: Order, *, by: User) -> None:
    """An order of a storyboard was decided, in the caller's transaction: it begins, or stays stopped.

    Raises ledger.BudgetExceeded: then nothing is decided.
    """
    assert order.storyboard is not None
    row = lock(order.storyboard)
    if order.verdict != OrderVerdict.APPROVED:
        words = order.note if order.verdict == OrderVerdict.DECLINED else f"{order.note} Start it again."
        storyboards.move(row, Progress.STOPPED, by=by, note=words)
        return
    check_room(storyboards.look(row, storyboards.account_now()))
    storyboards.move(row, Progress.RUNNING, by=by, note="its price is approved")
    ring(tasks.storyboard, str(row.org_id), str(row.pk))
