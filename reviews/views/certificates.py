"""The proof of a decision, on screen, on paper and for machines."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from renders.states import State
from reviews.access import PortalRequest, portal, portal_page
from reviews.certificates import RELATED, as_json, facts
from reviews.models import Decision
from reviews.visibility import decisions_for
from tenants.access import AgencyRequest, requires


def _as_file(found: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(as_json(found), json_dumps_params={"indent": 2, "ensure_ascii": False})
    name = f"{found['decision'].public_id}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _of_team(decision: UUID) -> dict[str, Any]:
    return facts(get_object_or_404(Decision.objects.select_related(*RELATED), pk=decision), for_client=False)


@requires("reviews.view")
@require_safe
def team(request: AgencyRequest, decision: UUID) -> HttpResponseBase:
    """A certificate as the agency reads it."""
    return TemplateResponse(request, "reviews/certificate.html", _of_team(decision))


@requires("reviews.view")
@require_safe
def team_json(request: AgencyRequest, decision: UUID) -> HttpResponseBase:
    """The same for machines."""
    return _as_file(_of_team(decision))


def _of_client(request: PortalRequest, decision: UUID) -> dict[str, Any]:
    """Only a client's decision of the round that this link opens."""
    rows = decisions_for(request.link, request.link.round).select_related(*RELATED)
    found = facts(get_object_or_404(rows, pk=decision), for_client=True)
    found["may_download"] = request.link.may_download and found["render"].state == State.DELIVERABLE
    return found


@portal("view")
@require_safe
def guest(request: PortalRequest, decision: UUID) -> HttpResponseBase:
    """A certificate as the client reads it."""
    return portal_page(request, "reviews/portal_certificate.html", _of_client(request, decision))


@portal("view")
@require_safe
def guest_json(request: PortalRequest, decision: UUID) -> HttpResponseBase:
    """The same for machines."""
    return _as_file(_of_client(request, decision))
