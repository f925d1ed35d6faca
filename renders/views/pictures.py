"""The composer's opening image, and the page of one image: where it is used, and its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions import pictures as actions
from renders.actions import renders as render_actions
from renders.forms import BriefForm
from renders.models import Deletion, Picture, PictureFile, PictureFileKind, ProviderAccount, Render
from renders.picture_tombstones import opened
from renders.pictures import CannotUse
from renders.views.files import undo_words
from tenants import storage
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of
from tenants.uploads import was_too_large

FIELD = "picture_upload"
DOES = {"picture-add", "picture-cut", "picture-drop"}


def typed(request: AgencyRequest) -> dict[str, Any]:
    """The composer's form as it was sent, to be shown again unchecked."""
    return {**request.POST.dict(), "characters": request.POST.getlist("characters")}


def is_about_picture(request: AgencyRequest) -> bool:
    """Whether the composer's form does something with the image before anything else."""
    return request.POST.get("do") in DOES or FIELD in request.FILES or was_too_large(request, FIELD)


def changed(request: AgencyRequest, account: ProviderAccount) -> tuple[dict[str, Any], str]:
    """(the form's values after what was done with the image, why it was not done)."""
    values, do = typed(request), request.POST.get("do")
    try:
        if do == "picture-drop":
            values["picture"] = ""
        elif do == "picture-cut":
            values["picture"] = _cut(request, account).public_id
        elif do == "picture-add" or FIELD in request.FILES or was_too_large(request, FIELD):
            values["picture"] = _added(request).public_id
            # Another image is looked at anew.
            for name in ("picture_x", "picture_y", "picture_zoom", "picture_attested"):
                values.pop(name, None)
    except (Refused, storage.StorageFailed) as error:
        return values, str(error)
    return values, ""


def _added(request: AgencyRequest) -> PictureFile:
    file = request.FILES.get(FIELD)
    if was_too_large(request, FIELD):
        raise CannotUse(actions.too_large())
    if file is None:
        raise CannotUse("Choose an image first: JPEG, PNG or WebP.")
    fits = request.POST.get("size", "")
    return actions.upload_picture(chunks=file.chunks(), size=file.size or 0, fits=fits, by=request.user)


def _cut(request: AgencyRequest, account: ProviderAccount) -> PictureFile:
    form = BriefForm(request.POST, account=account)
    file, size = form.picture_file, request.POST.get("size", "")
    if file is None or size not in dict(form.fields["size"].choices):  # type: ignore[attr-defined]
        raise CannotUse("Choose an image and a size first.")
    return actions.fit_picture(file=file, size=size, choice=form.picture_choice(), by=request.user)


@requires("briefs.edit")
@require_POST
def brief_picture(request: AgencyRequest) -> HttpResponseBase:
    """The composer's card of the image, after what was done with it. A brief is not written by this."""
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit:
        return HttpResponse(status=204)  # the form itself says why nothing can be rendered
    if not is_about_picture(request) and not request.POST.get("picture"):
        # Another size, and no image yet: a file that is just being chosen stays.
        return HttpResponse(status=204)
    values, refusal = changed(request, account)
    form = BriefForm(initial=values, account=account)
    form.picture_refusal = refusal
    return TemplateResponse(request, "renders/brief_picture.html#inside", {"form": form})


@requires("renders.submit")
@require_POST
def take_continue(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """A new draft that opens with the last frame of a take. Nothing is spent."""
    rows = Render.objects.select_related("brief__project", "brief_version").prefetch_related("assets")
    found = get_object_or_404(rows, pk=render)
    try:
        brief = actions.continue_from(render=found, by=request.user)
    except (Refused, storage.StorageFailed) as error:
        messages.error(request, str(error))
        return redirect("renders:render", request.agency.slug, found.pk)
    messages.success(request, "A new draft that opens with the clip’s last frame. Say what happens next.")
    return redirect("renders:brief-edit", request.agency.slug, brief.pk)


def _find(picture: UUID) -> Picture:
    rows = Picture.objects.select_related("created_by", "attested_by", "take__brief")
    found: Picture = get_object_or_404(rows.prefetch_related("files"), pk=picture)
    return found


@requires("briefs.view")
@require_safe
def picture_page(request: AgencyRequest, picture: UUID) -> HttpResponseBase:
    """One image: what it is, what was cut from it, which takes open with it, and its deletion."""
    found = _find(picture)
    files = sorted(found.files.all(), key=lambda file: file.created_at)
    context = {
        "picture": found,
        "preview": found.file(PictureFileKind.PREVIEW),
        "original": found.file(PictureFileKind.ORIGINAL),
        "files": [file for file in files if file.kind != PictureFileKind.PREVIEW],
        "takes": opened(found).select_related("brief").order_by("-created_at")[:50],
        "deletion": Deletion.objects.filter(picture=found).newest(),
        "delete_refusal": refusal_of(actions.check_can_delete, found, files),
        "undo_words": undo_words(),
    }
    return TemplateResponse(request, "renders/picture.html", context)


@requires("assets.manage")
@require_POST
def picture_delete(request: AgencyRequest, picture: UUID) -> HttpResponseBase:
    """Let its files go."""
    found = _find(picture)
    try:
        actions.delete_picture(picture=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        words = undo_words()
        end = f"You can undo it for {words}." if words else "Its receipt follows."
        messages.success(request, f"The image is deleted. {end}")
    return redirect("renders:picture", request.agency.slug, found.pk)


@requires("assets.manage")
@require_POST
def picture_undo_delete(request: AgencyRequest, picture: UUID) -> HttpResponseBase:
    """Bring the files back while it is time."""
    found = _find(picture)
    try:
        saved = actions.undo_deletion(picture=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Undone: {saved} files are back.")
    return redirect("renders:picture", request.agency.slug, found.pk)
