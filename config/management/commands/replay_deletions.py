"""`manage.py replay_deletions`: tell a restored database what was deleted and erased after its backup was made.

To be run after a restore and before anybody is let in. The journal lies beside the files, outside the database.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from characters.models import Character, CharacterFile
from characters.moves import move
from characters.states import State, Who
from renders import character_tombstones, picture_tombstones
from renders.models import (
    Asset,
    AssetState,
    Cause,
    Deletion,
    DeletionState,
    Picture,
    PictureFile,
    Render,
)
from renders.steps.purge import purge
from renders.steps.subjects import CharacterSubject, PictureSubject, Subject, TakeSubject
from reviews.actions.erasure import wipe
from reviews.models import Guest
from tenants import audit, papers, signed, signing
from tenants.actions.erasure import wipe as wipe_member
from tenants.errors import StorageFailed
from tenants.models import Agency, Erasure, Membership
from tenants.public_ids import decode
from tenants.scope import org_transaction

_BY = "system:restore"
_GONE = "Its files were deleted after the backup from which this copy was restored."


def _is_known(org_id: UUID) -> bool:
    """Whether the agency is in this database; what others left in the storage is not ours to judge."""
    with org_transaction(org_id):
        return bool(Agency._base_manager.filter(pk=org_id).exists())


class _Replayed(Protocol):
    """Whose deletion the journal tells of."""

    subject: Subject
    names: dict[str, UUID | None]  # how a Deletion names it

    def find(self) -> Any:
        """Its row under lock, or None when the backup is older than it."""

    def hold(self, row: Any) -> str:
        """The public id of what is on hold; empty for none."""

    def mark(self, row: Any) -> int:
        """Put it away, and mark its files as deleted; how many."""


class _Take:
    """A take whose deletion the journal tells of."""

    def __init__(self, pk: UUID) -> None:
        self.subject: Subject = TakeSubject(pk)
        self.names: dict[str, UUID | None] = {"render_id": pk, "character_id": None, "picture_id": None}

    def find(self) -> Render | None:
        return Render.objects.select_for_update(of=("self",)).filter(pk=self.subject.pk).first()

    def hold(self, take: Any) -> str:
        return take.public_id if take.is_held else ""

    def mark(self, take: Any) -> int:
        Render.objects.filter(pk=take.pk, archived_at=None).update(archived_at=Now())
        rows = Asset.objects.filter(render=take, purged_at=None)
        return int(rows.update(state=AssetState.DELETED, deleted_at=Now()))


class _Character:
    """A character whose deletion the journal tells of."""

    def __init__(self, pk: UUID) -> None:
        self.subject: Subject = CharacterSubject(pk)
        self.names: dict[str, UUID | None] = {"render_id": None, "character_id": pk, "picture_id": None}

    def find(self) -> Character | None:
        return Character.objects.select_for_update(of=("self",)).filter(pk=self.subject.pk).first()

    def hold(self, character: Any) -> str:
        held = character_tombstones.held_take(character)
        return held.public_id if held else ""

    def mark(self, character: Any) -> int:
        # A backup may be of a day when it was in use: without its clip nothing can be made with it.
        if not character.is_put_away:
            move(character, State.REVOKED, who=Who.WORKER, note=_GONE)
        rows = CharacterFile.objects.filter(character=character, purged_at=None)
        return int(rows.update(deleted_at=Now()))


class _Picture:
    """A picture whose deletion the journal tells of."""

    def __init__(self, pk: UUID) -> None:
        self.subject: Subject = PictureSubject(pk)
        self.names: dict[str, UUID | None] = {"render_id": None, "character_id": None, "picture_id": pk}

    def find(self) -> Picture | None:
        return Picture.objects.select_for_update(of=("self",)).filter(pk=self.subject.pk).first()

    def hold(self, picture: Any) -> str:
        held = picture_tombstones.held_take(picture)
        return held.public_id if held else ""

    def mark(self, picture: Any) -> int:
        rows = PictureFile.objects.filter(picture=picture, purged_at=None)
        return int(rows.update(deleted_at=Now()))


def _replayed(entry: dict[str, Any]) -> _Replayed:
    """Whose files the entry says are gone."""
    if "character" in entry:
        return _Character(UUID(entry["character"]))
    if "picture" in entry:
        return _Picture(UUID(entry["picture"]))
    return _Take(UUID(entry["take"]))


def _lay(replayed: _Replayed, row: Any, pk: UUID, entry: dict[str, Any]) -> None:
    """The deletion under its old id, begun: its receipt, if there was one, is found again under that name."""
    # A click that came after the backup may have laid another one; this one is older and has begun.
    others = replayed.subject.deletions().open().exclude(pk=pk)
    others.update(state=DeletionState.UNDONE, undone_at=Now(), next_action_at=None)
    marked = replayed.mark(row)
    begun = parse_datetime(entry["begun_at"])
    values = {
        **replayed.names,
        "cause": entry.get("cause", Cause.PERSON),
        "files": entry.get("files", {}),
        "state": DeletionState.RUNNING,
        "begins_at": begun,
        "begun_at": begun,
        "next_action_at": Now(),
        "undone_at": None,
    }
    Deletion.objects.update_or_create(pk=pk, defaults=values)
    audit.record(f"{replayed.subject.kind}.deletion_replayed", by=_BY, on=row, files=marked)


class Command(BaseCommand):
    help = "After a restore: delete and erase again what the journal outside the database says is gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--public-key", type=Path, help="more keys that entries may be signed with (PEM)")

    def handle(self, *args: Any, dry_run: bool, public_key: Path | None, **options: Any) -> None:
        self.keys = signing.public_keys()
        if public_key is not None:
            self.keys |= signed.read_keys(public_key.read_bytes())
        self.dry_run, self.troubles = dry_run, 0
        done = 0
        try:
            for org_id in papers.agencies():
                if not _is_known(org_id):
                    continue
                done += self._all(org_id, papers.JOURNAL, self._deletion)
                done += self._all(org_id, papers.ERASURES, self._erasure)
        except StorageFailed as error:
            raise CommandError(f"The journal cannot be read: {error} Do not let anybody in.") from error
        self.stdout.write(f"{done} {'to be done again' if dry_run else 'done again'}.")
        if self.troubles:
            raise CommandError(f"{self.troubles} could not be done, see above. Do not let anybody in yet.")

    def _all(self, org_id: UUID, kind: str, replay: Callable[[UUID, dict[str, Any]], bool]) -> int:
        return sum(replay(org_id, entry) for entry in self._entries(org_id, kind))

    def _entries(self, org_id: UUID, kind: str) -> Iterator[dict[str, Any]]:
        for name in papers.names(org_id, kind):
            try:
                entry = papers.read(org_id, kind, name)
                assert entry is not None
                signed.check(entry, self.keys)
                if entry.get("agency") != str(org_id):
                    raise signed.BadDocument("It speaks of another agency.")
            except signed.BadDocument as error:
                self._trouble(f"{kind} {name}: {error} It was passed over; --public-key may name its key.")
            else:
                yield entry

    def _trouble(self, text: str) -> None:
        self.troubles += 1
        self.stderr.write(text)

    def _deletion(self, org_id: UUID, entry: dict[str, Any]) -> bool:
        """True when the files were there again."""
        pk, replayed = UUID(entry["deletion"]), _replayed(entry)
        with org_transaction(org_id):
            row = replayed.find()
            if row is None:
                return False  # the backup is older than it
            if Deletion.objects.filter(pk=pk, state=DeletionState.DONE).exists():
                return False
            if hold := replayed.hold(row):
                self._trouble(f"{hold} is on hold in this copy: release the hold, then run this again.")
                return False
            if self.dry_run:
                self.stdout.write(f"would delete the files of {row.public_id}")
                return True
            _lay(replayed, row, pk, entry)
        purge(org_id, replayed.subject)
        with org_transaction(org_id):
            deletion = Deletion.objects.get(pk=pk)
        if deletion.state != DeletionState.DONE:
            self._trouble(
                f"{deletion.public_id}: {deletion.problem or 'not done yet'} The sweep goes on with it."
            )
        return True

    def _erasure(self, org_id: UUID, entry: dict[str, Any]) -> bool:
        """True when somebody was there again."""
        pk = UUID(entry["erasure"])
        with org_transaction(org_id):
            if Erasure.objects.filter(pk=pk).exists():
                return False
            found = list(self._people(entry["subjects"]))
            if self.dry_run or not found:
                return bool(found)
            for subject, row in found:
                if isinstance(row, Guest):
                    wipe([row.pk], with_words=bool(entry.get("with_words")))
                else:
                    wipe_member(row.user)
                audit.record("erasure.replayed", by=_BY, on=row, subject_ref=subject)
        return True

    def _people(self, subjects: list[str]) -> Iterator[tuple[str, Any]]:
        for subject in subjects:
            if subject.startswith("gst_"):
                row = Guest.objects.filter(pk=decode("gst", subject), erased_at=None).first()
            else:
                row = Membership.objects.select_related("user").filter(pk=decode("mem", subject)).first()
            if row is not None:
                yield subject, row
