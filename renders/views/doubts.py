"""For the platform's staff: requests that nobody could clear up, across agencies."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions import resolutions as actions
from renders.models import Remedy, Render, Resolution
from renders.states import State
from tenants import scope
from tenants.access import staff
from tenants.errors import Refused, refusal_of

SHOWN = 100


@staff("doubts.view")
@require_safe
def doubts(request: HttpRequest) -> HttpResponseBase:
    """Those that need a person, the longest waiting first."""
    with scope.platform_reading("doubts: takes across agencies"):
        rows = Render.objects.filter(state=State.NEEDS_HUMAN).order_by("state_at", "pk")
        found = list(rows.select_related("org", "brief__project__client", "account")[:SHOWN])
        proposed = set(
            Resolution.objects.waiting()
            .filter(render__in=[r.pk for r in found])
            .values_list("render_id", flat=True)
        )
    for row in found:
        row.is_proposed = row.pk in proposed
    return TemplateResponse(request, "renders/staff/doubts.html", {"renders": found})


def _load(pk: UUID) -> Render:
    """The take with its evidence. Raises Http404."""
    with scope.platform_reading("doubts: one take"):
        rows = Render.objects.select_related("org", "brief__project__client", "account", "brief_version")
        found: Render | None = (
            rows.prefetch_related("attempts", "events", "resolutions__proposed_by", "resolutions__decided_by")
            .filter(pk=pk)
            .first()
        )
    # Also when it was cleared up already: whoever has the page open reads what became of it.
    if found is None or not (found.state == State.NEEDS_HUMAN or found.resolutions.all()):
        raise Http404("Nothing is to be cleared up here.")
    return found


def _page(
    request: HttpRequest, pk: UUID, *, refusal: str = "", status: int = 200, typed: Any = None
) -> HttpResponseBase:
    found = _load(pk)
    rows = list(found.resolutions.all())
    waiting = next((row for row in rows if row.verdict == "waiting"), None)
    context = {
        "render": found,
        "attempt": max(found.attempts.all(), key=lambda a: a.number, default=None),
        "attempts": found.attempts.all(),
        "events": sorted(found.events.all(), key=lambda e: e.version),
        "waiting": waiting,
        "decided": [row for row in rows if row is not waiting],
        "why_not": refusal_of(actions.check_can_confirm, waiting, by=request.user) if waiting else "",
        "remedies": Remedy.choices,
        "is_open": found.state == State.NEEDS_HUMAN,
        "refusal": refusal,
        "typed": typed or {},
    }
    return TemplateResponse(request, "renders/staff/doubt.html", context, status=status)


@staff("doubts.view")
@require_safe
def doubt(request: HttpRequest, render: UUID) -> HttpResponseBase:
    """One request: what was sent, what was looked for, what is proposed."""
    return _page(request, render)


@staff("doubts.decide")
@require_POST
def doubt_do(request: HttpRequest, render: UUID) -> HttpResponseBase:
    """Propose, carry out, or refuse."""
    found = _load(render)
    try:
        with scope.entered(UUID(str(found.org_id))):
            said = _do(request, found)
    except Refused as error:
        return _page(request, render, refusal=str(error), status=422, typed=request.POST)
    messages.success(request, said)
    return redirect("renders:doubt", render)


def _do(request: HttpRequest, render: Render) -> str:
    do, by = request.POST.get("do", ""), request.user
    if do == "propose":
        actions.propose(
            render=render,
            remedy=request.POST.get("remedy", ""),
            video_id=request.POST.get("video_id", ""),
            reason=request.POST.get("reason", ""),
            by=by,  # type: ignore[arg-type]
        )
        return "Proposed. A second person carries it out, or refuses it."
    waiting = Resolution.objects.waiting().select_related("render").filter(render=render).first()
    if waiting is None:
        raise actions.CannotResolve("Nothing is proposed any more. Look at the page again.")
    if do == "confirm":
        actions.confirm(resolution=waiting, by=by)  # type: ignore[arg-type]
        return "Carried out."
    if do == "refuse":
        actions.refuse(resolution=waiting, by=by)  # type: ignore[arg-type]
        return "Refused. It still needs a person."
    raise Http404("No such act.")
