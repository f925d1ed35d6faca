"""Put a take away, hold it, delete its files."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST

from renders.actions import assets as actions
from renders.models import AssetKind, Render
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused


def _find(render: UUID) -> Render:
    rows = Render.objects.select_related("brief__project__client", "held_by").prefetch_related("assets")
    found: Render = get_object_or_404(rows, pk=render)
    return found


def files_context(render: Render) -> dict[str, Any]:
    """What the menu of a take and its dialogs need to know; the take comes with its assets."""
    deleted = [asset.deleted_at for asset in render.assets.all() if asset.deleted_at]
    return {
        "record": render.asset_record(AssetKind.ORIGINAL),
        "deleted_at": max(deleted, default=None),
        "kept_files": len(render.assets.all()) - len(deleted),
        "archive_refusal": _refusal(actions.check_can_archive, render),
        "delete_refusal": _refusal(actions.check_can_delete, render, render.assets.all()),
    }


def _refusal(check: Any, *args: Any) -> str:
    try:
        check(*args)
    except Refused as error:
        return str(error)
    return ""


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
            messages.success(
                request,
                "The files are deleted, and the take is archived. What was said, decided and paid stays.",
            )
            return redirect("renders:render", request.agency.slug, found.pk)
    context = {"render": found, "refusal": refusal, **files_context(found)}
    return TemplateResponse(request, "renders/take_delete.html", context, status=422 if refusal else 200)
