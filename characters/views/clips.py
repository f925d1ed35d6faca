"""The source clip of a character: upload, trim and crop, go back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from characters.actions import clips as actions
from characters.forms import CutForm, cut_initial
from characters.models import Clip
from characters.views.pages import act, find, show
from tenants import storage
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of
from tenants.uploads import was_too_large


@requires("characters.edit")
@require_POST
def clip_upload(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Check an uploaded file. Whatever it breaks is said at once, beside the control."""
    found = find(character)
    file = request.FILES.get("clip")
    if was_too_large(request, "clip"):
        return show(request, found, status=422, upload_refusal=actions.too_large())
    if file is None:
        return show(request, found, status=422, upload_refusal="Choose a clip first: MP4, MOV or WebM.")
    try:
        clip = actions.upload_clip(
            character=found, chunks=file.chunks(), size=file.size or 0, by=request.user
        )
    except (Refused, storage.StorageFailed) as error:
        return show(request, find(character), status=422, upload_refusal=str(error))
    count = len(clip.problems)
    if count:
        messages.warning(request, f"The clip is here. {_rules(count)}; the page says how to mend it.")
    else:
        messages.success(request, "The clip is here, and every rule holds.")
    return redirect("characters:character", request.agency.slug, found.pk)


def _rules(count: int) -> str:
    return "One rule does not hold yet" if count == 1 else f"{count} rules do not hold yet"


def _clip(clip: UUID, character: UUID) -> Clip:
    rows = Clip.objects.select_related("character").prefetch_related("files")
    found: Clip = get_object_or_404(rows, pk=clip, character=character)
    return found


@requires("characters.edit")
def clip_cut(request: AgencyRequest, character: UUID, clip: UUID) -> HttpResponseBase:
    """Choose a piece and a part of the picture; the answer is the clip that comes out, playing."""
    found = _clip(clip, character)
    if said := refusal_of(actions.check_can_change_clip, found.character):
        messages.error(request, said)
        return redirect("characters:character", request.agency.slug, character)
    form = CutForm(request.POST or None, initial=cut_initial(found.facts))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.cut_clip(clip=found, choice=form.choice(), by=request.user)
        except (Refused, storage.StorageFailed) as error:
            form.add_error(None, str(error))
        else:
            _say(request, made)
            return redirect("characters:character", request.agency.slug, character)
    context: dict[str, Any] = {"form": form, "clip": found, "character": found.character}
    return TemplateResponse(request, "characters/cut.html", context, status=422 if form.is_bound else 200)


def _say(request: AgencyRequest, made: Clip) -> None:
    if made.problems:
        messages.warning(request, f"Cut. {_rules(len(made.problems))}.")
    else:
        messages.success(request, "Cut. Every rule holds now: play it, and cut again if it is not right yet.")


@requires("characters.edit")
@require_POST
def clip_use(request: AgencyRequest, character: UUID, clip: UUID) -> HttpResponseBase:
    """Go back to an earlier clip."""
    found = _clip(clip, character)
    return act(
        request,
        character,
        lambda _character: actions.use_clip(clip=found, by=request.user),
        f"Clip {found.number} is the one in use.",
    )
