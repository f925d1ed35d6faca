"""Choose an approved take, and cut a character's clip out of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from characters.actions.clips import check_can_change_clip
from characters.forms import CutForm, cut_initial
from characters.models import Character
from renders.actions.cut import cut_from_take
from renders.models import AssetKind, Render
from renders.states import State
from tenants import storage
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused
from tenants.paging import keyset_page

PAGE = 24


def _draft(request: AgencyRequest, character: UUID) -> tuple[Character, HttpResponseBase | None]:
    """The character, and where to go when its clip cannot be changed."""
    found: Character = get_object_or_404(Character.objects, pk=character)
    try:
        check_can_change_clip(found)
    except Refused as error:
        messages.error(request, str(error))
        return found, redirect("characters:character", request.agency.slug, found.pk)
    return found, None


@requires("characters.edit")
@require_safe
def character_takes(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Approved takes, newest first."""
    found, elsewhere = _draft(request, character)
    if elsewhere is not None:
        return elsewhere
    rows = Render.objects.listed().on_lists().filter(state=State.DELIVERABLE)
    page = keyset_page(rows, request.GET.get("before", ""), size=PAGE)
    context = {"character": found, "page": page, **page.links()}
    return TemplateResponse(request, "renders/character_takes.html", context)


@requires("characters.edit")
def character_take(request: AgencyRequest, character: UUID, render: UUID) -> HttpResponseBase:
    """Which piece of the take, and which part of its picture."""
    found, elsewhere = _draft(request, character)
    if elsewhere is not None:
        return elsewhere
    rows = Render.objects.select_related("brief").prefetch_related("assets")
    take: Render = get_object_or_404(rows, pk=render, state=State.DELIVERABLE)
    original = take.asset(AssetKind.ORIGINAL)
    if original is None:
        raise Http404("The files of this take were deleted.")
    facts = {"seconds": original.duration_seconds, "width": original.width, "height": original.height}
    form = CutForm(request.POST or None, initial=cut_initial(facts))
    if request.method == "POST" and form.is_valid():
        try:
            cut_from_take(character=found, render=take, choice=form.choice(), by=request.user)
        except (Refused, storage.StorageFailed) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Cut. Every rule holds: play it, and cut again if it is not right yet.")
            return redirect("characters:character", request.agency.slug, found.pk)
    context: dict[str, Any] = {
        "form": form,
        "character": found,
        "take": take,
        "facts": facts,
        "proxy": take.asset(AssetKind.PROXY) or original,
        "poster": take.asset(AssetKind.POSTER),
    }
    return TemplateResponse(
        request, "renders/character_take.html", context, status=422 if form.is_bound else 200
    )
