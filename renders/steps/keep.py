"""Put a local file into our storage, and describe it as an Asset that is not saved yet."""

from typing import Any, cast
from uuid import UUID

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
