"""Set what may be spent."""

from django.db import transaction

from renders.models import Budget, Level, Period
from tenants import audit
from tenants.models import User


@transaction.atomic
def set_agency_budget(*, limit_microusd: int, by: User) -> Budget:
    """The agency's limit per month. Lowering it below what is used stops new renders, not those under way."""
    budget, _created = Budget.objects.update_or_create(
        level=Level.AGENCY,
        client=None,
        project=None,
        period=Period.MONTH,
        defaults={"limit_microusd": limit_microusd},
    )
    audit.record("budget.set", by=by, on=budget, limit_microusd=limit_microusd)
    return budget
