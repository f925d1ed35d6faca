"""Small signed documents that are kept beside the files, out of the database's reach: journal, receipts, heads.

Whoever restores or alters the database cannot alter these along with it. A paper is written once under its name.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from tenants import signed, storage
from tenants.errors import StorageFailed
from tenants.patience import twice

JOURNAL, RECEIPTS, ERASURES, HEADS = "journal", "receipts", "erasures", "audit-heads"


def _key(org_id: UUID, kind: str, name: str) -> str:
    return f"{org_id}/papers/{kind}/{name}.json"


def file_once(org_id: UUID, kind: str, name: str, document: dict[str, Any]) -> dict[str, Any]:
    """Keep the document under this name, unless one is there already; whichever is kept. Raises StorageFailed."""
    key = _key(org_id, kind, name)
    try:
        if not twice(lambda: default_storage.exists(key)):
            twice(lambda: _write(key, json.dumps(document, ensure_ascii=False, indent=1).encode()))
    except Exception as error:
        raise StorageFailed(f"Storage did not take a paper ({type(error).__name__}).") from error
    found = read(org_id, kind, name)
    if found is None:
        raise StorageFailed("Storage lost a paper that it was given.")
    return found


def _write(key: str, text: bytes) -> None:
    """It reaches the disk before this returns: a journal that a power cut takes away would be none."""
    with storage.workspace() as folder:
        path = folder / "paper.json"
        path.write_bytes(text)
        storage.put(key, path)


def read(org_id: UUID, kind: str, name: str) -> dict[str, Any] | None:
    """A paper, or None. Raises StorageFailed, and signed.BadDocument for one that is damaged."""
    key = _key(org_id, kind, name)
    try:
        if not twice(lambda: default_storage.exists(key)):
            return None
        with twice(lambda: default_storage.open(key, "rb")) as file:
            data = file.read(signed.MAX_BYTES + 1)
    except Exception as error:
        raise StorageFailed(f"Storage did not give a paper ({type(error).__name__}).") from error
    return signed.parse(data)


def names(org_id: UUID, kind: str) -> list[str]:
    """The papers of one kind, in the order of their names. Raises StorageFailed."""
    try:
        folder = f"{org_id}/papers/{kind}"
        _folders, files = twice(lambda: default_storage.listdir(folder))
    except FileNotFoundError:
        return []
    except Exception as error:
        raise StorageFailed(f"Storage does not list its papers ({type(error).__name__}).") from error
    return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))


def agencies() -> Iterator[UUID]:
    """Every agency that has something in the storage. Raises StorageFailed."""
    try:
        folders, _files = twice(lambda: default_storage.listdir(""))
    except FileNotFoundError:
        return
    except Exception as error:
        raise StorageFailed(f"Storage does not answer ({type(error).__name__}).") from error
    for name in folders:
        try:
            yield UUID(name)
        except ValueError:
            continue
