"""One take: where it stands, what it was made from, what it cost."""

import secrets
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders import pricing, reading, waiting
from renders.actions import again as again_actions
from renders.actions import renders as render_actions
from renders.actions.derive import check_can_promote
from renders.messages import MESSAGES
from renders.models import AssetKind, Render, VersionCharacter
from renders.states import SENT, State
from renders.views.files import files_context
from renders.views.policy import case_of
from renders.views.provenance import provenance_context
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of


def find(render: UUID) -> Any:
    """The take with what its pages show. Raises Http404."""
    related = (
        "brief__project__client",
        "brief_version__picture__picture__take__brief",
        "created_by",
        "account",
        "parent__brief",
        "price_row",
        "order",
        "scene",
    )
    rows = Render.objects.select_related(
        *related,
        "held_by",
        "taken_down_by",
        "abandoned_by",
        "provenance__watermark_by",
        "provenance__acknowledged_by",
    )
    rows = rows.prefetch_related("assets", "attempts", "events", "children")
    # Takes that open with its last frame; asked for here, so that the page needs no query more.
    opening = Render.objects.filter(brief_version__picture__picture__take=OuterRef("pk")).order_by(
        "created_at"
    )
    told = opening.values(told=JSONObject(id="id", title="brief__title", take="take"))
    cast = VersionCharacter.objects.filter(version=OuterRef("brief_version")).order_by("position")
    who = cast.values(told=JSONObject(id="character_id", name="name"))
    rows = rows.annotate(continued_by=ArraySubquery(told), starring=ArraySubquery(who))
    return get_object_or_404(rows, pk=render)


def page_of(request: AgencyRequest, render: Render) -> tuple[Any, ...]:
    """Where somebody goes who has submitted: the take, or the order when there are several, or it has to be approved."""
    if render.order_id is not None:
        return ("renders:order", request.agency.slug, render.order_id)
    return ("renders:render", request.agency.slug, render.pk)


def status_context(render: Render, waits: waiting.Waiting | None) -> dict[str, Any]:
    """What the status panel shows; also its fragment. `waits`: why it is not sent yet."""
    attempt = next(iter(reversed(render.attempts.all())), None)
    if attempt is not None:
        attempt.render = render
    return {
        "render": render,
        "sentence": reading.sentence(render, waits),
        "eta": reading.eta(render, waits),
        "retries": reading.retries(render),
        "message": MESSAGES.get(render.failure_class) if render.is_failure else None,
        "attempt": attempt,
        "expires_in": reading.expires_soon(attempt),
        "cancel_refusal": refusal_of(render_actions.check_can_cancel, render),
        "is_sent": render.state in SENT,
    }


@requires("renders.view")
@require_safe
def render_page(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Status, provenance, cost lines and the log of one take."""
    found = find(render)
    context = {
        **status_context(found, waiting.at_once(found)),
        # Its place among all that wait comes after the page, so that nobody waits for it to read the rest.
        "is_first": found.state == State.QUEUED,
        **files_context(found),
        "refused": case_of(found, request),
        **provenance_context(found),
        "original": found.asset(AssetKind.ORIGINAL),
        "proxy": found.asset(AssetKind.PROXY) or found.asset(AssetKind.ORIGINAL),
        "poster": found.asset(AssetKind.POSTER),
        "events": sorted(found.events.all(), key=lambda e: e.version),
        "attempts": found.attempts.all(),
        "cast": [{**told, "id": UUID(told["id"])} for told in found.starring],
        "children": sorted(found.children.all(), key=lambda child: child.take),
        "continued": [{**told, "id": UUID(told["id"])} for told in found.continued_by],
        "can_promote": not refusal_of(check_can_promote, found),
        "rate": pricing.dollars(found.microusd_per_second),
        "submit_key": secrets.token_urlsafe(24),
        **_again(request, found),
    }
    return TemplateResponse(request, "renders/render.html", context)


def _again(request: AgencyRequest, render: Render) -> dict[str, Any]:
    """The same once more, or why not; nothing while it is under way, and for those who may not submit."""
    if render.is_working or not request.membership.may("renders.submit"):
        return {}
    try:
        return {"again": again_actions.look_again(render)}
    except Refused as error:
        return {"again_refusal": str(error)}


@requires("renders.view")
@require_safe
def render_status(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The status panel alone. Once the work is over, the whole page is asked for instead."""
    found = find(render)
    context = status_context(found, waiting.explain([found]).get(found.pk))
    response = TemplateResponse(request, "renders/render.html#status-panel", context)
    if not found.is_working and request.GET.get("was") == "working":
        response["HX-Refresh"] = "true"
    return response


@requires("renders.submit")
@require_POST
def render_cancel(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Withdraw a take that was not sent yet."""
    found = find(render)
    try:
        render_actions.cancel_render(render=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Withdrawn. Its price is back in the budget.")
    return redirect("renders:render", request.agency.slug, found.pk)


@requires("renders.submit")
@require_POST
def render_abandon(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Nobody wants a take that was sent."""
    return _turn(request, render, render_actions.abandon_render, _ABANDONED)


@requires("renders.submit")
@require_POST
def render_keep(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """An abandoned take is wanted after all."""
    return _turn(request, render, render_actions.keep_render, "It comes to review when it is here.")


_ABANDONED = (
    "Abandoned. The provider cannot be asked to stop, so it is still made and paid; it goes to the archive instead of "
    "review."
)


def _turn(request: AgencyRequest, render: UUID, action: Any, said: str) -> HttpResponseBase:
    found = find(render)
    try:
        action(render=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("renders:render", request.agency.slug, found.pk)


@requires("renders.submit")
@require_POST
def render_again(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The same brief and settings once more, as a new take, at today's price as the page showed it."""
    found = find(render)
    shown = request.POST.get("shown_microusd", "")
    try:
        take = again_actions.regenerate(
            render=found,
            submit_key=request.POST.get("submit_key", "")[:64] or secrets.token_urlsafe(24),
            shown_microusd=int(shown) if shown.isdecimal() and len(shown) < 16 else -1,
            by=request.user,
        )
    except Refused as error:
        messages.error(request, str(error))
        return redirect("renders:render", request.agency.slug, found.pk)
    return redirect(*page_of(request, take))
