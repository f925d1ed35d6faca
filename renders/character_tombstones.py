"""Lay a tombstone for a character's files, and take it back while it is time: as renders.tombstones does for a take.

Everything here runs in the caller's transaction, under the lock of the character's row.
"""

from datetime import timedelta
from typing import Any

from characters.models import Character, CharacterFile
from characters.moves import announce
from renders import marks
from renders.models import Cause, Deletion, Render
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
    deletion = marks.lay("character", character, files, cause=cause, undo=undo, by=by, rule=rule)
    announce(character, "deleted")
    return deletion


def take_back(character: Character) -> int:
    """Bring back the files whose bytes are still there, and end the deletion; how many files those are."""
    return marks.take_back("character", character, locked_files(character))
