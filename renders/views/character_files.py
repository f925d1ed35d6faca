"""Delete the files of a character: the question, the undo, and what became of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from characters.models import Character
from renders.actions import character_files as actions
from renders.models import Deletion
from renders.views.files import undo_words
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of


def _find(character: UUID) -> Character:
    found: Character = get_object_or_404(Character.objects.select_related("client"), pk=character)
    return found


@requires("assets.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def character_delete(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """What would go, and its name to confirm."""
    found = _find(character)
    refusal, words = "", undo_words()
    if request.method == "POST":
        try:
            typed = request.POST.get("confirm", "")
            actions.delete_character_files(character=found, typed=typed, by=request.user)
        except Refused as error:
            refusal = str(error)
        else:
            end = f"You can undo it for {words}." if words else "Its receipt follows."
            messages.success(request, f"The files of “{found}” are deleted. {end}")
            return redirect("characters:character", request.agency.slug, found.pk)
    files = list(found.files.select_related("clip").order_by("created_at", "pk"))
    context: dict[str, Any] = {
        "character": found,
        "files": [file for file in files if file.is_kept],
        "undo_words": words,
        "refusal": refusal,
        "delete_refusal": refusal_of(actions.check_can_delete, found, files),
    }
    return TemplateResponse(request, "renders/character_delete.html", context, status=422 if refusal else 200)


@requires("assets.manage")
@require_POST
def character_undo_delete(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Bring the files back while it is time."""
    found = _find(character)
    try:
        saved = actions.undo_deletion(character=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Undone: {saved} files are back.")
    return redirect("characters:character", request.agency.slug, found.pk)


@requires("characters.view")
@require_safe
def character_deletion(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """What became of the deletion, alone; asked for when the live channel says that it went on."""
    found = _find(character)
    last = Deletion.objects.filter(character=found).newest()
    response = TemplateResponse(request, "renders/deletion.html", {"character": found, "deletion": last})
    if last is None:
        response["HX-Refresh"] = "true"
    return response
