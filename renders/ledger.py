"""Money: reserve before spend, settle or release once, never twice.

Budgets bind by conditional UPDATE, one per level in a fixed order, so that no two reservations can pass a
limit together. Each ledger transaction has a key that is unique, which makes it happen once through any crash.
"""

from datetime import date
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, Sum

from renders.models import Attempt, Book, Budget, BudgetPeriod, LedgerEntry, Level, Period, Project, Render
from renders.pricing import dollars, today
from tenants.errors import Refused
from tenants.scope import require_org

EPOCH = date(1970, 1, 1)


class BudgetExceeded(Refused):
    """A limit would be passed. Nothing was set aside."""


class NoBudget(BudgetExceeded):
    """Nobody has set one yet."""


def period_start(period: str, day: date) -> date:
    """First day of the period that holds `day`; the epoch for a total."""
    return day.replace(day=1) if period == Period.MONTH else EPOCH


def budgets_for(render: Render) -> list[Budget]:
    """The budgets that bind a render: see budgets_of."""
    return budgets_of(render.brief.project)


def budgets_of(project: Project) -> list[Budget]:
    """The budgets that bind what is spent on a project, agency first. The agency's own must exist. Raises NoBudget."""
    mine = Q(level=Level.AGENCY) | Q(client_id=project.client_id) | Q(project_id=project.pk)
    budgets = list(Budget.objects.in_force().filter(mine).order_by("level", "period", "pk"))
    if not budgets or budgets[0].level != Level.AGENCY:
        raise NoBudget("This agency has no budget yet. An owner or finance sets one under Spend.")
    return budgets


def lock_budgets(*, alone: bool) -> None:
    """Until commit: reservations share the lock and run side by side; whoever adds or removes one holds it alone."""
    how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(hashtextextended(%s, 7))", [f"budgets:{require_org()}"])


def room_for(project: Project) -> int | None:
    """How much the tightest budget that binds the project still has, in micro-dollars; None while there is no budget."""
    try:
        budgets = budgets_of(project)
    except NoBudget:
        return None
    day = today()
    starts = {budget.pk: period_start(budget.period, day) for budget in budgets}
    periods = BudgetPeriod.objects.filter(budget__in=budgets, starts_on__in=set(starts.values()))
    used = {p.budget_id: p.used_microusd for p in periods if p.starts_on == starts[p.budget_id]}
    return min(budget.limit_microusd - used.get(budget.pk, 0) for budget in budgets)


def _period(budget: Budget, day: date) -> BudgetPeriod:
    starts_on = period_start(budget.period, day)
    BudgetPeriod.objects.bulk_create(
        [BudgetPeriod(budget=budget, starts_on=starts_on)], ignore_conflicts=True
    )
    return BudgetPeriod.objects.get(budget=budget, starts_on=starts_on)


def _take(budget: Budget, amount: int, day: date) -> BudgetPeriod:
    """Set money aside under one budget, or raise BudgetExceeded: one conditional UPDATE decides."""
    period = _period(budget, day)
    # Columns of this one row only: a condition that reached into another table would become a sub-select, which a
    # waiter does not read again after whoever was before it has committed. The limit stands still under the lock.
    room = BudgetPeriod.objects.filter(
        pk=period.pk, reserved_microusd__lte=budget.limit_microusd - amount - F("posted_microusd")
    )
    if not room.update(reserved_microusd=F("reserved_microusd") + amount):
        period.refresh_from_db()
        left = max(0, budget.limit_microusd - period.used_microusd)
        raise BudgetExceeded(
            f"This costs {dollars(amount)}, and {dollars(left)} is left of the {budget.get_level_display().lower()}’s "
            f"{dollars(budget.limit_microusd)} {budget.get_period_display()}. "
            "An owner or finance can raise the budget under Spend; nothing you typed is lost."
        )
    return period


def _post(kind: str, attempt: Attempt, moves: dict[Book, int]) -> bool:
    """Write one balanced transaction; False when it was written before."""
    key = f"{kind}:{attempt.public_id}"
    entries = [
        LedgerEntry(key=key, book=book, amount_microusd=amount, render_id=attempt.render_id, attempt=attempt)
        for book, amount in moves.items()
        if amount
    ]
    try:
        with transaction.atomic():
            LedgerEntry.objects.bulk_create(entries)
    except IntegrityError:
        return False
    return True


def open_period(budget: Budget, day: date) -> None:
    """The period of a budget that is new on `day`, holding what was spent and set aside in it before.

    The caller holds `lock_budgets(alone=True)`. Open attempts are locked and told of the period, so that
    settling them gives it back exactly what it was opened with.
    """
    attempts = Attempt.objects.all()
    if budget.project_id:
        attempts = attempts.filter(render__brief__project_id=budget.project_id)
    elif budget.client_id:
        attempts = attempts.filter(render__brief__project__client_id=budget.client_id)
    if budget.period == Period.MONTH:
        attempts = attempts.filter(reserved_on__gte=period_start(budget.period, day))
    if not attempts.exists():
        return
    period = _period(budget, day)
    held = attempts.filter(settled_microusd=None).exclude(budget_periods=[])
    told: dict[UUID, int] = {}
    # Read again after the locks: an attempt that was replaced while its lock was waited for has a successor.
    while found := list(held.exclude(pk__in=told).values_list("pk", flat=True)):
        locked = held.filter(pk__in=found).select_for_update(of=("self",))
        for attempt in locked.order_by("pk"):
            attempt.budget_periods = [*attempt.budget_periods, period.pk]
            attempt.save(update_fields=["budget_periods"])
            told[attempt.pk] = attempt.reserved_microusd
    # Read after the locks, so that an attempt that settled while they were waited for is counted here.
    period.posted_microusd = attempts.aggregate(sum=Sum("settled_microusd"))["sum"] or 0
    period.reserved_microusd = sum(told.values())
    period.save(update_fields=["posted_microusd", "reserved_microusd"])


@transaction.atomic
def reserve(attempt: Attempt) -> None:
    """Set the attempt's price aside under every budget that binds it. Raises BudgetExceeded."""
    lock_budgets(alone=False)
    periods = [
        _take(budget, attempt.reserved_microusd, attempt.reserved_on)
        for budget in budgets_for(attempt.render)
    ]
    # Remembered, because a budget that is added later must not be given back what it never held.
    attempt.budget_periods = [period.pk for period in periods]
    attempt.save(update_fields=["budget_periods"])
    _post(
        "reserve",
        attempt,
        {Book.AVAILABLE: -attempt.reserved_microusd, Book.RESERVED: attempt.reserved_microusd},
    )


@transaction.atomic
def settle(attempt: Attempt, *, cost_microusd: int) -> bool:
    """Turn the reservation into what was really charged; 0 releases it. False when it was settled before.

    Cost above the reservation is booked in full: a charge that happened is never hidden.
    """
    claimed = Attempt.objects.filter(pk=attempt.pk, settled_microusd=None).update(
        settled_microusd=cost_microusd
    )
    if not claimed:
        return False
    attempt.settled_microusd = cost_microusd
    # A budget that was added meanwhile has joined the list; the row is locked now, so this is the last word.
    attempt.refresh_from_db(fields=["budget_periods"])
    reserved = attempt.reserved_microusd
    held = BudgetPeriod.objects.filter(pk__in=attempt.budget_periods)
    # Row by row in the order in which reservations take them, or two of them could wait for each other.
    in_order = held.order_by("budget__level", "budget__period", "budget_id")
    list(in_order.select_for_update(of=("self",)).values_list("pk"))
    held.update(
        reserved_microusd=F("reserved_microusd") - reserved,
        posted_microusd=F("posted_microusd") + cost_microusd,
    )
    moves = {Book.RESERVED: -reserved, Book.SPENT: cost_microusd, Book.AVAILABLE: reserved - cost_microusd}
    return _post("settle" if cost_microusd else "release", attempt, moves)


def release(attempt: Attempt) -> bool:
    """Give the reservation back. False when it was settled before."""
    return settle(attempt, cost_microusd=0)


@transaction.atomic
def carry_over(old: Attempt, new: Attempt) -> None:
    """Move a reservation to the attempt that replaces one proved never accepted. No budget is asked again.

    It takes no lock of budgets: its caller may hold the old attempt's row, which whoever adds a budget waits for.
    """
    if not Attempt.objects.filter(pk=old.pk, settled_microusd=None).update(settled_microusd=0):
        return
    old.settled_microusd = 0
    old.refresh_from_db(fields=["budget_periods"])
    new.budget_periods = old.budget_periods
    new.save(update_fields=["budget_periods"])
    amount = old.reserved_microusd
    _post("release", old, {Book.RESERVED: -amount, Book.AVAILABLE: amount})
    _post("reserve", new, {Book.AVAILABLE: -amount, Book.RESERVED: amount})


def current_month() -> date:
    """First day of this month, UTC."""
    return period_start(Period.MONTH, today())
