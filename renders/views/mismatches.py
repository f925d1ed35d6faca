"""For the platform's staff: where a provider's list and our ledger do not agree."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions import mismatches as actions
from renders.models import Comparison, Mismatch, MismatchKind, ProviderAccount
from tenants import scope
from tenants.access import staff
from tenants.errors import Refused

SHOWN = 100
# What each kind means, and what to do first.
ADVICE = {
    MismatchKind.ORPHAN: "The provider made it with our key, and no take of ours claims it. Look whether the key is used elsewhere; if not, claim it or write it off.",
    MismatchKind.LOSS: "We were charged, and there is no clip of ours. Claim it from the provider.",
    MismatchKind.OVERAGE: "What the provider made costs more than what we settled. Compare its invoice, then correct the price or claim it.",
}


@staff("doubts.view")
@require_safe
def mismatches(request: HttpRequest) -> HttpResponseBase:
    """Open ones, the dearest kinds together; or everything that was cleared up."""
    return _page(request)


def _page(
    request: HttpRequest, *, refusal: str = "", about: int | None = None, status: int = 200
) -> HttpResponseBase:
    is_open = request.GET.get("show") != "resolved"
    with scope.platform_reading("mismatches: what does not agree, across agencies"):
        rows = Mismatch.objects.select_related("account", "agency", "resolved_by")
        rows = rows.open() if is_open else rows.exclude(resolved_at=None).order_by("-resolved_at", "-pk")
        found: list[Any] = list(rows[:SHOWN])
        counts = dict(Mismatch.objects.open().values_list("kind").annotate(n=Count("pk")).order_by())
    for row in found:
        row.advice = ADVICE[MismatchKind(row.kind)]
    tabs = [
        {"label": "Open", "url": "?", "is_current": is_open, "count": sum(counts.values())},
        {"label": "Cleared up", "url": "?show=resolved", "is_current": not is_open},
    ]
    context = {
        "rows": found,
        "tabs": tabs,
        "is_open": is_open,
        "accounts": _accounts(),
        "refusal": refusal,
        "about": about,
        "typed": request.POST.get("reason", ""),
    }
    return TemplateResponse(request, "renders/staff/mismatches.html", context, status=status)


def _accounts() -> list[dict[str, Any]]:
    """Accounts in use, with their latest walk. Two queries."""
    rows = list(ProviderAccount.objects.usable().order_by("pk"))
    latest = Comparison.objects.filter(account__in=rows).order_by("account_id", "-started_at", "-pk")
    walks = {walk.account_id: walk for walk in latest.distinct("account_id")}
    return [
        {"account": row, "walk": walks.get(row.pk), "can_list": row.capabilities.can_list} for row in rows
    ]


@staff("doubts.decide")
@require_POST
def mismatch_resolve(request: HttpRequest, mismatch: int) -> HttpResponseBase:
    """Cleared up, with how."""
    found = get_object_or_404(Mismatch, pk=mismatch)
    try:
        actions.resolve_mismatch(
            mismatch=found,
            reason=request.POST.get("reason", ""),
            by=request.user,  # type: ignore[arg-type]
        )
    except Refused as error:
        return _page(request, refusal=str(error), about=found.pk, status=422)
    messages.success(request, "Cleared up. Your words are kept with it.")
    return redirect("renders:mismatches")


@staff("doubts.decide")
@require_POST
def mismatch_compare(request: HttpRequest, account: str) -> HttpResponseBase:
    """Compare now."""
    found = get_object_or_404(ProviderAccount, slug=account)
    try:
        actions.compare_now(account=found, by=request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.info(
            request,
            f"Reading the list of {found.name}. What does not agree appears here; nothing is charged.",
        )
    return redirect("renders:mismatches")
