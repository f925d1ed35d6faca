"""The staff's view of agencies: health, money, refusals, and the switch."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import BigIntegerField, Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renders import ledger, switch
from renders.actions import generation, takedown
from renders.actions.dispatch import set_weight
from renders.models import Budget, BudgetPeriod, Level, Period, PolicyCase, Render
from renders.models.policy import UNRESOLVED
from renders.states import IN_FLIGHT, UNSENT, State
from tenants import scope
from tenants.access import staff
from tenants.errors import Refused
from tenants.models import Agency
from tenants.models.agencies import MOST_WEIGHT
from tenants.paging import keyset_page


def _count(rows: Any) -> Any:
    """A count of the agency's rows, as a column."""
    counted = rows.filter(org=OuterRef("pk")).order_by().values("org").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=BigIntegerField()), 0)


def _sum(rows: Any, field: str) -> Any:
    summed = rows.filter(org=OuterRef("pk")).order_by().values("org").annotate(n=Sum(field)).values("n")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), 0)


def _described() -> "QuerySet[Agency]":
    """Agencies with what a row shows, counted beside them."""
    month = BudgetPeriod.objects.filter(
        budget__level=Level.AGENCY, budget__period=Period.MONTH, starts_on=ledger.current_month()
    )
    limits = Budget.objects.filter(level=Level.AGENCY, period=Period.MONTH, org=OuterRef("pk"))
    limit = limits.values("limit_microusd")[:1]
    return Agency.objects.annotate(
        waiting=_count(Render.objects.filter(state__in=sorted(UNSENT))),
        in_flight=_count(Render.objects.filter(state__in=sorted(IN_FLIGHT))),
        stuck=_count(Render.objects.filter(state=State.NEEDS_HUMAN)),
        refusals=_count(PolicyCase.objects.filter(state__in=UNRESOLVED)),
        spent_microusd=_sum(month, "posted_microusd"),
        reserved_microusd=_sum(month, "reserved_microusd"),
        limit_microusd=Coalesce(Subquery(limit, output_field=BigIntegerField()), 0),
    )


def health(agency: Any) -> dict[str, str]:
    """One word and its colour."""
    if agency.is_stopped:
        return {"label": "Switched off", "tone": "danger"}
    if agency.stuck:
        return {"label": "Needs a person", "tone": "warning"}
    if agency.refusals:
        return {"label": "Refusals waiting", "tone": "warning"}
    return {"label": "Healthy", "tone": "success"}


@staff("agencies.view")
@require_safe
def agencies(request: HttpRequest) -> HttpResponseBase:
    """Every agency, the youngest first."""
    query = request.GET.get("q", "").strip()[:80]
    with scope.platform_reading("agencies: health and spend"):
        rows = _described()
        if query:
            rows = rows.filter(Q(name__icontains=query) | Q(slug__startswith=query.lower()))
        if request.GET.get("show") == "stopped":
            rows = rows.filter(stopped_at__isnull=False)
        page = keyset_page(rows, request.GET.get("before", ""), size=30)
    for agency in page.rows:
        agency.health = health(agency)
    kept = {name: value for name in ("q", "show") if (value := request.GET.get(name))}
    context = {"page": page, "query": query, "show": request.GET.get("show", ""), **page.links(**kept)}
    return TemplateResponse(request, "renders/staff/agencies.html", context)


def _find(pk: UUID) -> Any:
    with scope.platform_reading("agencies: one agency and its latest takes"):
        agency: Any = _described().select_related("stopped_by").filter(pk=pk).first()
        if agency is None:
            raise Http404("No such agency.")
        takes = Render.objects.filter(org=pk).select_related("brief").order_by("-created_at", "-pk")
        agency.latest = list(takes[:12])
    agency.health = health(agency)
    return agency


@staff("agencies.view")
@require_safe
def agency_page(request: HttpRequest, agency: UUID) -> HttpResponseBase:
    """One agency, and what the switch would do now."""
    return _page(request, agency)


def _page(request: HttpRequest, pk: UUID, *, refusal: str = "", weight_refusal: str = "") -> HttpResponseBase:
    found = _find(pk)
    with scope.entered(pk):
        effect = switch.dry_run()
    context = {
        "agency_row": found,
        "effect": effect,
        "refusal": refusal,
        "weight_refusal": weight_refusal,
        "typed": request.POST,
        "most_weight": MOST_WEIGHT,
    }
    status = 422 if refusal or weight_refusal else 200
    return TemplateResponse(request, "renders/staff/agency.html", context, status=status)


@staff("agencies.switch")
@require_POST
def agency_switch(request: HttpRequest, agency: UUID) -> HttpResponseBase:
    """Off, with a reason; or on again."""
    found = _find(agency)
    try:
        with scope.entered(agency):
            if request.POST.get("do") == "resume":
                released = generation.resume_generation(agency=found, by=request.user)  # type: ignore[arg-type]
                said = f"Generation is on again for {found.name}. {released} takes go back to the queue."
            else:
                effect = generation.stop_generation(
                    agency=found,
                    reason=request.POST.get("reason", ""),
                    by=request.user,  # type: ignore[arg-type]
                )
                said = (
                    f"Generation is off for {found.name}: {effect.waiting} takes are paused, "
                    f"{effect.in_flight} in flight will still be paid."
                )
    except Refused as error:
        return _page(request, agency, refusal=str(error))
    messages.success(request, said)
    return redirect("renders:staff-agency", agency)


@staff("agencies.switch")
@require_POST
def agency_weight(request: HttpRequest, agency: UUID) -> HttpResponseBase:
    """Its share of what a provider account takes."""
    found = _find(agency)
    text = request.POST.get("weight", "").strip()
    weight = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
    try:
        with scope.entered(agency):
            set_weight(
                agency=found,
                weight=weight,
                reason=request.POST.get("weight_reason", ""),
                by=request.user,  # type: ignore[arg-type]
            )
    except Refused as error:
        return _page(request, agency, weight_refusal=str(error))
    messages.success(request, f"{found.name} has {weight} of the shares from its next take on.")
    return redirect("renders:staff-agency", agency)


@staff("takes.takedown")
@require_http_methods(["GET", "HEAD", "POST"])
def take_down(request: HttpRequest, render: UUID) -> HttpResponseBase:
    """Hide a take's files from everybody, or show them again."""
    with scope.platform_reading("take-down: take to agency"):
        org_id = Render.objects.filter(pk=render).values_list("org_id", flat=True).first()
    if org_id is None:
        raise Http404("No such take.")
    with scope.entered(org_id):
        rows = Render.objects.select_related("org", "brief__project__client", "taken_down_by")
        found = rows.prefetch_related("assets").get(pk=render)
        refusal = ""
        if request.method == "POST":
            try:
                if request.POST.get("do") == "restore":
                    takedown.restore(render=found, by=request.user)  # type: ignore[arg-type]
                    messages.success(request, "The clip is back: room, links and downloads show it again.")
                else:
                    takedown.take_down(
                        render=found,
                        reason=request.POST.get("reason", ""),
                        by=request.user,  # type: ignore[arg-type]
                    )
                    messages.success(request, "Taken down. Nothing was removed; you can restore it here.")
            except Refused as error:
                refusal = str(error)
            else:
                return redirect("renders:staff-take", render)
        context = {"render": found, "refusal": refusal, "reason": request.POST.get("reason", "")}
        page = TemplateResponse(
            request, "renders/staff/take_down.html", context, status=422 if refusal else 200
        )
        return page.render()
