"""Set what may be spent."""

from django.db import transaction
from django.db.models.functions import Now

from renders import ledger
from renders.models import Budget, Level, Period, Project
from renders.pricing import today
from tenants import audit
from tenants.errors import Refused
from tenants.models import Client, User


class AgencyBudgetStays(Refused):
    """The agency's own budget is what everything is reserved under."""


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
    budget, created = Budget.objects.in_force().update_or_create(
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


@transaction.atomic
def remove_budget(*, budget: Budget, by: User) -> bool:
    """End the limit of a client or a project; False when it was removed before. Raises AgencyBudgetStays.

    Its periods stay, so that what is reserved under them is settled as it would have been. Setting it again
    begins another one, with what was spent meanwhile.
    """
    if budget.level == Level.AGENCY:
        raise AgencyBudgetStays(
            "The agency’s own budget cannot be removed: nothing is rendered without it. Set it to 0 to stop new takes."
        )
    # A reservation that has read this budget ends first; the next one does not see it.
    ledger.lock_budgets(alone=True)
    if not Budget.objects.in_force().filter(pk=budget.pk).update(removed_at=Now()):
        return False
    audit.record("budget.removed", by=by, on=budget, limit_microusd=budget.limit_microusd)
    return True
