"""The queue: every take, newest first, live."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from renders import reading, waiting
from renders.models import Render
from renders.states import FAILURES, REVIEWABLE, UNDER_WAY, State
from tenants.access import AgencyRequest, requires
from tenants.models import Client
from tenants.paging import keyset_page
from tenants.public_ids import decode

TABS = {
    "all": ("All", None),
    "working": ("Under way", UNDER_WAY | {State.NEEDS_HUMAN}),
    "review": ("In review", REVIEWABLE - {State.DELIVERABLE}),
    "approved": ("Approved", frozenset({State.DELIVERABLE})),
    "failed": ("Ended without a clip", FAILURES),
    "archived": ("Archived", None),
}


def _filtered(request: AgencyRequest, tab: str) -> Any:
    rows = Render.objects.listed().on_lists(archived=tab == "archived")
    states = TABS[tab][1]
    if states is not None:
        rows = rows.filter(state__in=sorted(states))
    query = request.GET.get("q", "").strip()
    if query:
        rows = rows.filter(brief__title__icontains=query)
    client = _client_id(request.GET.get("client", ""))
    return rows.for_client(client) if client else rows


def _client_id(text: str) -> UUID | None:
    try:
        return decode("cli", text) if text else None
    except ValueError:
        return None


def _explain(rows: list[Any]) -> None:
    """Say of each row that waits why, and how long it may take."""
    why = waiting.explain(rows)
    for row in rows:
        row.waits = why.get(row.pk)
        row.waits_for = reading.eta(row, row.waits) if row.waits else ""


@requires("renders.view")
@require_safe
def queue(request: AgencyRequest) -> HttpResponseBase:
    """Takes of the agency; filters live in the address."""
    tab = request.GET.get("show", "all")
    tab = tab if tab in TABS else "all"
    page = keyset_page(_filtered(request, tab), request.GET.get("before", ""))
    _explain(page.rows)
    kept = {name: value for name in ("q", "client") if (value := request.GET.get(name))}
    tabs = [
        {"label": label, "url": "?" + urlencode({"show": key, **kept}), "is_current": key == tab}
        for key, (label, _states) in TABS.items()
    ]
    context = {
        "page": page,
        "tabs": tabs,
        "tab": tab,
        "query": request.GET.get("q", ""),
        "client_id": request.GET.get("client", ""),
        "clients": Client.objects.order_by("name"),
        **page.links(show=tab, **kept),
    }
    return TemplateResponse(request, "renders/queue.html", context)


@requires("renders.view")
@require_safe
def queue_row(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """One row, as it is now; asked for when the live channel says it changed."""
    row = get_object_or_404(Render.objects.listed(), pk=render)
    _explain([row])
    return TemplateResponse(request, "renders/queue.html#row", {"render": row})
