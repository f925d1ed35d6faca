"""Make a character, describe it, put it away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from characters.models import Character, CharacterFile, FileKind
from characters.moves import Superseded, announce, move
from characters.states import PUT_AWAY, State, Who, can
from tenants import audit
from tenants.errors import Refused
from tenants.models import Client, User
from tenants.shared_bytes import make_sure

MAX_REASON = 300
SHEET = ("look", "dos", "donts")
RIGHTS = ("rights_holder", "rights_evidence", "rights_until")


class NameTaken(Refused):
    """Another character of the agency has this name."""


class CannotChange(Refused):
    """The character stays as it is; the text is the disabled button's reason."""


def lock(character: Character) -> Character:
    """The character as it is now; nobody else moves it until the transaction ends."""
    rows = Character.objects.select_for_update(of=("self",)).select_related("clip", "client", "created_by")
    found: Character = rows.get(pk=character.pk)
    return found


def _check_name(name: str, *, but: Character | None = None) -> str:
    """The name in its one spelling. Raises NameTaken."""
    name = " ".join(name.split())
    others = Character.objects.exclude(state__in=sorted(PUT_AWAY)).annotate(lower=Lower("name"))
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.filter(lower=name.lower()).exists():
        raise NameTaken(
            _("There is a character called “%(name)s” already, and a prompt could not tell them apart.")
            % {"name": name}
        )
    return name


@contextmanager
def _only_one() -> Iterator[None]:
    """Two people at the same moment: the index decides. Raises NameTaken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise NameTaken(_("Somebody has just made a character of this name.")) from error


@transaction.atomic
def create_character(*, kind: str, name: str, by: User, client: Client | None = None) -> Character:
    """A new draft. Raises NameTaken."""
    name = _check_name(name)
    with _only_one():
        made: Character = Character.objects.create(kind=kind, name=name, client=client, created_by=by)
    audit.record("character.created", by=by, on=made, kind=kind, name=name)
    return made


def check_can_edit(character: Character) -> None:
    """Raises CannotChange when not even its rights may be written any more."""
    if character.is_put_away:
        raise CannotChange(_("It is put away. Bring it back first, then change it."))


def locked_fields(character: Character) -> frozenset[str]:
    """What was approved and therefore stays. Rights may always be renewed."""
    return frozenset() if character.state == State.DRAFT else frozenset({"kind", "name", *SHEET})


@transaction.atomic
def edit_character(
    *, character: Character, by: User, evidence: CharacterFile | None = None, **values: Any
) -> None:
    """Write the sheet and the rights. `values`: kind, name, client, look, dos, donts, rights_….

    `evidence`: a file that is stored already. Raises NameTaken, CannotChange.
    """
    row = lock(character)
    check_can_edit(row)
    fixed = locked_fields(row)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if refused := sorted(fixed & changed.keys()):
        raise CannotChange(
            _("What was approved stays as it is (%(what)s). Take it back to a draft first.")
            % {"what": ", ".join(refused)}
        )
    if "name" in changed:
        changed["name"] = _check_name(changed["name"], but=row)
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        with _only_one():
            row.save(update_fields=list(changed))
    if evidence is not None:
        make_sure([evidence])
        evidence.save()
    if changed or evidence is not None:
        said = {
            name: _plain(value) for name, value in changed.items() if name in {"name", "rights_until", "kind"}
        }
        file = {"evidence_sha256": evidence.sha256} if evidence is not None else {}
        audit.record("character.edited", by=by, on=row, fields=sorted(changed), **said, **file)
        announce(row, "edited")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def check_can_retire(character: Character) -> None:
    """Raises CannotChange."""
    if not can(character.state, State.RETIRED):
        raise CannotChange(_("It is with the platform’s staff. Take it back first."))


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise CannotChange(_("Say why: whoever looks for it in a year has to know."))
    if len(reason) > MAX_REASON:
        raise CannotChange(
            _("The reason has %(n)d characters, and %(most)d fit.") % {"n": len(reason), "most": MAX_REASON}
        )
    return reason


@transaction.atomic
def retire_character(*, character: Character, reason: str, by: User) -> None:
    """No new brief may use it; takes in the queue go on. Raises CannotChange."""
    row = lock(character)
    if row.state == State.RETIRED:
        return
    check_can_retire(row)
    move(row, State.RETIRED, who=Who.MAKER, by=by, note=_reason(reason))
    audit.record("character.retired", by=by, on=row, reason=row.note)


@transaction.atomic
def bring_back(*, character: Character, by: User) -> None:
    """A retired one waits for approval anew. Raises CannotChange, NameTaken."""
    row = lock(character)
    if row.state != State.RETIRED:
        raise CannotChange(_("Only a retired character can be brought back."))
    _check_name(row.name, but=row)
    if row.clip is None or not row.clip.is_vouched or not row.clip.is_legal:
        raise CannotChange(_("It was retired as a draft without a clip. Make a new one of this name."))
    if not CharacterFile.objects.filter(clip=row.clip, kind=FileKind.SOURCE, deleted_at=None).exists():
        raise CannotChange(_("The files of its clip were deleted. Make a new one of this name."))
    with _only_one():
        move(row, State.VALIDATED, who=Who.MAKER, by=by, approved_by=None, approved_at=None)
    audit.record("character.brought_back", by=by, on=row)


@transaction.atomic
def revoke_character(*, character: Character, reason: str, by: User) -> None:
    """The rights are gone: from the commit on nothing new is sent with it, takes in the queue included.

    Renders that are queued find it when their turn comes and end in words; see renders.steps.submit. Raises
    CannotChange.
    """
    row = lock(character)
    if row.state == State.REVOKED:
        return
    try:
        move(row, State.REVOKED, who=Who.MAKER, by=by, note=_reason(reason))
    except Superseded as error:
        raise CannotChange(_("Somebody changed it at this moment. Look again.")) from error
    audit.record("character.revoked", by=by, on=row, reason=row.note)
