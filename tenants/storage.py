"""Where files are kept. Keys are made here, from the agency and the content's SHA-256; no name of a user's is used.

A file is written in a work folder, hashed on the way, and only then put at its content's key: the same bytes
land at the same place however often a step is repeated.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from tenants import versions
from tenants.errors import StorageFailed as StorageFailed  # callers know it under storage's name

CHUNK = 1024 * 1024
_WORK = "work-"
_signer = TimestampSigner(salt="media")

EXTENSIONS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
}


@dataclass(frozen=True)
class Staged:
    """A file on the local disk, hashed as it was written."""

    path: Path
    sha256: str
    size_bytes: int


def staging_folder() -> Path:
    """Where downloads are written before they are known to be whole."""
    folder = Path(settings.DATA_DIR) / "staging"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder that is gone afterwards, whatever happens; one of a killed worker goes when the next is made."""
    try:
        sweep_staging()
        staging = staging_folder()
        with _locked(staging, fcntl.LOCK_SH):
            folder = Path(tempfile.mkdtemp(dir=staging, prefix=_WORK))
            lock = _lock(folder, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
    except OSError as error:
        raise StorageFailed(f"The work folder cannot be written: {error.strerror or error}.") from error


def sweep_staging() -> int:
    """Remove the work folders of workers that were killed: the kernel dropped their locks. How many those were."""
    count, staging = 0, staging_folder()
    # Alone: a folder that is just being made has no lock yet.
    with _locked(staging, fcntl.LOCK_EX):
        for folder in staging.glob(f"{_WORK}*"):
            try:
                lock = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
            count += 1
    return count


def _lock(folder: Path, kind: int) -> int:
    """An open handle that holds the lock until it is closed, or its process ends. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
    except OSError:
        os.close(handle)
        raise
    return handle


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    handle = _lock(folder, kind)
    try:
        yield
    finally:
        os.close(handle)


def stage(path: Path, chunks: Iterable[bytes]) -> Staged:
    """Write chunks to `path`, hashing them as they come. Raises StorageFailed when the disk refuses."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
    except OSError as error:
        raise StorageFailed(f"The download cannot be written: {error.strerror or error}.") from error
    return Staged(path, digest.hexdigest(), size)


def staged(path: Path) -> Staged:
    """A file that is there already, hashed."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return Staged(path, digest.hexdigest(), path.stat().st_size)


def text_sha256(text: str) -> str:
    """SHA-256 of a text, for what must be recognised later without being kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_for(org_id: UUID, sha256: str, content_type: str, *, room: str = "") -> str:
    """The one place for these bytes of this agency. Files in different rooms never share bytes."""
    within = f"{org_id}/{room}" if room else f"{org_id}"
    return f"{within}/{sha256[:2]}/{sha256}.{EXTENSIONS[content_type]}"


def keep(file: Staged, *, org_id: UUID, content_type: str, room: str = "") -> str:
    """Put a staged file at its content's key, and return the key. Raises StorageFailed. Safe to repeat.

    The staged file may be moved away: it belongs to the storage from here on.
    """
    key = key_for(org_id, file.sha256, content_type, room=room)
    try:
        if default_storage.exists(key) and default_storage.size(key) == file.size_bytes:
            return key
        put(key, file.path)
        if default_storage.size(key) != file.size_bytes:
            raise StorageFailed("Storage kept fewer bytes than it was given.")
    except StorageFailed:
        raise
    except Exception as error:
        raise StorageFailed(f"Storage did not take the file ({type(error).__name__}).") from error
    return key


def put(key: str, source: Path) -> None:
    """All of the file at exactly this key, on the disk when this returns; or nothing. Raises what the store raises."""
    try:
        target = Path(default_storage.path(key))
    except NotImplementedError:
        # An object store: a put is whole or it is not there.
        with source.open("rb") as file:
            name = default_storage.save(key, File(file, name=key))
        if name != key:
            default_storage.delete(name)
            raise StorageFailed("Another worker is writing the same file.") from None
    else:
        _into_place(source, target)


def _into_place(source: Path, target: Path) -> None:
    """Move a file to where it stays. It reaches the disk before its name does: a paid clip must outlive a power cut."""
    with source.open("rb") as file:
        os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_into_place(source, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _copy_into_place(source: Path, target: Path) -> None:
    """The same from another disk: copied beside its place, then named."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, fresh)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def opened(key: str) -> Iterator[Any]:
    """The stored file, for reading. Raises StorageFailed."""
    try:
        file = default_storage.open(key, "rb")
    except Exception as error:
        raise StorageFailed(f"Storage did not give the file ({type(error).__name__}).") from error
    with file:
        yield file


def exists(key: str) -> bool:
    """Whether something is stored at this key. Raises StorageFailed."""
    try:
        return bool(default_storage.exists(key))
    except Exception as error:
        raise StorageFailed(f"Storage does not answer ({type(error).__name__}).") from error


def remove(key: str) -> None:
    """Remove every version of what is stored at this key; nothing there is fine. Raises StorageFailed."""
    versions.remove_all(key)


def copy_to(key: str, path: Path) -> Staged:
    """Bring a stored file to the local disk, hashed on the way."""
    with opened(key) as file:
        return stage(path, iter(lambda: file.read(CHUNK), b""))


def signed_name(asset_id: UUID, *, download_name: str = "") -> str:
    """A token that opens one asset for settings.MEDIA_URL_SECONDS."""
    return _signer.sign_object({"a": asset_id.hex, "d": download_name}, compress=False)


def read_signed_name(token: str) -> tuple[UUID, str] | None:
    """(asset's id, download name) of a token that is genuine and young enough, else None."""
    try:
        data = _signer.unsign_object(token, max_age=settings.MEDIA_URL_SECONDS)
        return UUID(hex=data["a"]), str(data["d"])
    except (BadSignature, SignatureExpired, KeyError, ValueError, TypeError):
        return None
