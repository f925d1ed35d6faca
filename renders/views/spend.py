"""What was spent, what is set aside, and the limit."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions.budgets import set_agency_budget
from renders.forms import BudgetForm
from renders.ledger import current_month
from renders.models import Budget, BudgetPeriod, LedgerEntry, Level
from renders.pricing import MICROUSD
from tenants.access import AgencyRequest, requires
from tenants.paging import keyset_page


def _page(request: AgencyRequest, form: BudgetForm | None = None, status: int = 200) -> HttpResponseBase:
    month = current_month()
    periods = BudgetPeriod.objects.filter(budget__level=Level.AGENCY, starts_on=month).select_related(
        "budget"
    )
    period = periods.first()
    budget = Budget.objects.filter(level=Level.AGENCY).first()
    lines = LedgerEntry.objects.select_related("render__brief", "attempt").exclude(book="available")
    limit = budget.limit_microusd if budget else None
    initial = {"limit": Decimal(limit) / MICROUSD} if limit is not None else {}
    page = keyset_page(lines, request.GET.get("before", ""), field="posted_at")
    context = {
        "budget": budget,
        "posted": period.posted_microusd if period else 0,
        "reserved": period.reserved_microusd if period else 0,
        "used": period.used_microusd if period else 0,
        "month": month,
        "page": page,
        **page.links(),
        "form": form or BudgetForm(initial=initial),
    }
    return TemplateResponse(request, "renders/spend.html", context, status=status)


@requires("spend.view")
@require_safe
def spend(request: AgencyRequest) -> HttpResponseBase:
    """This month against the limit, and the ledger's lines."""
    return _page(request)


@requires("budgets.manage")
@require_POST
def set_budget(request: AgencyRequest) -> HttpResponseBase:
    """Set the agency's limit per month."""
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_agency_budget(limit_microusd=form.microusd(), by=request.user)
    messages.success(request, "The budget is set. It binds from the next submit on.")
    return redirect("renders:spend", request.agency.slug)
