"""Delete the files of a character that is used no more, and bring them back while it is time."""

from django.db import transaction

from characters.models import Character, CharacterFile
from characters.moves import announce
from renders import character_tombstones as tombstones
from renders.actions.deleting import CannotDelete, ring_purge, undoable
from renders.models import Cause, Deletion, Render
from renders.states import UNDER_WAY
from tenants import audit
from tenants.models import User
from tenants.retention import policy


def check_can_delete(character: Character, files: list[CharacterFile]) -> None:
    """Raises CannotDelete."""
    if not character.is_put_away:
        raise CannotDelete("Retire it first, or revoke it: while a brief may use it, its files stay.")
    at_work = Render.objects.filter(brief_version__cast__character=character, state__in=sorted(UNDER_WAY))
    if take := at_work.select_related("brief").order_by("created_at").first():
        raise CannotDelete(f"{take} is being made with it. Wait for its end, or cancel it.")
    if held := tombstones.held_take(character):
        raise CannotDelete(
            f"{held} was made with it and is on hold, by {held.held_by}: {held.hold_reason.rstrip('.')}. "
            "Release that hold first."
        )
    if not any(file.is_kept for file in files):
        raise CannotDelete("There is no file to delete.")


@transaction.atomic
def delete_character_files(*, character: Character, typed: str, by: User) -> Deletion:
    """Delete its clips and the evidence of its rights: at once out of sight, and for good once the undo window is over.

    `typed`: its name, to confirm. What it was, who attested and approved it and where it was used stays. Raises
    CannotDelete.
    """
    row = tombstones.locked(character.pk)
    files = tombstones.locked_files(row)
    check_can_delete(row, files)
    if " ".join(typed.split()) != row.name:
        raise CannotDelete(f"Type “{row.name}” to confirm.")
    window = policy.undo_window()
    deletion = tombstones.lay(row, files, cause=Cause.PERSON, undo=window, by=by)
    ring_purge(deletion, window)
    return deletion


@transaction.atomic
def undo_deletion(*, character: Character, by: User) -> int:
    """Bring the files back; how many. Raises CannotUndo once the removal has begun."""
    row = tombstones.locked(character.pk)
    deletion = undoable(Deletion.objects.filter(character=row))
    saved = tombstones.take_back(row)
    audit.record("character.deletion_undone", by=by, on=row, deletion=deletion.public_id, files_saved=saved)
    announce(row, "restored")
    return saved
