"""What several pages need of a take: the row, its clip for the player, and how fragments are answered."""

import json
import secrets
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from renders.models import Asset, AssetKind, Render
from reviews.models import Comment, Round
from reviews.timecode import timecode


def find(render: UUID, *related: str) -> Render:
    """The take with its files and its round. Raises Http404, also when there is no clip to be reviewed."""
    rows = Render.objects.select_related(
        "brief__project__client", "created_by", "round", "provenance", *related
    )
    found: Render = get_object_or_404(rows, pk=render)
    prefetch_related_objects([found], "assets")
    if not found.is_reviewable:
        raise Http404("There is no clip to review yet.")
    return found


def round_of(render: Render) -> Round | None:
    """The take's round, if somebody has opened it; no query when it was selected along."""
    return getattr(render, "round", None)


def shown_clip(render: Render) -> Asset | None:
    """The file that the player shows: the review copy, or the original when there is no copy."""
    found: Asset | None = render.asset(AssetKind.PROXY) or render.asset(AssetKind.ORIGINAL)
    return found


def clip_context(render: Render) -> dict[str, Any]:
    """What components/player.html is given, and the hash that comments and decisions carry."""
    original = render.asset(AssetKind.ORIGINAL)
    return {
        "clip": shown_clip(render),
        "original": original,
        "asset_sha256": original.sha256 if original else "",
        "poster": render.asset(AssetKind.POSTER),
        "sheet": render.asset(AssetKind.HOVER_SHEET),
        "waveform": render.asset(AssetKind.WAVEFORM),
    }


def label_frames(comments: list[Comment], clip: Asset | None) -> None:
    """Give each comment `.timecode`: where it is, as people read it."""
    for comment in comments:
        comment.timecode = ""
        if comment.frame_in is None or clip is None:
            continue
        comment.timecode = timecode(comment.frame_in, clip.fps)
        if comment.frame_out is not None:
            comment.timecode += f" – {timecode(comment.frame_out, clip.fps)}"


def new_form_key() -> str:
    """For a form that may count once only."""
    return secrets.token_urlsafe(24)


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asked, and a part of the page is enough."""
    return bool(getattr(request, "htmx", False))


def tell(
    response: HttpResponse,
    *,
    toast: str = "",
    tone: str = "success",
    changed: bool = False,
    moved: bool = False,
) -> HttpResponse:
    """Let the page say something; and let its other parts look again, for the talk has changed or the take has moved."""
    events: dict[str, Any] = {}
    if toast:
        events["toast"] = {"text": toast, "tone": tone}
    if changed:
        events["review-changed"] = True
    if moved:
        events["review-moved"] = True
    if events:
        response.headers["HX-Trigger"] = json.dumps(events)
    return response
