"""Give a character its source clip: upload one, trim and crop it, or take a piece of a stored clip.

A file is decoded to its end in the subprocess before a row is written; what cannot be decoded leaves nothing behind.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from characters import rules
from characters.actions.characters import lock
from characters.files import content_type_of, keep
from characters.models import Character, CharacterFile, Clip, FileKind, Likeness, Origin
from characters.moves import announce
from characters.states import State, can
from tenants import audit, storage
from tenants.errors import Refused
from tenants.media import run as media
from tenants.models import User
from tenants.shared_bytes import make_sure


class BadClip(Refused):
    """The file is no clip that can be read, or it cannot be cut so. Nothing was kept."""


class CannotChangeClip(Refused):
    """The clip was sent for approval, so it stays."""


def check_can_change_clip(character: Character) -> None:
    """Raises CannotChangeClip, with the sentence for the page."""
    if character.state == State.DRAFT:
        return
    if can(character.state, State.DRAFT):
        raise CannotChangeClip(
            _("Its clip was sent for approval and stays. Take it back to a draft to change it.")
        )
    raise CannotChangeClip(
        _("The provider knows it by this clip, so it stays. Another look is another character.")
    )


@transaction.atomic
def upload_clip(*, character: Character, chunks: Iterable[bytes], size: int, by: User) -> Clip:
    """Check a file and keep it, whatever rules it breaks. Raises BadClip, CannotChangeClip."""
    check_can_change_clip(character)
    if size > rules.MAX_BYTES:
        raise BadClip(too_large(size))
    with storage.workspace() as folder:
        source = storage.stage(folder / "upload", chunks)
        return _add(character, folder, source.path, Origin.UPLOAD, by)


def too_large(size: int | None = None) -> str:
    """What to say of a file past the limit."""
    has = _("This file has %(mb).1f MB") % {"mb": size / 1_000_000} if size else _("This file is larger")
    return _("%(has)s, and 50 MB are taken. Export it smaller, or cut it to 4 seconds.") % {"has": has}


@transaction.atomic
def cut_clip(*, clip: Clip, choice: rules.Choice, by: User) -> Clip:
    """Trim, crop and scale a clip of the character into a new one, which it then uses. Raises BadClip, CannotChangeClip."""
    check_can_change_clip(clip.character)
    source = clip.source
    if source is None:
        raise BadClip(_("The file of this clip was deleted. Upload it again."))
    wanted = _plan(clip.facts, choice)
    with storage.workspace() as folder:
        given = storage.copy_to(source.storage_key, folder / "source")
        made = _cut(given.path, folder / "cut.mp4", wanted)
        return _add(clip.character, folder, made, Origin.CUT, by, parent=clip, cut=wanted)


@transaction.atomic
def take_clip(
    *, character: Character, storage_key: str, came_from: str, choice: rules.Choice, by: User
) -> Clip:
    """Cut a piece out of a stored take. `came_from`: its public id. Raises BadClip, CannotChangeClip."""
    check_can_change_clip(character)
    with storage.workspace() as folder:
        given = storage.copy_to(storage_key, folder / "take.mp4")
        facts = _inspect(given.path, folder)
        wanted = _plan(facts, choice)
        made = _cut(given.path, folder / "cut.mp4", wanted)
        return _add(character, folder, made, Origin.TAKE, by, cut={**wanted, "take": came_from})


def _plan(facts: dict[str, Any], choice: rules.Choice) -> dict[str, Any]:
    try:
        return rules.plan(facts, choice)
    except rules.CannotCut as error:
        raise BadClip(str(error)) from error


def _inspect(path: Path, folder: Path) -> dict[str, Any]:
    try:
        return media.inspect(path, folder, detector=settings.FACE_DETECTOR)
    except media.Unreadable as error:
        raise BadClip(str(error)) from error


def _cut(source: Path, target: Path, wanted: dict[str, Any]) -> Path:
    try:
        media.cut(source, target, wanted)
    except media.Unreadable as error:
        raise BadClip(str(error)) from error
    return target


def _add(character: Character, folder: Path, path: Path, origin: Origin, by: User, **more: Any) -> Clip:
    """Look at a file, store it with its preview, and let the character use it. Raises BadClip, CannotChangeClip."""
    facts = _inspect(path, folder)
    if path.stat().st_size > rules.MAX_BYTES:
        raise BadClip(_("The cut clip is larger than 50 MB. Choose 720 lines, or a shorter piece."))
    row = lock(character)
    check_can_change_clip(row)
    number = (Clip.objects.filter(character=row).values_list("number", flat=True).first() or 0) + 1
    doubt = _doubt_of(facts)
    clip = Clip(character=row, number=number, origin=origin, facts=facts, created_by=by, doubt=doubt, **more)
    clip.likeness = Likeness.DOUBTFUL if doubt else Likeness.NONE
    files = [
        keep(row, FileKind.SOURCE, storage.staged(path), content_type_of(facts), clip=clip),
        keep(row, FileKind.PREVIEW, storage.staged(folder / "preview.mp4"), "video/mp4", clip=clip),
        keep(row, FileKind.POSTER, storage.staged(folder / "poster.webp"), "image/webp", clip=clip),
    ]
    clip.save()
    make_sure(files)
    CharacterFile.objects.bulk_create(files)
    _use(row, clip)
    broken = [problem.rule for problem in clip.problems]
    audit.record(
        "character.clip_added",
        by=by,
        on=row,
        sha256=files[0].sha256,
        origin=origin,
        clip=number,
        broken=broken,
    )
    character.clip, character.version = clip, row.version
    return clip


def _doubt_of(facts: dict[str, Any]) -> str:
    """What the face detector has to say, for people."""
    if not facts.get("faces"):
        return ""
    seen = {"n": facts["faces"], "all": facts["looked_at"]}
    return _("The face detector saw a face in %(n)d of %(all)d pictures.") % seen


def _use(character: Character, clip: Clip) -> None:
    character.clip = clip
    character.save(update_fields=["clip"])
    announce(character, "clip")


@transaction.atomic
def use_clip(*, clip: Clip, by: User) -> None:
    """Go back to an earlier clip of the character. Raises CannotChangeClip."""
    row = lock(clip.character)
    check_can_change_clip(row)
    if clip.likeness == Likeness.REFUSED:
        raise CannotChangeClip(
            _("The platform’s staff refused this clip: %(why)s") % {"why": clip.likeness_reason}
        )
    if row.clip_id != clip.pk:
        _use(row, clip)
        audit.record("character.clip_chosen", by=by, on=row, clip=clip.number)
