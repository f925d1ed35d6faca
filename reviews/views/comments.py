"""Say something in the room, tick it off, take it back."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from renders.models import Render
from reviews.actions import rounds
from reviews.forms import CommentForm
from reviews.models import Comment, Visibility
from reviews.views.room import comment_form, room_page, threads_context
from reviews.views.takes import find, round_of, shown_clip, tell, wants_fragment
from reviews.visibility import comments_for
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused
from tenants.models import User
from tenants.public_ids import decode, encode


def parent_of(viewer: Any, render: Render, text: str) -> Comment | None:
    """The comment that is answered. Raises Http404 unless this viewer may read it in this take's round."""
    if not text:
        return None
    try:
        pk = decode("cmt", text)
    except ValueError:
        pk = None
    return get_object_or_404(comments_for(viewer, round_of(render)).select_related("parent"), pk=pk)


@requires("reviews.comment")
@require_POST
def add(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """A new comment, or an answer."""
    found = find(render)
    form = CommentForm(request.POST, clip=shown_clip(found))
    parent = parent_of(request.user, found, request.POST.get("parent", ""))
    if not form.is_valid():
        return _again(request, found, form, parent, status=422)
    try:
        comment = _say(found, form, parent, request.user)
    except rounds.StaleTake as error:
        form.add_error(None, str(error))
        return _again(request, found, form, parent, status=409)
    except Refused as error:
        form.add_error("body", str(error))
        return _again(request, found, form, parent, status=422)
    if wants_fragment(request):
        fragment = _fragment(request, found, parent, comment_form(found), opened=[top_of(comment)])
        return tell(fragment, changed=True)
    return redirect(_room_url(request, comment))


def _say(render: Render, form: CommentForm, parent: Comment | None, by: User) -> Comment:
    """Opens the round with the first word; neither without the other."""
    data = form.cleaned_data
    with transaction.atomic():
        return rounds.add_comment(
            round_=rounds.open_round(render, by=by),
            body=data["body"],
            by=by,
            shown_sha256=data["asset_sha256"],
            visibility=Visibility.TEAM if data["team_only"] else Visibility.SHARED,
            parent=parent,
            form_key=data["form_key"],
            **form.place(),
        )


def top_of(comment: Comment) -> UUID:
    """The thread that it is in."""
    found: UUID = comment.parent_id or comment.pk
    return found


def _fragment(
    request: AgencyRequest,
    render: Render,
    parent: Comment | None,
    form: CommentForm,
    *,
    status: int = 200,
    opened: Collection[UUID] = (),
) -> HttpResponse:
    """An answer changes the threads only; a new comment the composer, too."""
    part = "threads" if parent else "discussion"
    context = threads_context(request, render, opened=opened) | _form_context(parent, form)
    return TemplateResponse(request, f"reviews/room.html#{part}", context, status=status).render()


def _form_context(parent: Comment | None, form: CommentForm) -> dict[str, Any]:
    """A form that came back stands where it was sent from."""
    if parent is None:
        return {"comment_form": form}
    if not (form.is_bound and form.errors):
        return {}
    top = parent.parent or parent
    return {
        "reply_to": top.pk,
        "reply_parent": top.public_id,
        "reply_is_internal": top.visibility == Visibility.TEAM,
        "reply_form": form,
    }


def _again(
    request: AgencyRequest, render: Render, form: CommentForm, parent: Comment | None, *, status: int
) -> HttpResponseBase:
    """The form with what was typed, and what is wrong with it."""
    if wants_fragment(request):
        opened = [top_of(parent)] if parent else []
        return _fragment(request, render, parent, form, status=status, opened=opened)
    return room_page(request, render, status=status, **_form_context(parent, form))


def _room_url(request: AgencyRequest, comment: Comment) -> str:
    room = reverse("reviews:room", args=[request.agency.slug, comment.round.render_id])
    top = encode(Comment.prefix, top_of(comment))
    return f"{room}?from={top}#c={comment.public_id}"


def _change(
    request: AgencyRequest, render: UUID, comment: UUID, act: Callable[[Comment], None], said: str
) -> HttpResponseBase:
    """Do something to one comment of this take, and show the threads as they are now."""
    take = find(render)
    found = get_object_or_404(comments_for(request.user, round_of(take)), pk=comment)
    found.round = round_of(take)
    refusal = ""
    try:
        act(found)
    except Refused as error:
        refusal = str(error)
    if wants_fragment(request):
        response = TemplateResponse(
            request, "reviews/room.html#threads", threads_context(request, take, opened=[top_of(found)])
        ).render()
        return tell(response, toast=refusal or said, tone="danger" if refusal else "success", changed=True)
    (messages.error if refusal else messages.success)(request, refusal or said)
    return redirect("reviews:room", request.agency.slug, render)


@requires("reviews.comment")
@require_POST
def resolve(request: AgencyRequest, render: UUID, comment: UUID) -> HttpResponseBase:
    """Tick a thread off."""
    return _change(
        request,
        render,
        comment,
        lambda c: rounds.set_resolved(comment=c, is_resolved=True, by=request.user),
        "Resolved.",
    )


@requires("reviews.comment")
@require_POST
def reopen(request: AgencyRequest, render: UUID, comment: UUID) -> HttpResponseBase:
    """Open a thread again."""
    return _change(
        request,
        render,
        comment,
        lambda c: rounds.set_resolved(comment=c, is_resolved=False, by=request.user),
        "Open again.",
    )


@requires("reviews.comment")
@require_POST
def delete(request: AgencyRequest, render: UUID, comment: UUID) -> HttpResponseBase:
    """Take one's own words back."""
    return _change(
        request, render, comment, lambda c: rounds.delete_comment(comment=c, by=request.user), "Deleted."
    )
