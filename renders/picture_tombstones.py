"""Lay a tombstone for a picture's files, and take it back while it is time: as renders.tombstones does for a take.

Everything here runs in the caller's transaction, under the lock of the picture's row.
"""

from datetime import timedelta
from typing import Any

from renders import marks
from renders.models import Cause, Deletion, Picture, PictureFile, Render
from tenants.models import User


def locked(picture_id: Any) -> Picture:
    """The picture as it is now; nobody else marks its files until the transaction ends."""
    found: Picture = Picture.objects.select_for_update(of=("self",)).get(pk=picture_id)
    return found


def locked_files(picture: Picture) -> list[PictureFile]:
    """Its files, under lock."""
    rows = PictureFile.objects.select_for_update(of=("self",)).filter(picture=picture)
    return list(rows.order_by("created_at", "pk"))


def opened(picture: Picture) -> Any:
    """The takes that open with it, or with a part of it."""
    return Render.objects.filter(brief_version__picture__picture=picture)


def held_take(picture: Picture) -> Render | None:
    """A take under hold that opens with it: what it was made from is kept with it."""
    rows = opened(picture).filter(held_at__isnull=False).select_related("brief", "held_by")
    found: Render | None = rows.order_by("held_at").first()
    return found


def lay(
    picture: Picture,
    files: list[PictureFile],
    *,
    cause: Cause,
    undo: timedelta,
    by: User | str,
    rule: str = "",
) -> Deletion:
    """Mark every kept file as deleted, and write down that they are to go. `undo`: how long it can be undone."""
    return marks.lay("picture", picture, files, cause=cause, undo=undo, by=by, rule=rule)


def take_back(picture: Picture) -> int:
    """Bring back the files whose bytes are still there, and end the deletion; how many files those are."""
    return marks.take_back("picture", picture, locked_files(picture))
