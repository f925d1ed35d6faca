"""Attest, send, approve, register."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from characters.actions import approval as actions
from characters.states import State
from characters.views.pages import act, find, show
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused


@requires("characters.edit")
@require_POST
def character_send(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Attest that nobody is in it and hand it over; or say why one is not sure, and let the staff look."""
    found = find(character)
    is_unsure = request.POST.get("sure") == "no"
    doubt = request.POST.get("doubt", "") if is_unsure else ""
    try:
        actions.send_for_approval(
            character=found,
            attested=request.POST.get("sure") == "yes",
            doubt=doubt,
            by=request.user,
        )
    except Refused as error:
        return show(request, find(character), status=422, send_refusal=str(error), doubt=doubt)
    found.refresh_from_db()
    if found.state == State.LIKENESS:
        messages.info(
            request, "The platform’s staff look at the clip first. Nothing is sent to a provider before."
        )
    else:
        messages.success(request, "Sent. A colleague has to approve it.")
    return redirect("characters:character", request.agency.slug, found.pk)


@requires("characters.edit")
@require_POST
def character_take_back(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """A draft again."""
    return act(
        request,
        character,
        lambda found: actions.take_back(character=found, by=request.user),
        "It is a draft again, and its approval is void.",
    )


@requires("characters.approve")
@require_POST
def character_approve(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Approve what the page showed; the worker registers it."""
    shown = request.POST.get("version", "")
    version = int(shown) if shown.isdecimal() and len(shown) < 9 else -1
    return act(
        request,
        character,
        lambda found: actions.approve(character=found, shown_version=version, by=request.user),
        "Approved. It is being registered with the provider.",
    )


@requires("characters.approve")
@require_POST
def character_changes(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Back to its makers, with what has to change."""
    reason = request.POST.get("reason", "")
    return act(
        request,
        character,
        lambda found: actions.ask_for_changes(character=found, reason=reason, by=request.user),
        "Sent back with your words.",
    )


@requires("characters.edit")
@require_POST
def character_register(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Register it with the account that takes new renders, or ask that account whether it still knows it."""
    return act(
        request,
        character,
        lambda found: actions.ask_registration(character=found, by=request.user),
        "A worker is at it.",
    )
