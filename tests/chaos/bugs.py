"""Two mistakes that a careful person could make, to prove that the checks here would notice them."""

from pathlib import Path

from renders.models import Attempt, BudgetPeriod, LedgerEntry
from renders.steps import poll, reconcile
from tenants.scope import org_transaction

BLIND_RETRY = "blind retry of a create"
DOUBLE_SETTLE = "settle without a key"


def chosen(data_dir: Path) -> Path:
    """The file that names the mistake, for workers that start from now on."""
    return data_dir / "chaos" / "bug"


def plant(data_dir: Path) -> None:
    """Make the chosen mistake, in this process."""
    path = chosen(data_dir)
    name = path.read_text() if path.exists() else ""
    if name == BLIND_RETRY:
        reconcile._matches = lambda *_args: reconcile.Scan([], is_whole=True)
        reconcile._absent = lambda render, attempt, _at: reconcile._replace(render, attempt)
    elif name == DOUBLE_SETTLE:
        _settle_early()


def _settle_early() -> None:
    """Book the cost as soon as the provider says completed, in a transaction of its own, with a fresh key."""
    really_ask = poll._ask

    def ask(render, attempt):
        outcome = really_ask(render, attempt)
        if getattr(outcome, "status", None) is poll.Status.COMPLETED:
            with org_transaction(render.org_id):
                _book(attempt, f"settle:{attempt.public_id}:{render.version}")
        return outcome

    poll._ask = ask
    poll.ledger.settle = lambda *_args, **_kwargs: True


def _book(attempt: Attempt, key: str) -> None:
    cost = attempt.reserved_microusd
    for book, amount in (("reserved", -cost), ("spent", cost)):
        LedgerEntry.objects.create(
            key=key, book=book, amount_microusd=amount, render_id=attempt.render_id, attempt=attempt
        )
    Attempt.objects.filter(pk=attempt.pk).update(settled_microusd=cost)
    for period in BudgetPeriod.objects.filter(pk__in=attempt.budget_periods):
        period.reserved_microusd -= cost
        period.posted_microusd += cost
        period.save()
