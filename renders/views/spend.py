"""What was spent, what is set aside, and the limits."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renders import pricing, spending
from renders.actions.budgets import remove_budget as remove_limit
from renders.actions.budgets import set_budget as set_limit
from renders.forms import BudgetForm
from renders.ledger import EPOCH, current_month
from renders.models import Budget, BudgetPeriod, Level, Period, Project
from renders.pricing import MICROUSD
from tenants.access import AgencyRequest, requires
from tenants.models import Client, Membership
from tenants.paging import keyset_page

SHOWN_GROUPS = 100


def scope_of(request: AgencyRequest) -> tuple[spending.Scope, dict[str, str]]:
    """What the address asks for, and the parts of it that make sense."""
    month = spending.read_month(request.GET.get("month", ""))
    kept, found = {"month": f"{month:%Y-%m}"}, {}
    for group in spending.GROUPS:
        text = request.GET.get(group, "")
        value = spending.read_key(group, text) if text else None
        if value:
            found[group], kept[group] = value, text
    return spending.Scope(month=month, **found), kept


def _budgets(month: date) -> list[dict[str, Any]]:
    """Each budget with what the month has used of it, in micro-dollars, and where it is heading."""
    running = BudgetPeriod.objects.filter(starts_on__in=[month, EPOCH])
    used = {(row.budget_id, row.starts_on): row for row in running}
    is_now = month == current_month()
    shown = Budget.objects.in_force().select_related("client", "project__client")
    budgets = list(shown.order_by("level", "pk"))
    pace = spending.Paces(any(budget.period == Period.TOTAL for budget in budgets))
    rows = []
    for budget in budgets:
        is_monthly = budget.period == Period.MONTH
        period = used.get((budget.pk, month if is_monthly else EPOCH))
        spent = period.used_microusd if period else 0
        limit = budget.limit_microusd
        percent = spent * 100 // limit if limit else 100
        tone, words = spending.percent_words(percent)
        rows.append(
            {
                "budget": budget,
                "name": budget.target_name,
                "is_total": not is_monthly,
                "is_removable": budget.level != Level.AGENCY,
                "posted": period.posted_microusd if period else 0,
                "reserved": period.reserved_microusd if period else 0,
                "used": spent,
                "left": max(0, limit - spent),
                "over": max(0, spent - limit),
                "percent": percent,
                "tone": tone,
                "words": words,
                # A <meter> turns red above its "high" only, and has no place for a limit of nothing.
                "meter": {
                    "value": spent if limit else 1,
                    "max": limit or 1,
                    "warn": max(0, limit * 8 // 10 - 1),
                    "full": max(0, limit - 1),
                },
                "forecast": spending.Forecast(spent, limit, pricing.today())
                if is_now and is_monthly and spent
                else None,
                "pace": None if is_monthly else pace.of(budget, spent),
            }
        )
    return rows


def _name(group: str, scope: spending.Scope) -> str | None:
    """What a filter that is on is called; None when nothing of it is known."""
    if group == "model":
        return scope.model
    if group == "client":
        return Client.objects.filter(pk=scope.client).values_list("name", flat=True).first()
    if group == "project":
        found = Project.objects.select_related("client").filter(pk=scope.project).first()
        return f"{found.client.name} · {found.name}" if found else None
    member = Membership.objects.select_related("user").filter(user_id=scope.person).first()
    return member.user.display_name if member else None


def _chips(scope: spending.Scope, kept: dict[str, str]) -> list[dict[str, str]]:
    """The filters that are on, each with the address without it."""
    chips = []
    for group in spending.GROUPS:
        if group in kept:
            rest = {key: value for key, value in kept.items() if key != group}
            label = _name(group, scope) or _("nothing of that name")
            chips.append({"label": label, "url": "?" + urlencode(rest)})
    return chips


def _page(request: AgencyRequest, form: BudgetForm | None = None, status: int = 200) -> HttpResponseBase:
    scope, kept = scope_of(request)
    group = request.GET.get("by", "client")
    group = group if group in spending.GROUPS else "client"
    groups = spending.by(group, scope)
    budgets = _budgets(scope.month)
    agency = next((r for r in budgets if r["budget"].level == Level.AGENCY), None)
    limit = agency["budget"].limit_microusd if agency else None
    lines = scope.lines().select_related("render__brief", "attempt")
    page = keyset_page(lines, request.GET.get("before", ""), field="posted_at")
    labels = {"client": _("Clients"), "project": _("Projects"), "model": _("Models"), "person": _("People")}
    before, after = scope.month - timedelta(days=1), spending.next_month(scope.month)
    rest = {key: value for key, value in kept.items() if key != "month"}
    context = {
        "has_agency_budget": agency is not None,
        "budgets": budgets,
        "month": scope.month,
        "month_value": kept["month"],
        "rest": {**rest, "by": group},
        "earlier_url": "?" + urlencode({**kept, "by": group, "month": f"{before:%Y-%m}"}),
        "later_url": "?" + urlencode({**kept, "by": group, "month": f"{after:%Y-%m}"})
        if after <= current_month()
        else "",
        "sums": spending.total(groups),
        "groups": [
            {"sums": row, "url": "?" + urlencode({**kept, "by": group, group: row.key})}
            for row in groups[:SHOWN_GROUPS]
        ],
        "more_groups": max(0, len(groups) - SHOWN_GROUPS),
        "tabs": [
            {
                "label": label,
                "url": "?" + urlencode({**kept, "by": key}),
                "is_current": key == group,
            }
            for key, label in labels.items()
        ],
        "chips": _chips(scope, {**kept}),
        "csv_query": urlencode(kept),
        "page": page,
        **page.links(**kept, by=group),
        "prices_from": spending.oldest_price_check(),
        "form": form or BudgetForm(initial={"limit": Decimal(limit) / MICROUSD} if limit is not None else {}),
    }
    return TemplateResponse(request, "renders/spend.html", context, status=status)


@requires("spend.view")
@require_safe
def spend(request: AgencyRequest) -> HttpResponseBase:
    """A month against the limits, its charges by client, project, model and person, and the ledger's lines."""
    return _page(request)


@requires("budgets.manage")
@require_POST
def set_budget(request: AgencyRequest) -> HttpResponseBase:
    """Set the limit of the agency, a client or a project."""
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    budget = set_limit(limit_microusd=form.microusd(), by=request.user, **form.choice())
    start = current_month() if budget.period == Period.MONTH else EPOCH
    period = BudgetPeriod.objects.filter(budget=budget, starts_on=start).first()
    if period and period.used_microusd > budget.limit_microusd:
        used, limit = pricing.dollars(period.used_microusd), pricing.dollars(budget.limit_microusd)
        words = _("The budget is set to %(limit)s, below the %(used)s that is used already.")
        what = _("Takes under way end as they would; new ones are refused until there is room again.")
        messages.warning(request, f"{words % {'limit': limit, 'used': used}} {what}")
    else:
        messages.success(request, _("The budget is set. It binds from the next submit on."))
    return redirect("renders:spend", request.agency.slug)


@requires("budgets.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def remove_budget(request: AgencyRequest, budget: UUID) -> HttpResponseBase:
    """Ask, then end the limit of a client or a project. The agency's own has no such page."""
    rows = Budget.objects.exclude(level=Level.AGENCY).select_related("client", "project__client")
    row = get_object_or_404(rows, pk=budget)
    if request.method == "POST":
        if remove_limit(budget=row, by=request.user):
            messages.success(request, _("The budget is removed. The other budgets bind as before."))
        return redirect("renders:spend", request.agency.slug)
    if row.removed_at:
        return redirect("renders:spend", request.agency.slug)
    start = current_month() if row.period == Period.MONTH else EPOCH
    period = BudgetPeriod.objects.filter(budget=row, starts_on=start).first()
    return TemplateResponse(request, "renders/budget_remove.html", {"budget": row, "period": period})
