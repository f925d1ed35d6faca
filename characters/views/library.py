"""The library: every character of the agency, newest first; filters live in the address."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from characters.models import Character, Kind
from characters.states import PUT_AWAY, State
from tenants.access import AgencyRequest, requires
from tenants.models import Client
from tenants.paging import keyset_page
from tenants.public_ids import decode

PAGE = 24


def _client_id(text: str) -> UUID | None:
    try:
        return decode("cli", text) if text else None
    except ValueError:
        return None


def _filtered(kept: dict[str, str]) -> Any:
    rows = Character.objects.listed()
    state = kept.get("state", "")
    rows = rows.filter(state=state) if state else rows.on_lists()
    if kind := kept.get("kind"):
        rows = rows.filter(kind=kind)
    if client := _client_id(kept.get("client", "")):
        rows = rows.filter(client=client)
    if query := kept.get("q", "").strip():
        rows = rows.named(query)
    return rows


def _kept(request: AgencyRequest) -> dict[str, str]:
    """The filters that make sense; others are left out."""
    allowed = {"kind": set(Kind.values), "state": set(State.values)}
    found = {name: request.GET.get(name, "") for name in ("q", "kind", "client", "state")}
    return {
        name: value[:120]
        for name, value in found.items()
        if value and (name not in allowed or value in allowed[name])
    }


@requires("characters.view")
@require_safe
def character_list(request: AgencyRequest) -> HttpResponseBase:
    """A page of the library."""
    kept = _kept(request)
    page = keyset_page(_filtered(kept), request.GET.get("before", ""), size=PAGE)
    states = [(state.value, state.label) for state in State]
    context = {
        "page": page,
        "kept": kept,
        "kinds": Kind.choices,
        "states": [row for row in states if row[0] not in PUT_AWAY]
        + [row for row in states if row[0] in PUT_AWAY],
        "clients": Client.objects.order_by("name"),
        **page.links(**kept),
    }
    return TemplateResponse(request, "characters/list.html", context)
