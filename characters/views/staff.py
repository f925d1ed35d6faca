"""Clips in which somebody's likeness may be, for the platform's own staff: look, then clear or refuse."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from characters.actions.likeness import decide_likeness
from characters.models import Character, Clip
from characters.states import State
from tenants.access import staff
from tenants.errors import Refused
from tenants.scope import org_transaction, platform_transaction

SHOWN = 50


def _waiting() -> list[Any]:
    """Oldest first, of every agency, with what is needed to decide."""
    with platform_transaction("staff: clips with a doubtful likeness"):
        rows = Character.objects.filter(state=State.LIKENESS).select_related("org", "clip", "created_by")
        return list(rows.prefetch_related("clip__files").order_by("state_at")[:SHOWN])


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponseBase:
    rows = _waiting()
    is_listed = more.get("refused") in {character.clip_id for character in rows}
    context = {"characters": rows, "is_listed": is_listed, **more}
    return TemplateResponse(request, "characters/staff.html", context, status=status)


@staff("characters.view")
@require_safe
def likeness_list(request: HttpRequest) -> HttpResponseBase:
    """What waits."""
    return _page(request)


@staff("characters.decide")
@require_POST
def likeness_decide(request: HttpRequest, clip: UUID) -> HttpResponseBase:
    """One verdict, with its reason."""
    with platform_transaction("staff: clip to agency"):
        org_id = Clip.objects.filter(pk=clip).values_list("org_id", flat=True).first()
    if org_id is None:
        raise Http404("No such clip.")
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        with org_transaction(org_id):
            found = Clip.objects.select_related("character").get(pk=clip)
            decide_likeness(clip=found, verdict=verdict, reason=reason, by=request.user)  # type: ignore[arg-type]
    except Refused as error:
        return _page(request, status=422, refused=clip, refusal=str(error), reason=reason)
    messages.success(request, f"Decided: {found.character}. The team reads your reason.")
    return redirect("characters:likeness-list")
