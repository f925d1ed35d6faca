"""From a draft to one that may be used: attest, send, approve, register. Nobody approves what they made."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from characters.actions.characters import CannotChange, lock
from characters.models import Character, Clip, Likeness
from characters.moves import move
from characters.states import State, Who, can
from tenants import audit
from tenants.errors import Refused
from tenants.models import User

# What a maker puts their name under. A change of it does not change what was attested before: rows keep the words.
ATTESTATION = gettext_lazy(
    "I have watched this clip from its first picture to its last. It shows something that is not human. Nobody’s face, "
    "body or voice is in it or imitated by it, living or dead, and nobody else’s character. We may use it for this."
)


class NotReady(Refused):
    """The draft lacks something; the text names all of it."""


class CannotApprove(Refused):
    """The text is the disabled button's reason."""


def missing(character: Character) -> list[str]:
    """What a draft lacks before it can be sent for approval, each as a sentence; empty when nothing."""
    found = []
    clip: Clip | None = character.clip
    if clip is None:
        found.append(_("Upload its clip."))
    elif clip.likeness == Likeness.REFUSED:
        found.append(_("The platform’s staff refused this clip. Upload another one."))
    elif clip.problems:
        found.append(_("Mend the clip: %(what)s.") % {"what": _list(p.title.lower() for p in clip.problems)})
    if not character.look.strip():
        found.append(_("Say what it looks like."))
    if not character.rights_holder.strip():
        found.append(_("Say who holds the rights."))
    if not character.rights_evidence.strip():
        found.append(_("Say where the right to use it is written down."))
    if character.has_expired():
        found.append(_("The rights have ended: enter a later date, or none."))
    return found


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


@transaction.atomic
def send_for_approval(*, character: Character, attested: bool, by: User, doubt: str = "") -> None:
    """Attest and hand over: to a colleague, or first to the platform's staff when somebody is not sure.

    `doubt`: why the maker is not sure that nobody's likeness is in it; then nothing is attested. Raises NotReady.
    """
    row = lock(character)
    if row.state != State.DRAFT:
        raise NotReady(_("It was sent already."))
    if lacks := missing(row):
        raise NotReady(" ".join(lacks))
    clip: Any = row.clip
    doubt = " ".join(doubt.split())[:300]
    if not attested and not doubt:
        raise NotReady(_("Confirm that nobody’s likeness is in the clip, or say why you are not sure."))
    if attested:
        clip.attested_by, clip.attested_at = by, timezone.now()
        clip.attested_name, clip.attested_text = by.display_name[:120], str(ATTESTATION)
    if doubt and clip.likeness == Likeness.NONE:
        clip.likeness, clip.doubt = Likeness.DOUBTFUL, doubt
    clip.save()
    target = State.LIKENESS if clip.likeness == Likeness.DOUBTFUL else State.VALIDATED
    move(row, target, who=Who.MAKER, by=by, note=clip.doubt if target == State.LIKENESS else "")
    audit.record(
        "character.sent_for_approval", by=by, on=row, clip=clip.number, attested=attested, state=target
    )


@transaction.atomic
def take_back(*, character: Character, by: User) -> None:
    """To a draft again, to be changed; its approval is void. Raises CannotChange."""
    row = lock(character)
    if not can(row.state, State.DRAFT):
        raise CannotChange(
            _("The provider knows it as it is, so it cannot be changed. Retire it and make a new one.")
            if row.is_usable
            else _("It cannot be taken back from here.")
        )
    _forget_approval(row, by, Who.MAKER, "")
    audit.record("character.taken_back", by=by, on=row)


def _forget_approval(row: Character, by: User, who: Who, note: str) -> None:
    move(row, State.DRAFT, who=who, by=by, note=note, approved_by=None, approved_at=None)


def check_can_approve(character: Character, *, by: User) -> None:
    """Raises CannotApprove."""
    if character.state != State.VALIDATED:
        raise CannotApprove(_("It does not wait for an approval."))
    clip: Any = character.clip
    made_it = {character.created_by_id, clip.created_by_id, clip.attested_by_id}
    if by.pk in made_it:
        raise CannotApprove(_("You made it, so somebody else has to approve it."))
    if character.has_expired():
        raise CannotApprove(_("The rights have ended. They have to be renewed first."))


@transaction.atomic
def approve(*, character: Character, shown_version: int, by: User) -> None:
    """Say that it is right, and let it be registered. Raises CannotApprove.

    `shown_version`: what the page showed; somebody who approves an older look is told so.
    """
    row = lock(character)
    check_can_approve(row, by=by)
    if row.version != shown_version:
        raise CannotApprove(_("It has changed since you opened this page. Look again."))
    now = timezone.now()
    move(row, State.APPROVED, who=Who.APPROVER, by=by, approved_by=by, approved_at=now)
    sheet = {"name": row.name, "look": row.look, "dos": row.dos, "donts": row.donts}
    digest = audit.chain_hash("", sheet)
    audit.record("character.approved", by=by, on=row, clip=_sha256(row.clip), sheet_sha256=digest)
    move(row, State.AWAITING, who=Who.MAKER, by=by)


def _sha256(clip: Clip | None) -> str:
    return clip.source.sha256 if clip is not None and clip.source else ""


@transaction.atomic
def ask_for_changes(*, character: Character, reason: str, by: User) -> None:
    """Back to a draft, with what has to change. Raises CannotApprove."""
    row = lock(character)
    check_can_approve(row, by=by)
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise CannotApprove(_("Say what has to change."))
    _forget_approval(row, by, Who.APPROVER, reason)
    audit.record("character.changes_asked", by=by, on=row, reason=reason)


def check_can_register(character: Character) -> None:
    """Raises CannotChange, with the reason for the disabled button."""
    if not can(character.state, State.AWAITING):
        raise CannotChange(
            _("It is being registered already.")
            if character.is_working
            else _("It has to be approved first.")
        )
    if refusal := character.why_not():
        raise CannotChange(refusal)


@transaction.atomic
def ask_registration(*, character: Character, by: User) -> None:
    """Let the worker register it, or look whether the provider still knows it. Raises CannotChange."""
    row = lock(character)
    check_can_register(row)
    move(row, State.AWAITING, who=Who.MAKER, by=by)
    audit.record("character.registration_asked", by=by, on=row)
