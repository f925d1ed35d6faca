"""One character: make it, look at it, describe it, put it away."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from characters import rules
from characters.actions import approval, clips
from characters.actions import characters as actions
from characters.files import keep
from characters.forms import NewCharacterForm, SheetForm
from characters.models import Character, CharacterFile, FileKind, Likeness
from characters.states import State, can
from tenants import storage
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of
from tenants.uploads import was_too_large

USED_SHOWN = 12


def find(character: UUID) -> Character:
    """The character with what its pages show. Raises Http404."""
    rows = Character.objects.select_related("client", "created_by", "approved_by", "clip__attested_by")
    rows = rows.prefetch_related("clips__files", "events__by")
    found: Character = get_object_or_404(rows, pk=character)
    for clip in found.clips.all():
        if clip.pk == found.clip_id:
            found.clip = clip
    return found


def status_context(request: AgencyRequest, character: Character) -> dict[str, Any]:
    """What the status panel shows; also its fragment."""
    is_draft = character.state == State.DRAFT
    registrations = list(character.registrations.select_related("account").order_by("account_id", "-number"))
    return {
        "character": character,
        "missing": approval.missing(character) if is_draft else [],
        "attestation": approval.ATTESTATION,
        "approve_refusal": refusal_of(approval.check_can_approve, character, by=request.user),
        "register_refusal": refusal_of(approval.check_can_register, character),
        "may_take_back": can(character.state, State.DRAFT) and character.state != State.DRAFT,
        "may_retire": can(character.state, State.RETIRED),
        "may_revoke": can(character.state, State.REVOKED),
        "has_expired": character.has_expired(),
        "has_files": character.is_put_away and character.files.filter(deleted_at=None).exists(),
        "registrations": registrations,
        "was_doubted": character.clip is not None and character.clip.likeness != Likeness.NONE,
    }


def page_context(request: AgencyRequest, character: Character) -> dict[str, Any]:
    """Everything on the page of a character."""
    # Briefs and takes live a layer above: they are reached by relation only.
    deletions: Any = character.deletions
    used = character.in_versions.select_related("version__brief").prefetch_related("version__renders__assets")
    return {
        **status_context(request, character),
        "rules_shown": rules.SHOWN,
        "tips": rules.TIPS,
        "clip_refusal": refusal_of(clips.check_can_change_clip, character),
        "earlier": [clip for clip in character.clips.all() if clip.pk != character.clip_id][:8],
        "drafts": character.in_briefs.select_related("brief").order_by("-brief__updated_at")[:USED_SHOWN],
        "evidence": character.files.filter(kind=FileKind.EVIDENCE, deleted_at=None).order_by("-created_at"),
        "events": sorted(character.events.all(), key=lambda event: event.version, reverse=True),
        "used": used.order_by("-version__created_at")[:USED_SHOWN],
        "used_count": character.in_versions.count(),
        "deletion": deletions.newest() if character.is_put_away else None,
    }


def show(request: AgencyRequest, character: Character, *, status: int = 200, **more: Any) -> HttpResponseBase:
    """The page, with what a form of it has to say."""
    context = {**page_context(request, character), **more}
    return TemplateResponse(request, "characters/character.html", context, status=status)


@requires("characters.view")
@require_safe
def character_page(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """Clip, sheet, rights, where it stands and where it was used."""
    return show(request, find(character))


@requires("characters.view")
@require_safe
def character_status(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """The status panel alone, asked for while a worker is at it; then the whole page."""
    found = find(character)
    context = status_context(request, found)
    response = TemplateResponse(request, "characters/character.html#status-panel", context)
    if not found.is_working:
        response["HX-Refresh"] = "true"
    return response


@requires("characters.edit")
def character_new(request: AgencyRequest) -> HttpResponseBase:
    """A name and a kind make a draft; its clip comes next."""
    form = NewCharacterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.create_character(
                kind=data["kind"], name=data["name"], client=data["client"], by=request.user
            )
        except Refused as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"“{made}” is a draft. Now its clip.")
            return redirect("characters:character", request.agency.slug, made.pk)
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "characters/new.html", {"form": form}, status=status)


_SHEET_FIELDS = (
    "name",
    "kind",
    "client",
    "look",
    "dos",
    "donts",
    "rights_holder",
    "rights_evidence",
    "rights_until",
)


@requires("characters.edit")
def character_edit(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """The sheet and the rights. What was approved is shown and stays."""
    found = find(character)
    if said := refusal_of(actions.check_can_edit, found):
        messages.error(request, said)
        return redirect("characters:character", request.agency.slug, found.pk)
    fixed = actions.locked_fields(found)
    initial = {name: getattr(found, name) for name in _SHEET_FIELDS}
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    is_large = was_too_large(request, "rights_file")
    form = SheetForm(*posted, initial=initial, character=found, fixed=fixed, was_too_large=is_large)
    if form.is_bound and form.is_valid():
        try:
            evidence = _evidence(found, form)
            actions.edit_character(character=found, by=request.user, evidence=evidence, **form.values())
        except actions.NameTaken as error:
            form.add_error("name", str(error))
        except (Refused, storage.StorageFailed) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved.")
            return redirect("characters:character", request.agency.slug, found.pk)
    context = {"form": form, "character": found, "is_fixed": bool(fixed)}
    return TemplateResponse(request, "characters/edit.html", context, status=422 if form.is_bound else 200)


def _evidence(character: Character, form: SheetForm) -> CharacterFile | None:
    """The uploaded file in storage, as a row that is not saved yet. Raises StorageFailed."""
    file = form.cleaned_data["rights_file"]
    if not file:
        return None
    with storage.workspace() as folder:
        staged = storage.stage(folder / "evidence", file.chunks())
        return keep(character, FileKind.EVIDENCE, staged, form.evidence_type)


def act(
    request: AgencyRequest, character: UUID, do: Callable[[Character], None], done: str
) -> HttpResponseBase:
    """One action, and back to the page with what became of it."""
    found = find(character)
    try:
        do(found)
    except (Refused, storage.StorageFailed) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("characters:character", request.agency.slug, found.pk)


@requires("characters.edit")
@require_POST
def character_retire(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """No new use; takes in the queue go on."""
    reason = request.POST.get("reason", "")
    return act(
        request,
        character,
        lambda found: actions.retire_character(character=found, reason=reason, by=request.user),
        "Retired. No new brief can use it; takes in the queue go on.",
    )


@requires("characters.edit")
@require_POST
def character_bring_back(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """A retired one waits for approval again."""
    return act(
        request,
        character,
        lambda found: actions.bring_back(character=found, by=request.user),
        "Back. A colleague has to approve it again.",
    )


@requires("characters.edit")
@require_POST
def character_revoke(request: AgencyRequest, character: UUID) -> HttpResponseBase:
    """The rights are gone: nothing new is sent with it from now on."""
    reason = request.POST.get("reason", "")
    return act(
        request,
        character,
        lambda found: actions.revoke_character(character=found, reason=reason, by=request.user),
        "Revoked. Nothing new is sent with it; below is everywhere it was used.",
    )
