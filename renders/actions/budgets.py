"""Set what may be spent."""

from django.db import transaction

from renders import ledger
from renders.models import Budget, Level, Period, Project
from renders.pricing import today
from tenants import audit
from tenants.models import Client, User


@transaction.atomic
def set_budget(
    *,
    limit_microusd: int,
    by: User,
    client: Client | None = None,
    project: Project | None = None,
    period: str = Period.MONTH,
) -> Budget:
    """The limit of the agency, of one client or of one project, per month or in total.

    A new one starts with what its period has spent and set aside already. Lowering one below what is used
    stops new renders, not those under way.
    """
    ledger.lock_budgets(alone=True)
    level = Level.PROJECT if project else Level.CLIENT if client else Level.AGENCY
    budget, created = Budget.objects.update_or_create(
        level=level,
        client=client,
        project=project,
        period=period,
        defaults={"limit_microusd": limit_microusd},
    )
    if created:
        ledger.open_period(budget, today())
    audit.record("budget.set", by=by, on=budget, limit_microusd=limit_microusd)
    return budget


def set_agency_budget(*, limit_microusd: int, by: User) -> Budget:
    """The agency's limit per month."""
    return set_budget(limit_microusd=limit_microusd, by=by)
