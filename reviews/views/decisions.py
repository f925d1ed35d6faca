"""Decide about a take in the team, and take it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from renders.models import Render
from reviews.actions import decisions, rounds
from reviews.forms import DecisionForm
from reviews.models import Decision, StageKind
from reviews.views.room import decision_context, room_page
from reviews.views.takes import find, round_of, tell, wants_fragment
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused
from tenants.models import User

_SAID = {
    "approved": "Approved. It can go to the client now.",
    "approved_with_changes": "Approved with changes. It can go to the client now.",
    "changes_required": "Turned back, with your reasons.",
    "not_relevant": "Noted. The take still waits for a decision.",
}


@requires("reviews.decide")
@require_POST
def decide(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """One of the four verdicts, about the bytes that the page showed."""
    found = find(render)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _answer(request, found, form, "", status=422)
    try:
        decision = _decide(found, form, request.user)
    except (decisions.DecidedMeanwhile, rounds.StaleTake) as error:
        found.refresh_from_db(fields=["state", "version"])
        return _answer(request, found, form, str(error), status=409)
    except decisions.ReasonMissing as error:
        form.add_error("note", str(error))
        return _answer(request, found, form, "", status=422)
    except Refused as error:
        return _answer(request, found, form, str(error), status=422)
    said = _SAID[decision.verdict]
    if wants_fragment(request):
        context = decision_context(request, found)
        response = TemplateResponse(request, "reviews/room.html#decision", context).render()
        return tell(response, toast=said, moved=True)
    messages.success(request, said)
    return redirect("reviews:room", request.agency.slug, render)


def _decide(render: Render, form: DecisionForm, by: User) -> Decision:
    data = form.cleaned_data
    with transaction.atomic():
        return decisions.decide(
            round_=rounds.open_round(render, by=by),
            kind=StageKind.INTERNAL,
            verdict=data["verdict"],
            by=by,
            shown_sha256=data["asset_sha256"],
            form_key=data["form_key"],
            note=data["note"],
        )


def _answer(
    request: AgencyRequest, render: Render, form: DecisionForm, refusal: str, *, status: int
) -> HttpResponseBase:
    """The panel with the truth, the refusal, and the note as it was typed."""
    changes: dict[str, Any] = {"refusal": refusal, "decision_form": form}
    if wants_fragment(request):
        context = decision_context(request, render) | changes
        return TemplateResponse(request, "reviews/room.html#decision", context, status=status)
    return room_page(request, render, status=status, **changes)


@requires("reviews.manage")
@require_POST
def take_back(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Bring the take back to the team; the client's links show nothing until it is approved again."""
    found = find(render)
    round_ = round_of(found) or rounds.open_round(found, by=request.user)
    said, refusal = "Back with the team. The client’s links say that you are still looking.", ""
    try:
        rounds.reopen(round_=round_, by=request.user)
    except Refused as error:
        refusal = str(error)
        found.refresh_from_db(fields=["state", "version"])
    if wants_fragment(request):
        context = decision_context(request, found) | {"refusal": refusal}
        status = 409 if refusal else 200
        response = TemplateResponse(request, "reviews/room.html#decision", context, status=status).render()
        return tell(response, toast="" if refusal else said, moved=True)
    (messages.error if refusal else messages.success)(request, refusal or said)
    return redirect("reviews:room", request.agency.slug, render)
