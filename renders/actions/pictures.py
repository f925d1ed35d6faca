"""Give a clip its opening image: upload one, cut it to size, attest it, take the last frame of a clip.

A file is decoded to its end in the subprocess before a row is written; what cannot be decoded leaves nothing behind.
"""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from characters.models import Likeness
from renders import casting, pictures
from renders.actions.briefs import save_brief
from renders.actions.deleting import CannotDelete, ring_purge, undoable
from renders.models import (
    AssetKind,
    Brief,
    Cause,
    Deletion,
    Picture,
    PictureFile,
    PictureFileKind,
    PictureOrigin,
    Render,
)
from renders.picture_tombstones import held_take, lay, locked, locked_files, opened, take_back
from renders.pictures import CannotUse, Choice
from renders.states import UNDER_WAY, Kind, State
from tenants import audit, storage
from tenants.media import run as media
from tenants.models import User
from tenants.retention import policy
from tenants.shared_bytes import make_sure


def too_large(size: int | None = None) -> str:
    """What to say of a file past the limit."""
    has = _("This file has %(mb).1f MB") % {"mb": size / 1_000_000} if size else _("This file is larger")
    return _("%(has)s, and 20 MB are taken. Export it smaller: a clip has 1920 × 1080 pixels at most.") % {
        "has": has
    }


@transaction.atomic
def upload_picture(*, chunks: Iterable[bytes], size: int, fits: str, by: User) -> PictureFile:
    """Check an image and keep it. `fits`: the clip's WIDTHxHEIGHT.

    The original, which may still have to be cut; or the cut, where there was nothing to choose. Raises CannotUse,
    storage.StorageFailed.
    """
    if size > pictures.MAX_BYTES:
        raise CannotUse(too_large(size))
    with storage.workspace() as folder:
        path = storage.stage(folder / "upload", chunks).path
        facts = _look(path, folder)
        doubt = _("The face detector saw a face in the opening image.") if facts["faces"] else ""
        picture = Picture(
            origin=PictureOrigin.UPLOAD,
            facts=facts,
            created_by=by,
            doubt=doubt,
            likeness=Likeness.DOUBTFUL if doubt else Likeness.NONE,
        )
        original = _add(picture, folder, path, facts, by)
    if original.size == fits and pictures.misfit(original, fits):
        return fit_picture(file=original, size=fits, choice=Choice(), by=by)
    return original


def _look(path: Path, folder: Path) -> dict[str, Any]:
    try:
        return media.look(path, folder, detector=settings.FACE_DETECTOR)
    except media.Unreadable as error:
        raise CannotUse(str(error)) from error


def _add(picture: Picture, folder: Path, path: Path, facts: dict[str, Any], by: User) -> PictureFile:
    """Store a new picture with its original and its preview."""
    wide, tall = facts["width"], facts["height"]
    original = _keep(picture, PictureFileKind.ORIGINAL, path, facts["content_type"], wide, tall)
    preview = _keep(picture, PictureFileKind.PREVIEW, folder / "preview.webp", "image/webp", wide, tall)
    picture.save()
    make_sure([original, preview])
    PictureFile.objects.bulk_create([original, preview])
    of = {"take": picture.take.public_id} if picture.take else {}
    audit.record("picture.added", by=by, on=picture, sha256=original.sha256, origin=picture.origin, **of)
    return original


def _keep(
    picture: Picture, kind: PictureFileKind, path: Path, content_type: str, width: int, height: int
) -> PictureFile:
    """The file at its content's key. Raises storage.StorageFailed."""
    file, org_id = storage.staged(path), cast(UUID, picture.org_id)
    return PictureFile(
        picture=picture,
        kind=kind,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        storage_key=storage.keep(file, org_id=org_id, content_type=content_type, room=pictures.ROOM),
        content_type=content_type,
        width=width,
        height=height,
    )


_GONE = _("The opening image was deleted. Choose another one, or take it out.")


@transaction.atomic
def fit_picture(*, file: PictureFile, size: str, choice: Choice, by: User) -> PictureFile:
    """Cut a part of the picture's original to exactly this size, beside it. The same cut twice is one file.

    Raises CannotUse, storage.StorageFailed.
    """
    originals = PictureFile.objects.filter(
        picture=file.picture_id, kind=PictureFileKind.ORIGINAL, deleted_at=None
    )
    original = originals.first()
    if original is None:
        raise CannotUse(_GONE)
    wanted = pictures.plan(original, size, choice)
    with storage.workspace() as folder:
        given = storage.copy_to(original.storage_key, folder / "original")
        try:
            made = media.fit(given.path, folder / "fit.png", wanted)
        except media.Unreadable as error:
            raise CannotUse(str(error)) from error
        cut = _keep(
            file.picture, PictureFileKind.FIT, folder / "fit.png", "image/png", made["width"], made["height"]
        )
    # Only now: a take that opens with the picture waits for this lock, and with it everybody at the same account.
    picture = locked(file.picture_id)
    if not originals.exists():
        raise CannotUse(_GONE)
    known = PictureFile.objects.filter(picture=picture, kind=PictureFileKind.FIT, sha256=cut.sha256).first()
    if known is not None and known.is_kept:
        return known
    cut.cut = {**wanted, "choice": asdict(choice)}
    make_sure([cut])
    cut.save()
    audit.record("picture.cut", by=by, on=picture, sha256=cut.sha256, size=size, **asdict(choice))
    return cut


@transaction.atomic
def attest_picture(*, file: PictureFile, by: User) -> None:
    """Somebody says that nobody can be recognised in it. Once is enough."""
    picture = locked(file.picture_id)
    if picture.attested_at is None:
        picture.attested_by, picture.attested_at = by, timezone.now()
        picture.save(update_fields=["attested_by", "attested_at"])
        audit.record("picture.attested", by=by, on=picture, words=pictures.ATTESTATION)
    file.picture.attested_by, file.picture.attested_at = picture.attested_by, picture.attested_at


VERDICTS = (Likeness.CLEARED, Likeness.ELIGIBLE, Likeness.REFUSED)


@transaction.atomic
def decide_picture(*, picture: Picture, verdict: str, reason: str, by: User) -> None:
    """The platform's staff clear it, let it through for eligible accounts only, or refuse it. Raises CannotUse."""
    reason = " ".join(reason.split())[:300]
    if verdict not in VERDICTS:
        raise CannotUse(_("Choose one of the three answers."))
    if not reason:
        raise CannotUse(_("Say why: the team reads it."))
    row = locked(picture.pk)
    if row.likeness != Likeness.DOUBTFUL:
        raise CannotUse(_("This image does not wait any more: it was decided."))
    row.likeness, row.likeness_reason = verdict, reason
    row.likeness_by, row.likeness_at = by, timezone.now()
    row.save(update_fields=["likeness", "likeness_reason", "likeness_by", "likeness_at"])
    audit.record("picture.likeness_decided", by=by, on=row, verdict=verdict, reason=reason)


def fitted(brief: Brief, *, size: str, by: User) -> PictureFile | None:
    """The brief's opening image at another size, cut where it was cut before; None when it has none.

    Raises CannotUse, storage.StorageFailed.
    """
    file = brief.picture
    if file is None or not pictures.misfit(file, size):
        return file
    return fit_picture(file=file, size=size, choice=pictures.kept_choice(file), by=by)


def check_has_last_frame(render: Render) -> None:
    """Raises CannotUse, with the sentence for the disabled button."""
    if render.is_taken_down:
        raise CannotUse("The platform took this clip down, so nothing is made from it.")
    if not render.is_reviewable or render.asset(AssetKind.ORIGINAL) is None:
        raise CannotUse("There is no clip to continue from: it is not finished, or its files were deleted.")


@transaction.atomic
def take_last_frame(*, render: Render, by: User) -> PictureFile:
    """The last frame of a take's clip as an opening image, pixel for pixel. The same take gives the same picture.

    Raises CannotUse, storage.StorageFailed.
    """
    check_has_last_frame(render)
    known = PictureFile.objects.filter(
        picture__take=render, kind=PictureFileKind.ORIGINAL, deleted_at=None
    ).select_related("picture")
    if (found := known.first()) is not None:
        return cast(PictureFile, found)
    clip = render.asset(AssetKind.ORIGINAL)
    with storage.workspace() as folder:
        source = storage.copy_to(clip.storage_key, folder / "clip.mp4")
        try:
            frame = media.last_frame(source.path, folder / "frame.png")
        except media.Unreadable as error:
            raise CannotUse("The clip’s last frame cannot be read. Choose another take.") from error
        facts = _look(folder / "frame.png", folder)
        picture = Picture(
            origin=PictureOrigin.FRAME,
            take=render,
            facts={**facts, "frame": frame["number"], "clip_sha256": clip.sha256},
            created_by=by,
        )
        return _add(picture, folder, folder / "frame.png", facts, by)


@transaction.atomic
def continue_from(*, render: Render, by: User) -> Brief:
    """A new draft that opens with the last frame of a take, with its words and settings. Raises what take_last_frame does."""
    frame = take_last_frame(render=render, by=by)
    words = _(", continued")
    return save_brief(
        project=render.brief.project,
        title=f"{render.brief.title[: 120 - len(words)]}{words}",
        texts=render.brief_version.texts(),
        by=by,
        characters=casting.of_version(render.brief_version),
        model=render.model,
        size=render.size,
        # An extension's length need not be one of a new clip.
        seconds=render.seconds if render.kind == Kind.CREATE else None,
        picture=frame,
    )


def check_can_delete(picture: Picture, files: list[PictureFile]) -> None:
    """Raises CannotDelete."""
    at_work = opened(picture).filter(state__in=sorted({*UNDER_WAY, State.NEEDS_HUMAN}))
    if take := at_work.select_related("brief").order_by("created_at").first():
        raise CannotDelete(f"{take} is being made with it. Wait for its end, or cancel it.")
    if held := held_take(picture):
        raise CannotDelete(
            f"{held} opens with it and is on hold, by {held.held_by}: {held.hold_reason.rstrip('.')}. "
            "Release that hold first."
        )
    if not any(file.is_kept for file in files):
        raise CannotDelete("There is no file to delete.")


@transaction.atomic
def delete_picture(*, picture: Picture, by: User) -> Deletion:
    """Delete the image and everything that was cut from it: at once out of sight, for good once the undo window is over.

    Raises CannotDelete.
    """
    row = locked(picture.pk)
    files = locked_files(row)
    check_can_delete(row, files)
    window = policy.undo_window()
    deletion = lay(row, files, cause=Cause.PERSON, undo=window, by=by)
    ring_purge(deletion, window)
    return deletion


@transaction.atomic
def undo_deletion(*, picture: Picture, by: User) -> int:
    """Bring the files back; how many. Raises CannotUndo once the removal has begun."""
    row = locked(picture.pk)
    deletion = undoable(Deletion.objects.filter(picture=row))
    saved = take_back(row)
    audit.record("picture.deletion_undone", by=by, on=row, deletion=deletion.public_id, files_saved=saved)
    return saved
