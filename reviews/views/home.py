"""The first page: what needs you."""

from typing import Any

from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from renders.ledger import current_month
from renders.models import BudgetPeriod, Level, Project, Render
from renders.pricing import dollars
from renders.spending import percent_words
from renders.states import FAILURES
from reviews import reading
from tenants.access import AgencyRequest, requires

RECENT = 6
FIRST_WARNING = 50  # per cent of a budget; the next ones are in percent_words


def _now(request: AgencyRequest) -> dict[str, Any]:
    waiting = reading.waiting(request.membership)
    answers = reading.answers()
    return {
        "summary": reading.summary(),
        "waiting": waiting,
        "answers": answers,
        "needs_nothing": not answers and not any(waiting.values()),
    }


def _spend(request: AgencyRequest) -> dict[str, Any] | None:
    """This month's use of the agency's budget, for who may see it; None when there is no limit or no use yet."""
    if not request.membership.may("spend.view"):
        return None
    rows = BudgetPeriod.objects.filter(budget__level=Level.AGENCY, starts_on=current_month())
    period = rows.select_related("budget").first()
    if period is None:
        return None
    used, limit = period.used_microusd, period.budget.limit_microusd
    return {
        "value": used,
        "max": max(limit, 1),
        "warn": limit * 8 // 10,
        "words": f"{dollars(used)} of {dollars(limit)}",
        "reserved": dollars(period.reserved_microusd),
        "percent": used * 100 // max(limit, 1),
    }


def _warnings(request: AgencyRequest) -> list[dict[str, Any]]:
    """Budgets in force of which half or more is used, the fullest first, for who may set them."""
    if not request.membership.may("budgets.manage"):
        return []
    running = BudgetPeriod.objects.current(current_month()).select_related(
        "budget__client", "budget__project__client"
    )
    found = []
    for period in running:
        used, limit = period.used_microusd, period.budget.limit_microusd
        percent = used * 100 // limit if limit else 100
        if percent >= FIRST_WARNING:
            tone, words = percent_words(percent)
            found.append(
                {
                    "budget": period.budget,
                    "percent": percent,
                    "tone": tone,
                    "words": words,
                    "used": dollars(used),
                    "limit": dollars(limit),
                }
            )
    return sorted(found, key=lambda row: -row["percent"])


@requires("agency.view")
@require_safe
def home(request: AgencyRequest) -> HttpResponseBase:
    """What waits, what was made lately, and what was spent."""
    shown = Render.objects.exclude(state__in=sorted(FAILURES))  # those that failed have a line of their own
    recent = list(shown.listed().on_lists()[:RECENT])
    is_fresh = not recent and not Render.objects.exists()
    context = {
        **_now(request),
        "recent": recent,
        "is_fresh": is_fresh,
        "has_projects": not is_fresh or Project.objects.exists(),
        "spend": _spend(request),
        "budget_warnings": _warnings(request),
    }
    return TemplateResponse(request, "reviews/home.html", context)


@requires("agency.view")
@require_safe
def home_now(request: AgencyRequest) -> HttpResponseBase:
    """What waits, alone; asked for when the live channel says that something happened."""
    return TemplateResponse(request, "reviews/home.html#now", _now(request))
