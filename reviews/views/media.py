"""Fresh addresses of the clip. They open for five minutes; a page may be open for longer."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from renders.models import AssetKind, Render
from renders.states import State
from renders.templatetags.clips import download_url, media_url
from reviews.access import PortalRequest, portal, portal_page
from reviews.views.takes import clip_context, find
from tenants.access import AgencyRequest, requires


def _fresh(render: Render) -> JsonResponse:
    """{"src", "poster", "sheet", "seconds"}: what the player was given, signed anew."""
    clip = clip_context(render)
    if clip["clip"] is None:
        raise Http404("There is no clip.")
    answer: dict[str, Any] = {
        "src": media_url(clip["clip"]),
        "poster": media_url(clip["poster"]),
        "sheet": media_url(clip["sheet"]),
        "seconds": settings.MEDIA_URL_SECONDS,
    }
    response = JsonResponse(answer)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _download(render: Render) -> HttpResponseBase:
    original = render.asset(AssetKind.ORIGINAL)
    if original is None:
        raise Http404("The original is not kept any more.")
    response = redirect(download_url(original, render.download_name))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@requires("reviews.view")
@require_safe
def room_media(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Addresses for the room's player."""
    return _fresh(find(render))


@requires("reviews.view")
@require_safe
def room_original(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The provider's file, byte for byte."""
    return _download(find(render))


def portal_take(request: PortalRequest) -> Render:
    """The one take that this link opens, with its files."""
    render: Render = request.link.round.render
    prefetch_related_objects([render], "assets")
    return render


@portal("view")
@require_safe
def portal_media(request: PortalRequest) -> HttpResponseBase:
    """Addresses for the portal's player; only ever of the link's own take."""
    return _fresh(portal_take(request))


@portal("download")
@require_safe
def portal_download(request: PortalRequest) -> HttpResponseBase:
    """The original, once it is signed off."""
    render = portal_take(request)
    if render.state != State.DELIVERABLE:
        return portal_page(request, "reviews/portal_no_download.html", status=409)
    return _download(render)
