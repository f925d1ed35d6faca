"""Let the files of characters that are used no more go. The rows stay, with their hashes; the trail names them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.db.models.functions import Now

from characters.models import CharacterFile
from renders.steps.keep import lock_keys
from tenants import audit, storage
from tenants.retention import run
from tenants.retention.policy import Rule
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

# What a removed file's row says instead of where it was: its place is made of its hash.
REMOVED = "removed"


def remove_character_files(org_id: UUID) -> None:
    """Remove the bytes of every marked file of one agency. What cannot be removed now is tried in the next round."""
    with org_transaction(org_id):
        due = list(CharacterFile.objects.to_purge().order_by("pk").values_list("pk", "storage_key"))
    for pk, key in due:
        try:
            with org_transaction(org_id):
                _remove_one(pk, key)
        except storage.StorageFailed as error:
            log.warning("character_file_put_off", file=str(pk), error=str(error))
            return


def _remove_one(pk: Any, key: str) -> None:
    """The storage is called inside the transaction on purpose: under the key's lock nobody can begin to share it."""
    lock_keys([key])
    found = CharacterFile.objects.to_purge().select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        return
    if not CharacterFile.objects.filter(storage_key=key, purged_at=None).exclude(pk=pk).exists():
        storage.remove(key)
    CharacterFile.objects.filter(pk=pk).update(purged_at=Now(), storage_key=REMOVED)


def _kept(_rule: Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(deleted_at=None)


def _mark(rule: Rule, rows: Iterable[CharacterFile]) -> int:
    files = list(rows)
    for file in files:
        audit.record(
            "character.file_deleted",
            by="system:retention",
            on=file.character,
            sha256=file.sha256,
            file=file.kind,
            rule=rule.name,
        )
    count: int = CharacterFile.objects.filter(pk__in=[file.pk for file in files]).update(deleted_at=Now())
    return count


run.register("delete_character_files", run.Executor(_kept, _mark))
