"""Who sees what: one function each, so that nothing reaches a client by a template's accident."""

from typing import Any

from renders.states import State
from reviews.models import Comment, Decision, Guest, PortalLink, Round, StageKind, Verdict, Visibility
from tenants.models import User

Viewer = User | Guest | PortalLink

_ALWAYS_SHOWN = {State.CLIENT_REVIEW, State.DELIVERABLE}
_SHOWN_AFTER_APPROVAL = {State.CHANGES, State.REJECTED}


def may_client_see(round_: Round) -> bool:
    """True once the team has approved the take, and has not turned it back since.

    “Changes asked for” is reached from both stages; only the team's last word tells which.
    """
    state = State(round_.render.state)
    if state in _ALWAYS_SHOWN:
        return True
    if state not in _SHOWN_AFTER_APPROVAL:
        return False
    inside = Decision.objects.filter(stage__round=round_, stage__kind=StageKind.INTERNAL)
    last = inside.exclude(verdict=Verdict.NOT_RELEVANT).order_by("-seq").first()
    return last is not None and last.is_approval


def comments_for(viewer: Viewer, round_: Round | None) -> Any:
    """The comments of a round that this viewer may read, deleted ones left out, with their authors."""
    if round_ is None:
        return Comment.objects.none()
    rows = Comment.objects.filter(round=round_, deleted_at=None).select_related(
        "author", "guest", "resolved_by"
    )
    if not isinstance(viewer, User):
        rows = rows.filter(visibility=Visibility.SHARED)
    return rows


def threads_for(viewer: Viewer, round_: Round | None) -> list[Comment]:
    """Top comments in the order of their frames, each with `.thread`: its visible replies. One query."""
    rows = list(comments_for(viewer, round_).order_by("created_at", "pk"))
    tops = {row.pk: row for row in rows if row.parent_id is None}
    for top in tops.values():
        top.thread = []
    for row in rows:
        if row.parent_id in tops:
            tops[row.parent_id].thread.append(row)
    return sorted(tops.values(), key=lambda c: (c.frame_in is None, c.frame_in or 0, c.created_at))


def decisions_for(viewer: Viewer, round_: Round | None) -> Any:
    """The decisions of a round that this viewer may read, newest first; a client reads the client's."""
    if round_ is None:
        return Decision.objects.none()
    rows = Decision.objects.filter(stage__round=round_).select_related("stage", "user", "guest", "words")
    if not isinstance(viewer, User):
        rows = rows.filter(stage__kind=StageKind.CLIENT)
    return rows.order_by("-seq")
