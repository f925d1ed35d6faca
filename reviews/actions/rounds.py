"""Open rounds; say things in them; take a take back."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from renders.actions.review_state import set_review_state
from renders.models import AssetKind, Render
from renders.moves import Superseded
from renders.states import State, Who
from reviews.actions.pace import COMMENTS, check_pace
from reviews.models import Comment, Guest, Round, Stage, StageKind, Visibility
from tenants import audit, live
from tenants.errors import Refused
from tenants.models import User
from tenants.scope import require_org

_TAKEN_BACK_FROM = {State.CLIENT_REVIEW, State.CHANGES}


class CannotComment(Refused):
    """The comment was not kept."""


class CannotReopen(Refused):
    """The take stays where it is; the text is the disabled button's tooltip."""


class StaleTake(Refused):
    """The page showed other bytes than are here now."""


def asset_hash(render: Render) -> str:
    """SHA-256 of the take's original. Raises StaleTake when there is none."""
    original = render.asset(AssetKind.ORIGINAL)
    if original is None:
        raise StaleTake("This take has no stored clip, so there is nothing to say about it yet.")
    return str(original.sha256)


def check_shown(render: Render, shown_sha256: str) -> str:
    """The hash that was shown, if it is what is here. Raises StaleTake."""
    here = asset_hash(render)
    if here != shown_sha256:
        raise StaleTake(
            "The clip on your page is not the one that is here now. Reload, look at it, then go on: "
            "what you typed is still in its field."
        )
    return here


def open_round(render: Render, *, by: User) -> Round:
    """The take's round; made on the first comment, decision or link."""
    known: Round | None = getattr(render, "round", None)
    if known is not None:
        return known
    round_, is_new = Round.objects.get_or_create(render=render, defaults={"created_by": by})
    if is_new:
        Stage.objects.bulk_create(
            [Stage(round=round_, kind=kind, order=order) for order, kind in enumerate(StageKind, start=1)]
        )
        audit.record("review.opened", by=by, on=round_, take=render.public_id)
    round_.render = render
    return round_


def _check_range(render: Render, frame_in: int | None, frame_out: int | None) -> None:
    frames = render.asset(AssetKind.ORIGINAL).frames
    last = frame_out if frame_out is not None else frame_in
    if last is not None and last >= frames:
        raise CannotComment(f"The clip has {frames} frames, counted from 0; frame {last} is outside it.")
    if frame_in is not None and frame_out is not None and frame_out < frame_in:
        raise CannotComment("The range ends before it begins.")
    if frame_out is not None and frame_in is None:
        raise CannotComment("The range has an end and no beginning.")


def _check_parent(parent: Comment, round_: Round, by: User | Guest) -> None:
    is_hidden = isinstance(by, Guest) and parent.visibility != Visibility.SHARED
    if parent.round_id != round_.pk or parent.deleted_at or is_hidden:
        raise CannotComment("The comment that you answer is gone. Reload, then write a new one.")


def add_comment(
    *,
    round_: Round,
    body: str,
    by: User | Guest,
    shown_sha256: str,
    visibility: str = Visibility.TEAM,
    frame_in: int | None = None,
    frame_out: int | None = None,
    parent: Comment | None = None,
    form_key: str = "",
) -> Comment:
    """Say something. A reply is as visible as what it answers. Raises CannotComment, StaleTake, pace.TooMany.

    Unless the writer says otherwise only the team sees it: the slip of a hand must not reach a client.
    The same form twice is one comment.
    """
    body = body.strip()
    if not body:
        raise CannotComment("Write something first.")
    if isinstance(by, Guest):
        visibility = Visibility.SHARED
        check_pace(by.link_id, COMMENTS)
    sha256 = check_shown(round_.render, shown_sha256)
    _check_range(round_.render, frame_in, frame_out)
    if parent is not None:
        _check_parent(parent, round_, by)
        parent = parent.parent or parent
        visibility, frame_in, frame_out = parent.visibility, None, None
    comment = Comment(
        round=round_,
        parent=parent,
        asset_sha256=sha256,
        frame_in=frame_in,
        frame_out=frame_out if frame_out != frame_in else None,
        body=body,
        visibility=visibility,
        form_key=form_key or None,
        **_author(by),
    )
    return _keep(comment, by)


def _author(by: User | Guest) -> dict[str, Any]:
    return {"guest": by} if isinstance(by, Guest) else {"author": by}


def _keep(comment: Comment, by: User | Guest) -> Comment:
    try:
        with transaction.atomic():
            comment.save(force_insert=True)
            audit.record(
                "comment.added",
                by=by,
                on=comment,
                review=comment.round.public_id,
                visibility=comment.visibility,
            )
            _announce(comment)
    except IntegrityError:
        twin = comment.form_key and Comment.objects.filter(form_key=comment.form_key, **_author(by)).first()
        if not twin:
            raise
        return twin
    return comment


def _announce(comment: Comment) -> None:
    live.publish(require_org(), f"render:{comment.round.render_id}", "comment")


@transaction.atomic
def set_resolved(*, comment: Comment, is_resolved: bool, by: User) -> None:
    """Tick a thread off, or open it again. Harmless when it is so already."""
    thread = comment.parent or comment
    if thread.deleted_at or bool(thread.resolved_at) == is_resolved:
        return
    thread.resolved_at = timezone.now() if is_resolved else None
    thread.resolved_by = by if is_resolved else None
    thread.save(update_fields=["resolved_at", "resolved_by"])
    audit.record("comment.resolved" if is_resolved else "comment.reopened", by=by, on=thread)
    _announce(thread)


@transaction.atomic
def delete_comment(*, comment: Comment, by: User) -> None:
    """Take one's own words back. Raises CannotComment for somebody else's, and for what was answered already."""
    if comment.author_id != by.pk:
        raise CannotComment("Only who wrote a comment can delete it. You can resolve it, or answer.")
    if Comment.objects.filter(parent=comment, deleted_at=None).exists():
        raise CannotComment("It was answered already, so it stays. You can resolve it.")
    if Comment.objects.filter(pk=comment.pk, deleted_at=None).update(deleted_at=Now()):
        audit.record("comment.deleted", by=by, on=comment)
        _announce(comment)


def check_can_reopen(render: Render) -> None:
    """Raises CannotReopen."""
    if render.state not in _TAKEN_BACK_FROM:
        raise CannotReopen(f"This take is “{State(render.state).label}”, so there is nothing to take back.")


@transaction.atomic
def reopen(*, round_: Round, by: User) -> None:
    """Bring a take back to the team; what was decided stays on record. Raises CannotReopen.

    The client's links show nothing until the team approves again.
    """
    check_can_reopen(round_.render)
    # Before the take's row is touched: deciding locks the trail first, too, and must not wait for us crosswise.
    audit.record("review.reopened", by=by, on=round_)
    try:
        set_review_state(round_.render, State.IN_REVIEW, who=Who.REVIEWER, by=by, note="taken back")
    except Superseded as error:
        raise CannotReopen("Somebody decided at the same moment. Reload to see what was decided.") from error
