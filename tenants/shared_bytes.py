"""Equal bytes of one agency share one place in the storage. Who writes a row of them down, and who removes them, take turns."""

from collections.abc import Iterable
from typing import Protocol

from django.db import connection

from tenants import storage


class StoredRow(Protocol):
    """A row that says where its file is."""

    storage_key: str


def lock_keys(keys: Iterable[str]) -> None:
    """Nobody else writes down or removes what is at these keys until the transaction ends. Always in one order."""
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [key])


def make_sure(rows: Iterable[StoredRow]) -> None:
    """Called in the transaction that writes the rows: the files are there still. Raises storage.StorageFailed.

    Between the moment in which storage.keep() found them there and this one, another owner of the same bytes may have
    been deleted, and they with it.
    """
    keys = {row.storage_key for row in rows}
    lock_keys(keys)
    if not all(storage.exists(key) for key in keys):
        raise storage.StorageFailed("A file was removed while it was written down. Try it again.")
