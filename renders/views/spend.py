"""What was spent, what is set aside, and the limit."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions.budgets import set_budget as set_limit
from renders.forms import BudgetForm
from renders.ledger import EPOCH, current_month
from renders.models import Budget, BudgetPeriod, LedgerEntry, Level, Period
from renders.pricing import MICROUSD
from tenants.access import AgencyRequest, requires
from tenants.paging import keyset_page


def _budgets(month: date) -> list[dict[str, Any]]:
    """Each budget with what its running period has used, in micro-dollars."""
    running = BudgetPeriod.objects.filter(starts_on__in=[month, EPOCH])
    used = {(row.budget_id, row.starts_on): row for row in running}
    rows = []
    for budget in Budget.objects.select_related("client", "project__client").order_by("level", "pk"):
        period = used.get((budget.pk, month if budget.period == Period.MONTH else EPOCH))
        spent = period.used_microusd if period else 0
        left = budget.limit_microusd - spent
        rows.append({"budget": budget, "used": spent, "left": max(0, left), "over": max(0, -left)})
    return rows


def _page(request: AgencyRequest, form: BudgetForm | None = None, status: int = 200) -> HttpResponseBase:
    month = current_month()
    periods = BudgetPeriod.objects.filter(
        budget__level=Level.AGENCY, budget__period=Period.MONTH, starts_on=month
    ).select_related("budget")
    period = periods.first()
    budget = Budget.objects.filter(level=Level.AGENCY, period=Period.MONTH).first()
    lines = LedgerEntry.objects.select_related("render__brief", "attempt").exclude(book="available")
    limit = budget.limit_microusd if budget else None
    initial = {"limit": Decimal(limit) / MICROUSD} if limit is not None else {}
    page = keyset_page(lines, request.GET.get("before", ""), field="posted_at")
    context = {
        "budget": budget,
        "budgets": _budgets(month),
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
    """Set the limit of the agency, a client or a project."""
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_limit(limit_microusd=form.microusd(), by=request.user, **form.choice())
    messages.success(request, "The budget is set. It binds from the next submit on.")
    return redirect("renders:spend", request.agency.slug)
