"""Put a local file into our storage, and describe it as an Asset that is not saved yet."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django.db import connection

from renders.models import Asset, AssetKind, Render
from tenants import storage

_COLUMNS = {"width", "height", "frames", "fps_num", "fps_den", "has_audio"}


def keep(
    render: Render, kind: AssetKind, file: storage.Staged, content_type: str, facts: dict[str, Any]
) -> Asset:
    """The file at its content's key. `facts` is what the media process says of it. Raises storage.StorageFailed."""
    org_id = cast(UUID, render.org_id)
    return Asset(
        org_id=org_id,
        render=render,
        kind=kind,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        storage_key=storage.keep(file, org_id=org_id, content_type=content_type),
        content_type=content_type,
        details={name: value for name, value in facts.items() if name not in _COLUMNS},
        **{name: value for name, value in facts.items() if name in _COLUMNS},
    )


def lock_keys(keys: Iterable[str]) -> None:
    """Nobody else writes down or removes what is at these keys until the transaction ends. Always in one order."""
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [key])


def make_sure(assets: Iterable[Asset]) -> None:
    """Called in the transaction that writes the rows: the files are there still. Raises storage.StorageFailed.

    Equal bytes share one place. Between keep(), which found them there, and this moment another take with the same
    bytes may have been deleted, and they with it.
    """
    keys = {asset.storage_key for asset in assets}
    lock_keys(keys)
    if not all(storage.exists(key) for key in keys):
        raise storage.StorageFailed("A file was removed while it was written down; it is fetched again.")
