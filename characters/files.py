"""Put files of characters into storage, and describe them as rows that are not saved yet."""

from typing import Any, cast
from uuid import UUID

from characters.models import Character, CharacterFile, Clip
from tenants import storage

ROOM = "characters"  # apart from takes' files, so that deleting one never takes the other's bytes along


def keep(
    character: Character, kind: str, file: storage.Staged, content_type: str, *, clip: Clip | None = None
) -> CharacterFile:
    """The file at its content's key. Raises storage.StorageFailed."""
    org_id = cast(UUID, character.org_id)
    return CharacterFile(
        character=character,
        clip=clip,
        kind=kind,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        storage_key=storage.keep(file, org_id=org_id, content_type=content_type, room=ROOM),
        content_type=content_type,
    )


def content_type_of(facts: dict[str, Any]) -> str:
    """What a clip is served as."""
    return {"mp4": "video/mp4", "mov": "video/quicktime"}.get(facts["container"], "video/webm")
