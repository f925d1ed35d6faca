"""Whose files a deletion removes: a take's, a character's, or a picture's. What the steps of a deletion ask of either is here."""

from datetime import timedelta
from typing import Any, ClassVar, Protocol
from uuid import UUID

import structlog
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from characters.files import ROOM
from characters.models import CharacterFile
from characters.moves import announce as announce_character
from renders import character_tombstones, picture_tombstones, tombstones
from renders.models import (
    Asset,
    AssetKind,
    Attempt,
    Cause,
    Deletion,
    Picture,
    PictureFile,
    Provenance,
    Registration,
    RegistrationStatus,
)
from renders.moves import announce as announce_take
from renders.pictures import ROOM as PICTURES
from tenants import storage
from tenants.scope import require_org

log = structlog.get_logger(__name__)

# What a removed file's row says instead of where it was: its place is made of its hash.
REMOVED = "removed"
# The original goes last: a hold that comes in the middle saves what matters most.
_LAST = Case(When(kind=AssetKind.ORIGINAL, then=Value(1)), default=Value(0))


class OnHold(Exception):
    """A hold keeps what is left; the text says which."""


class Subject(Protocol):
    """Every method runs in the caller's transaction; `locked` comes first in each transaction that writes."""

    kind: ClassVar[str]  # what papers and the trail call it
    pk: UUID

    def locked(self) -> Any:
        """The row as it is now, under lock."""

    def deletions(self) -> Any:
        """Its deletions, the done and the undone ones too."""

    def adopt(self, row: Any) -> None:
        """Give a tombstone to files that were marked before there were any."""

    def copies(self) -> list[Attempt]:
        """The provider's copies that are still to be dropped."""

    def due_files(self) -> list[tuple[UUID, str]]:
        """(row, storage key) of each file that is still there, in the order in which they go."""

    def remove(self, pk: UUID) -> None:
        """Remove one file's bytes, under its key's lock. Raises StorageFailed, OnHold."""

    def facts(self) -> dict[str, Any] | None:
        """What the receipt says of it; None while something is left."""

    def announce(self, row: Any, news: str) -> None:
        """Tell open pages."""


# Said on a receipt of a copy that nobody can delete.
_STAYS = "this provider has no call that deletes a video; its copy goes when the provider lets it expire"


def _file(row: Asset | CharacterFile | PictureFile) -> dict[str, Any]:
    """One file on a receipt."""
    return {"kind": row.kind, "sha256": row.sha256, "bytes": row.size_bytes, "gone_at": row.purged_at}


class TakeSubject:
    """A take: its original, and everything that was made of it."""

    kind: ClassVar[str] = "take"

    def __init__(self, pk: UUID) -> None:
        self.pk = pk

    def locked(self) -> Any:
        return tombstones.locked(self.pk)

    def deletions(self) -> Any:
        return Deletion.objects.filter(render=self.pk)

    def adopt(self, row: Any) -> None:
        if row.is_held or self.deletions().open().exists():
            return
        if Asset.objects.to_purge().filter(render=row).exists():
            files = tombstones.locked_files(row)
            tombstones.lay(row, files, cause=Cause.PERSON, undo=timedelta(0), by="system:purge")

    def copies(self) -> list[Attempt]:
        """Also those of attempts that failed; those where nothing can be deleted stay out."""
        rows = Attempt.objects.filter(render=self.pk, provider_deleted_at=None)
        rows = rows.exclude(provider_video_id=None).select_related("account")
        return [attempt for attempt in rows if attempt.account.capabilities.can_delete]

    def due_files(self) -> list[tuple[UUID, str]]:
        rows = Asset.objects.to_purge().filter(render=self.pk).order_by(_LAST, "pk")
        return list(rows.values_list("pk", "storage_key"))

    def remove(self, pk: UUID) -> None:
        asset = Asset.objects.to_purge().select_for_update(of=("self",)).filter(pk=pk).first()
        if asset is None:
            return
        # A deleted file that is not removed yet counts as a sharer: a hold may still save it. The last one removes.
        key = asset.storage_key
        is_shared = Asset.objects.filter(storage_key=key, purged_at=None).exclude(pk=pk).exists()
        if not is_shared:
            storage.remove(key)
        details = {"is_shared": True} if is_shared else {}
        Asset.objects.filter(pk=pk).update(purged_at=Now(), storage_key=REMOVED, details=details)
        if asset.kind == AssetKind.ORIGINAL:
            # What the file said of itself goes with it; that it was looked at stays.
            told = Provenance.objects.filter(render=asset.render_id)
            told.update(generator="", signer="", claimed_at=None, problems=[])
        log.info("asset_purged", asset=asset.public_id, shared=is_shared)

    def facts(self) -> dict[str, Any] | None:
        files = list(Asset.objects.filter(render=self.pk).order_by("kind"))
        rows = Attempt.objects.filter(render=self.pk).exclude(provider_video_id=None)
        attempts = list(rows.select_related("account"))
        if any(not file.purged_at for file in files) or self.copies():
            return None
        return {
            "files": [{**_file(file), "bytes_stay_for_another_take": self._stays(file)} for file in files],
            "provider_copies": [
                {
                    "id_sha256": storage.text_sha256(a.provider_video_id or ""),
                    "gone_at": a.provider_deleted_at,
                    **({} if a.provider_deleted_at else {"stays": _STAYS, "expires_at": a.expires_at}),
                }
                for a in attempts
            ],
            "kept": "the hashes above, decisions, comments, the ledger and the audit trail",
        }

    def _stays(self, file: Asset) -> bool:
        """What another take of the agency shares is said to stay, and is not called gone."""
        if not file.details.get("is_shared"):
            return False
        key = storage.key_for(require_org(), file.sha256, file.content_type)
        return bool(Asset.objects.filter(storage_key=key, purged_at=None).exists())

    def announce(self, row: Any, news: str) -> None:
        announce_take(row, news)


class CharacterSubject:
    """A character: the files of every clip it had, and the evidence of its rights."""

    kind: ClassVar[str] = "character"

    def __init__(self, pk: UUID) -> None:
        self.pk = pk

    def locked(self) -> Any:
        return character_tombstones.locked(self.pk)

    def deletions(self) -> Any:
        return Deletion.objects.filter(character=self.pk)

    def adopt(self, row: Any) -> None:
        """Nothing: no file of a character was ever marked without one."""

    def copies(self) -> list[Attempt]:
        """None: the protocol has no call that deletes a character. The receipt says so."""
        return []

    def due_files(self) -> list[tuple[UUID, str]]:
        rows = CharacterFile.objects.to_purge().filter(character=self.pk).order_by("pk")
        return list(rows.values_list("pk", "storage_key"))

    def remove(self, pk: UUID) -> None:
        held = character_tombstones.held_take(self.locked())
        if held is not None:
            raise OnHold(f"{held}, which was made with it, is on hold by {held.held_by}: {held.hold_reason}")
        file = CharacterFile.objects.to_purge().select_for_update(of=("self",)).filter(pk=pk).first()
        if file is None:
            return
        key = file.storage_key
        if not CharacterFile.objects.filter(storage_key=key, purged_at=None).exclude(pk=pk).exists():
            storage.remove(key)
        CharacterFile.objects.filter(pk=pk).update(purged_at=Now(), storage_key=REMOVED)
        log.info("character_file_purged", file=file.public_id)

    def facts(self) -> dict[str, Any] | None:
        files = list(
            CharacterFile.objects.filter(character=self.pk)
            .select_related("clip")
            .order_by("created_at", "pk")
        )
        if any(not file.purged_at for file in files):
            return None
        return {
            "files": [self._told(file) for file in files],
            "provider_copies": [],
            "provider_copies_that_may_stay": [
                {
                    "id_sha256": storage.text_sha256(row.provider_character_id)
                    if row.provider_character_id
                    else ""
                }
                for row in self._known()
            ],
            "kept": "the hashes above, who attested and approved it, where it was used, and the audit trail",
        }

    def _known(self) -> list[Registration]:
        """Registrations of which a provider may hold a copy."""
        unsent = [RegistrationStatus.WAITING, RegistrationStatus.REFUSED]
        rows = Registration.objects.filter(character=self.pk)
        return list(rows.exclude(status__in=unsent).order_by("account_id", "number"))

    def _told(self, file: CharacterFile) -> dict[str, Any]:
        key = storage.key_for(require_org(), file.sha256, file.content_type, room=ROOM)
        stays = CharacterFile.objects.filter(storage_key=key, purged_at=None).exists()
        clip = {"clip": file.clip.number} if file.clip else {}
        return {**_file(file), **clip, "bytes_stay_for_another_character": stays}

    def announce(self, row: Any, news: str) -> None:
        announce_character(row, news)


class PictureSubject:
    """A picture: what was sent, and every file that was made of it."""

    kind: ClassVar[str] = "picture"

    def __init__(self, pk: UUID) -> None:
        self.pk = pk

    def locked(self) -> Any:
        return picture_tombstones.locked(self.pk)

    def deletions(self) -> Any:
        return Deletion.objects.filter(picture=self.pk)

    def adopt(self, row: Any) -> None:
        """Nothing: no file of a picture was ever marked without one."""

    def copies(self) -> list[Attempt]:
        """None: the protocol has no call that deletes an image. The receipt says so."""
        return []

    def due_files(self) -> list[tuple[UUID, str]]:
        rows = PictureFile.objects.to_purge().filter(picture=self.pk).order_by("pk")
        return list(rows.values_list("pk", "storage_key"))

    def remove(self, pk: UUID) -> None:
        held = picture_tombstones.held_take(self.locked())
        if held is not None:
            raise OnHold(f"{held}, which opens with it, is on hold by {held.held_by}: {held.hold_reason}")
        file = PictureFile.objects.to_purge().select_for_update(of=("self",)).filter(pk=pk).first()
        if file is None:
            return
        key = file.storage_key
        if not PictureFile.objects.filter(storage_key=key, purged_at=None).exclude(pk=pk).exists():
            storage.remove(key)
        PictureFile.objects.filter(pk=pk).update(purged_at=Now(), storage_key=REMOVED)
        log.info("picture_file_purged", file=file.public_id)

    def facts(self) -> dict[str, Any] | None:
        files = list(PictureFile.objects.filter(picture=self.pk).order_by("created_at", "pk"))
        if any(not file.purged_at for file in files):
            return None
        sent = picture_tombstones.opened(Picture(pk=self.pk)).filter(attempts__intent_at__isnull=False)
        return {
            "files": [self._told(file) for file in files],
            "provider_copies": [],
            "sent_to_a_provider_with_takes": sorted(take.public_id for take in sent.distinct()),
            "kept": "the hashes above, who attested it, the takes that opened with it, and the audit trail",
        }

    def _told(self, file: PictureFile) -> dict[str, Any]:
        key = storage.key_for(require_org(), file.sha256, file.content_type, room=PICTURES)
        stays = PictureFile.objects.filter(storage_key=key, purged_at=None).exists()
        return {**_file(file), "bytes_stay_for_another_picture": stays}

    def announce(self, row: Any, news: str) -> None:
        """No page follows a picture live."""
