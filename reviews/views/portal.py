"""The client's side: watch, comment, decide, without an account and without scripts."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renders.models import Render
from renders.states import State
from reviews.access import PortalRequest, passed, portal, portal_page, remember, typed_words
from reviews.actions import decisions, rounds
from reviews.actions.pace import TooMany
from reviews.actions.portal import note_opened, register_guest, try_passcode
from reviews.forms import GuestCommentForm, GuestDecisionForm, PasscodeForm
from reviews.models import Comment, Decision, Guest, StageKind, Verdict
from reviews.views.comments import parent_of
from reviews.views.media import portal_take
from reviews.views.takes import clip_context, label_frames, new_form_key, shown_clip
from reviews.visibility import decisions_for, threads_for
from tenants.errors import Refused

_FOOT_IN_DOOR = require_http_methods(["GET", "HEAD", "POST"])


@portal("enter")
@require_safe
def brand(request: PortalRequest) -> HttpResponseBase:
    """The agency's hue; lightness and chroma are ours, which keeps text readable."""
    hue = request.link.org.hue % 360
    return HttpResponse(f":root {{ --brand-hue: {hue} }}\n", content_type="text/css; charset=utf-8")


@portal("enter")
@_FOOT_IN_DOOR
def enter(request: PortalRequest) -> HttpResponseBase:
    """Ask for the passcode, if there is one. `forget`: it was somebody else who used this browser."""
    if request.method == "POST" and "forget" in request.POST:
        response = redirect("reviews:portal", request.token)
        remember(request, response, request.link, guest="")
        return response
    if not request.link.needs_passcode:
        return redirect("reviews:portal", request.token)
    form = PasscodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        refusal = try_passcode(request.link, form.cleaned_data["passcode"])
        if not refusal:
            response = redirect("reviews:portal", request.token)
            remember(request, response, request.link, passed=passed(request.link))
            return response
        form.add_error("passcode", refusal)
    status = 422 if form.is_bound else 200
    return portal_page(request, "reviews/portal_enter.html", {"form": form}, status=status)


def _closed(request: PortalRequest, render: Render) -> str:
    """Why this link decides nothing now; empty when it may."""
    if not request.link.may_decide:
        return "This link is for watching and comments; somebody else decides."
    if render.state == State.CLIENT_REVIEW:
        return ""
    return "This take is decided."


def _watch(
    request: PortalRequest, *, form: GuestCommentForm | None = None, status: int = 200
) -> HttpResponseBase:
    render = portal_take(request)
    threads = threads_for(request.link, request.link.round)
    label_frames(threads, shown_clip(render))
    taken = list(decisions_for(request.link, request.link.round))
    context = {
        **clip_context(render),
        "threads": threads,
        "decisions": taken,
        "latest": next((d for d in taken if d.verdict != Verdict.NOT_RELEVANT), None),
        "closed": _closed(request, render),
        "is_open": render.state == State.CLIENT_REVIEW,
        "may_download": request.link.may_download and render.state == State.DELIVERABLE,
        "form": form or _comment_form(request, render),
        "typed": typed_words(request),
        "told": getattr(render, "provenance", None),
    }
    return portal_page(request, "reviews/portal.html", context, status=status)


def _comment_form(request: PortalRequest, render: Render) -> GuestCommentForm:
    initial = {"asset_sha256": clip_context(render)["asset_sha256"], "form_key": new_form_key()}
    return GuestCommentForm(initial=initial, clip=shown_clip(render), is_known=request.guest is not None)


@portal("view")
@require_safe
def watch(request: PortalRequest) -> HttpResponseBase:
    """The clip, and what was said with the client. The first visit is noted for the agency."""
    if request.link.opened_at is None:
        note_opened(request.link)
    return _watch(request)


def _who(request: PortalRequest, data: dict[str, Any]) -> Guest:
    """The guest of this browser; or the one who has just said their name."""
    return request.guest or register_guest(
        link=request.link, name=data["name"], email=data["email"], form_key=data["form_key"]
    )


@portal("comment")
@require_POST
def comment(request: PortalRequest) -> HttpResponseBase:
    """Say something; the team reads it, too."""
    render = portal_take(request)
    form = GuestCommentForm(request.POST, clip=shown_clip(render), is_known=request.guest is not None)
    parent = parent_of(request.link, render, request.POST.get("parent", ""))
    if not form.is_valid():
        return _watch(request, form=form, status=422)
    try:
        said = _say(request, form, parent)
    except Refused as error:
        form.add_error("body", str(error))
        status = 409 if isinstance(error, rounds.StaleTake) else 429 if isinstance(error, TooMany) else 422
        return _watch(request, form=form, status=status)
    response = redirect(f"{redirect('reviews:portal', request.token).url}#c={said.public_id}")
    remember(request, response, request.link, guest=str(said.guest_id))
    return response


def _say(request: PortalRequest, form: GuestCommentForm, parent: Comment | None) -> Comment:
    """Who, and what they say: neither is kept without the other."""
    data = form.cleaned_data
    with transaction.atomic():
        return rounds.add_comment(
            round_=request.link.round,
            body=data["body"],
            by=_who(request, data),
            shown_sha256=data["asset_sha256"],
            parent=parent,
            form_key=data["form_key"],
            **form.place(),
        )


@portal("decide")
@_FOOT_IN_DOOR
def decide(request: PortalRequest) -> HttpResponseBase:
    """GET: the question, with the answer that was tapped. POST: the answer, about the bytes that were shown."""
    render = portal_take(request)
    is_known = request.guest is not None
    if request.method != "POST":
        if render.state != State.CLIENT_REVIEW:
            return redirect("reviews:portal", request.token)
        asked = request.GET.get("verdict", "")
        initial = {
            "asset_sha256": clip_context(render)["asset_sha256"],
            "form_key": new_form_key(),
            "verdict": asked if asked in Verdict.values else Verdict.APPROVED,
        }
        return _ask(request, GuestDecisionForm(initial=initial, is_known=is_known))
    form = GuestDecisionForm(request.POST, is_known=is_known)
    if not form.is_valid():
        return _ask(request, form, status=422)
    try:
        decision = _decide(request, form)
    except decisions.ReasonMissing as error:
        form.add_error("note", str(error))
        return _ask(request, form, status=422)
    except Refused as error:
        is_late = isinstance(error, decisions.DecidedMeanwhile | rounds.StaleTake)
        status = 409 if is_late else 429 if isinstance(error, TooMany) else 422
        return _ask(request, form, refusal=str(error), status=status)
    response = redirect("reviews:portal-certificate", request.token, decision.pk)
    remember(request, response, request.link, guest=str(decision.guest_id))
    return response


def _decide(request: PortalRequest, form: GuestDecisionForm) -> Decision:
    data = form.cleaned_data
    with transaction.atomic():
        return decisions.decide(
            round_=request.link.round,
            kind=StageKind.CLIENT,
            verdict=data["verdict"],
            by=_who(request, data),
            shown_sha256=data["asset_sha256"],
            form_key=data["form_key"],
            note=data["note"],
        )


def _ask(
    request: PortalRequest, form: GuestDecisionForm, *, refusal: str = "", status: int = 200
) -> HttpResponseBase:
    context = {**clip_context(request.link.round.render), "form": form, "refusal": refusal}
    return portal_page(request, "reviews/portal_decide.html", context, status=status)
