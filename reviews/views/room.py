"""The review room: the clip, what is said about it, and the decision."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from renders.models import Render
from renders.states import State
from renders.views.provenance import provenance_context
from reviews.actions.decisions import check_can_approve, check_can_decide
from reviews.actions.portal import check_can_share
from reviews.actions.rounds import check_can_reopen
from reviews.forms import CommentForm, DecisionForm, LinkForm
from reviews.models import Comment, PortalLink, StageKind, Verdict, Visibility
from reviews.threads import load, outline, windows
from reviews.views.takes import clip_context, find, label_frames, new_form_key, round_of, shown_clip, tell
from reviews.visibility import decisions_for
from tenants.access import AgencyRequest, requires
from tenants.errors import refusal_of
from tenants.public_ids import decode

# Who noted what about the clip's origin.
ORIGIN = ("provenance__watermark_by", "provenance__acknowledged_by")
FILTERS = {
    "all": _("All"),
    "open": _("Open"),
    "team": _("Team"),
    "client": _("Client"),
}
# The verdicts as commands: a button says what it does.
BUTTONS = {
    Verdict.APPROVED: _("Approve"),
    Verdict.APPROVED_WITH_CHANGES: _("Approve with changes"),
    Verdict.CHANGES_REQUIRED: _("Ask for changes"),
    Verdict.NOT_RELEVANT: _("Not relevant"),
}


def threads_context(
    request: AgencyRequest, render: Render, *, opened: Collection[UUID] = ()
) -> dict[str, Any]:
    """The threads that fit the filter in the address, in windows; the words of those that are shown.

    Shown are the first window, those that the page has opened already, and those that hold one of `opened`.
    """
    asked = request.POST.get("show") or request.GET.get("show", "all")
    show = asked if asked in FILTERS else "all"
    entries = outline(request.user, round_of(render))
    all_windows = windows([entry for entry in entries if entry.fits(show)])
    wanted = {*opened, *_asked_for(request)}
    shown = [window for window in all_windows if window.holds(wanted)]
    if all_windows and all_windows[0] not in shown:
        shown.insert(0, all_windows[0])
    threads = load(request.user, round_of(render), shown)
    label_frames([comment for top in threads for comment in (top, *top.thread)], shown_clip(render))
    return {
        "render": render,
        "show": show,
        "filters": [
            {
                "label": label,
                "url": "?" + urlencode({"show": key}) if key != "all" else "?",
                "count": sum(entry.fits(key) for entry in entries),
                "is_current": key == show,
            }
            for key, label in FILTERS.items()
        ],
        "windows": all_windows,
        "total": len(entries),
        "unresolved": sum(entry.is_open for entry in entries),
        "asset_sha256": clip_context(render)["asset_sha256"],
        **reply_context(render, request.GET.get("reply", ""), threads),
    }


def _asked_for(request: AgencyRequest) -> Iterator[UUID]:
    """Threads that have to be shown: of windows that are open on the page, and those that the address names."""
    sent = request.POST if request.method == "POST" else request.GET
    for text in (*sent.getlist("open")[:100], request.GET.get("from", ""), request.GET.get("reply", "")):
        try:
            yield decode("cmt", text)
        except ValueError:
            continue


def reply_context(render: Render, parent: str, threads: list[Comment]) -> dict[str, Any]:
    """The one form for an answer that is open, under the thread that it answers; mostly none is."""
    top = next((thread for thread in threads if thread.public_id == parent), None) if parent else None
    return {
        "reply_to": top.pk if top else None,
        "reply_parent": parent,
        "reply_is_internal": bool(top and top.visibility == Visibility.TEAM),
        "reply_form": comment_form(render) if top else None,
    }


def comment_form(render: Render) -> CommentForm:
    """An empty one. Only the team sees what is written, until the writer says otherwise."""
    initial = {
        "asset_sha256": clip_context(render)["asset_sha256"],
        "form_key": new_form_key(),
        "team_only": True,
    }
    return CommentForm(initial=initial, clip=shown_clip(render))


def decision_context(
    request: AgencyRequest, render: Render, *, unresolved: int | None = None
) -> dict[str, Any]:
    """Where the take stands, what may be decided, and what was."""
    inside = {"render": render, "kind": StageKind.INTERNAL, "by": request.user}
    closed = refusal_of(check_can_decide, **inside)
    if not closed and not clip_context(render)["asset_sha256"]:
        closed = str(_("The clip of this take was deleted, so there is nothing to decide about."))
    approve = closed or refusal_of(check_can_approve, **inside, unresolved=unresolved)
    refusals = dict.fromkeys(Verdict.values, closed) | {Verdict.APPROVED: approve}
    initial = {"asset_sha256": clip_context(render)["asset_sha256"], "form_key": new_form_key()}
    return {
        "render": render,
        "is_open": render.state == State.IN_REVIEW,
        "verdicts": [(verdict, BUTTONS[verdict], refusals[verdict]) for verdict in Verdict],
        "closed_refusal": closed,
        "approve_refusal": approve,
        "decision_form": DecisionForm(initial=initial),
        "decisions": list(decisions_for(request.user, round_of(render))),
        "may_take_back": not refusal_of(check_can_reopen, render),
        "refusal": "",
    }


def sharing_context(request: AgencyRequest, render: Render) -> dict[str, Any]:
    """The links to this take, and the form for another one."""
    if not request.membership.may("reviews.manage"):
        return {"may_share": False}
    round_ = round_of(render)
    rows = PortalLink.objects.filter(round=round_).select_related("created_by").order_by("-created_at")
    return {
        "render": render,
        "may_share": True,
        "share_refusal": refusal_of(check_can_share, round_),
        "links": list(rows) if round_ else [],
        "link_form": LinkForm(initial={"form_key": new_form_key()}),
        "address": "",
    }


def room_page(
    request: AgencyRequest, render: Render, *, status: int = 200, **changes: Any
) -> TemplateResponse:
    """The whole page; `changes` put a form with errors, or a refusal, in its place."""
    threads = threads_context(request, render)
    context = {
        **clip_context(render),
        **provenance_context(render),
        **decision_context(request, render, unresolved=threads["unresolved"]),
        **sharing_context(request, render),
        **threads,
        "comment_form": comment_form(render),
        "attempts": list(render.attempts.all()),
        **changes,
    }
    return TemplateResponse(request, "reviews/room.html", context, status=status)


@requires("reviews.view")
@require_safe
def room(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Watch, comment, decide."""
    return room_page(request, find(render, "brief_version", *ORIGIN))


@requires("reviews.view")
@require_safe
def threads(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """What was said, alone; asked for when the live channel says that it changed."""
    return TemplateResponse(request, "reviews/room.html#threads", threads_context(request, find(render)))


@requires("reviews.view")
@require_safe
def threads_window(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The words of one more window, for whoever scrolls there. When it is gone, the talk as it is now."""
    context = threads_context(request, find(render))
    start = request.GET.get("from", "")
    window = next((w for w in context["windows"] if w.threads and w.first_id == start), None)
    if window is None:
        response = TemplateResponse(request, "reviews/room.html#threads", context)
        return retarget(reswap(response, "outerHTML"), "#threads")
    return TemplateResponse(request, "reviews/room.html#window", context | {"window": window})


@requires("reviews.comment")
@require_safe
def reply(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The form for an answer, alone: a room of a thousand comments need not hold a thousand of them."""
    context = threads_context(request, find(render))
    if context["reply_to"] is None:
        raise Http404("The comment is gone.")
    return TemplateResponse(request, "reviews/room.html#reply-form", context)


@requires("reviews.view")
@require_safe
def decision_panel(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Where the take stands, alone. When it has moved since, other parts of the page look again, too."""
    found = find(render)
    context = decision_context(request, found)
    response = TemplateResponse(request, "reviews/room.html#decision", context).render()
    return tell(response, moved=request.GET.get("was") != found.state)


@requires("reviews.manage")
@require_safe
def sharing_panel(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Links to the take, alone."""
    return TemplateResponse(request, "reviews/room.html#sharing", sharing_context(request, find(render)))
