"""Put a take away, hold it, delete its files."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renders.actions import assets as actions
from renders.models import AssetKind, Deletion, Render
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of
from tenants.retention import policy


def _find(render: UUID) -> Render:
    rows = Render.objects.select_related("brief__project__client", "held_by").prefetch_related("assets")
    found: Render = get_object_or_404(rows, pk=render)
    return found


def files_context(render: Render) -> dict[str, Any]:
    """What the menu of a take and its dialogs need to know; the take comes with its assets."""
    deleted = [asset.deleted_at for asset in render.assets.all() if asset.deleted_at]
    last = deletion_context(render)
    kept = len(render.assets.all()) - len(deleted)
    return {
        "record": render.asset_record(AssetKind.ORIGINAL),
        "deleted_at": max(deleted, default=None),
        "delete_warning": _warning(render, kept, last["undo_words"]),
        "archive_refusal": refusal_of(actions.check_can_archive, render),
        **last,
        "delete_refusal": refusal_of(actions.check_can_delete, render, render.assets.all()),
    }


def _warning(render: Render, kept: int, undo_words: str) -> str:
    """What deleting means, before it is done."""
    files = ngettext("%(n)d file of %(take)s goes", "%(n)d files of %(take)s go", kept)
    files %= {"n": kept, "take": render}
    if undo_words:
        end = _("You can undo it for %(time)s; after that nobody can bring them back.") % {"time": undo_words}
    else:
        end = _("They are removed for good: nobody can bring them back.")
    stays = _(
        "What was said, decided and paid stays, and so does the SHA-256, which still proves a copy of yours."
    )
    return f"{files}. {end} {_('The take is archived.')} {stays}"


def deletion_context(render: Render) -> dict[str, Any]:
    """The take's last deletion with its receipt, and how long a new one could be undone. Two queries."""
    return {
        "deletion": Deletion.objects.filter(render=render).newest(),
        "undo_words": undo_words(),
    }


def undo_words() -> str:
    """How long a deletion that is asked for now could be undone; empty for less than an hour."""
    hours = policy.undo_window().total_seconds() / 3600
    return policy.rules()[policy.UNDO].words(round(hours)) if hours >= 1 else ""


@requires("assets.manage")
@require_POST
def take_archive(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Off the queue and the review lists."""
    found = _find(render)
    try:
        actions.archive_take(render=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Archived. The queue and the review list show it under “Archived”.")
    return redirect("renders:render", request.agency.slug, found.pk)


@requires("assets.manage")
@require_POST
def take_restore(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Back on the lists."""
    found = _find(render)
    actions.restore_take(render=found, by=request.user)
    messages.success(request, "Back on the lists.")
    return redirect("renders:render", request.agency.slug, found.pk)


@requires("assets.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def take_hold(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Place a hold; GET asks for the reason, for who has no scripts or was refused."""
    found = _find(render)
    refusal = ""
    if request.method == "POST":
        try:
            actions.hold_take(render=found, reason=request.POST.get("reason", ""), by=request.user)
        except Refused as error:
            refusal = str(error)
        else:
            messages.success(
                request, "On hold. Nothing of this take can be removed until the hold is released."
            )
            return redirect("renders:render", request.agency.slug, found.pk)
    context = {"render": found, "refusal": refusal, "reason": request.POST.get("reason", "")}
    return TemplateResponse(request, "renders/take_hold.html", context, status=422 if refusal else 200)


@requires("assets.manage")
@require_POST
def take_release(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """End a hold."""
    found = _find(render)
    actions.release_hold(render=found, by=request.user)
    messages.success(request, "The hold is released. Nothing was removed by it.")
    return redirect("renders:render", request.agency.slug, found.pk)


@requires("assets.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def take_delete(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Delete the files; GET asks for the name, for who has no scripts or was refused."""
    found = _find(render)
    refusal = ""
    if request.method == "POST":
        try:
            typed = request.POST.get("confirm", "")
            actions.delete_take_files(render=found, typed=typed, by=request.user)
        except Refused as error:
            refusal = str(error)
        else:
            messages.success(request, _said(found))
            return redirect("renders:render", request.agency.slug, found.pk)
    context = {"render": found, "refusal": refusal, **files_context(found)}
    return TemplateResponse(request, "renders/take_delete.html", context, status=422 if refusal else 200)


def _said(render: Render) -> str:
    """What became of the click."""
    words = deletion_context(render)["undo_words"]
    if words:
        return f"The files are deleted, and the take is archived. You can undo it for {words}."
    return "The files are deleted, and the take is archived. What was said, decided and paid stays."


@requires("assets.manage")
@require_POST
def take_undo_delete(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Bring the files back while it is time."""
    found = _find(render)
    try:
        saved = actions.undo_deletion(render=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            f"Undone: {saved} files are back. The take is still archived; bring it back from its menu.",
        )
    return redirect("renders:render", request.agency.slug, found.pk)


@requires("renders.view")
@require_safe
def take_deletion(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """What became of the deletion, alone; asked for when the live channel says that it went on."""
    found = _find(render)
    context = {"render": found, **deletion_context(found)}
    response = TemplateResponse(request, "renders/deletion.html", context)
    if context["deletion"] is None:
        response["HX-Refresh"] = "true"
    return response
