"""Where a clip says that it comes from, and what people note about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from renders.actions import provenance as actions
from renders.models import Render, Watermark
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused


def provenance_context(render: Render) -> dict[str, Any]:
    """What renders/origin.html needs; the take was read with its provenance."""
    return {"told": getattr(render, "provenance", None), "watermarks": Watermark.choices}


def _back(request: AgencyRequest, render: Render) -> HttpResponseBase:
    """To the page that the form was on."""
    to = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(to, allowed_hosts=None):
        return redirect(to)
    return redirect("renders:render", request.agency.slug, render.pk)


@requires("reviews.decide")
@require_POST
def note_watermark(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Seen, not seen, or not looked at."""
    found = get_object_or_404(Render.objects, pk=render)
    try:
        actions.note_watermark(render=found, seen=request.POST.get("watermark", ""), by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Noted. The mark itself is never touched.")
    return _back(request, found)


@requires("reviews.decide")
@require_POST
def acknowledge(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Why a clip with broken credentials may go to the client."""
    found = get_object_or_404(Render.objects, pk=render)
    try:
        actions.acknowledge_broken(render=found, words=request.POST.get("words", ""), by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Noted, with your name. A link can be sent to the client now.")
    return _back(request, found)
