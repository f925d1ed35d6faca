"""Lay a tombstone for a character's files, and take it back while it is time: as renders.tombstones does for a take.

Everything here runs in the caller's transaction, under the lock of the character's row.
"""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from characters.models import Character, CharacterFile
from characters.moves import announce
from renders.models import Cause, Deletion, DeletionState, Render
from tenants import audit
from tenants.models import User


def locked(character_id: Any) -> Character:
    """The character as it is now; nobody else moves it until the transaction ends."""
    found: Character = Character.objects.select_for_update(of=("self",)).get(pk=character_id)
    return found


def locked_files(character: Character) -> list[CharacterFile]:
    """Its files of every clip and its evidence, under lock."""
    rows = CharacterFile.objects.select_for_update(of=("self",)).filter(character=character)
    return list(rows.order_by("created_at", "pk"))


def held_take(character: Character) -> Render | None:
    """A take under hold that was made with the character: what it was made from is kept with it."""
    rows = Render.objects.filter(brief_version__cast__character=character, held_at__isnull=False)
    found: Render | None = rows.select_related("brief", "held_by").order_by("held_at").first()
    return found


def lay(
    character: Character,
    files: list[CharacterFile],
    *,
    cause: Cause,
    undo: timedelta,
    by: User | str,
    rule: str = "",
) -> Deletion:
    """Mark every kept file as deleted, and write down that they are to go. `undo`: how long it can be undone."""
    kept = [file for file in files if file.is_kept]
    CharacterFile.objects.filter(pk__in=[file.pk for file in kept]).update(deleted_at=Now())
    deletion = Deletion.objects.create(
        character=character,
        cause=cause,
        rule=rule,
        asked_by=by if isinstance(by, User) else None,
        files={
            str(file.pk): {"kind": file.kind, "sha256": file.sha256, "bytes": file.size_bytes}
            for file in files
        },
        begins_at=Now() + undo,
        next_action_at=Now() + undo,
    )
    audit.record(
        "character.files_deleted",
        by=by,
        on=character,
        deletion=deletion.public_id,
        cause=str(cause),
        sha256=sorted({file.sha256 for file in kept}),
        size_bytes=sum(file.size_bytes for file in kept),
    )
    announce(character, "deleted")
    return deletion


def take_back(character: Character) -> int:
    """Bring back the files whose bytes are still there, and end the deletion; how many files those are."""
    marked = [file for file in locked_files(character) if file.deleted_at and not file.purged_at]
    CharacterFile.objects.filter(pk__in=[file.pk for file in marked]).update(deleted_at=None)
    Deletion.objects.open().filter(character=character).update(
        state=DeletionState.UNDONE, undone_at=Now(), next_action_at=None, problem=""
    )
    return len(marked)
