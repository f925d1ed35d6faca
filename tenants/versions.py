"""Remove a file for good, every version of it: on a versioned bucket a plain delete only hides it."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import default_storage

from tenants.errors import StorageFailed
from tenants.patience import twice


class CannotProve(StorageFailed):
    """The store does not say whether older versions are left, so nothing may be called gone."""


def remove_all(key: str) -> None:
    """Remove what is at this key, and what ever was; nothing there is fine. Raises StorageFailed, CannotProve."""
    bucket = getattr(default_storage, "bucket", None)
    try:
        if bucket is None:
            twice(lambda: default_storage.delete(key))
        else:
            _remove_versions(bucket.meta.client, bucket.name, default_storage._normalize_name(key))  # type: ignore[attr-defined]
    except StorageFailed:
        raise
    except Exception as error:
        raise StorageFailed(f"Storage did not remove the file ({type(error).__name__}).") from error


def _remove_versions(client: Any, bucket: str, name: str) -> None:
    for version in _versions(client, bucket, name):
        _remove_version(client, bucket, name, version)
    if any(True for _ in _versions(client, bucket, name)):
        raise StorageFailed("Storage still has a version of the file after its removal.")


def _versions(client: Any, bucket: str, name: str) -> Iterator[str]:
    """Ids of the versions and delete markers at exactly this name; "null" where versioning never was on."""
    try:
        pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=name)
        for page in pages:
            for row in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if row["Key"] == name:
                    yield str(row["VersionId"])
    except (ClientError, BotoCoreError) as error:
        if _code(error) in {"AccessDenied", "NotImplemented", "MethodNotAllowed", "403", "405", "501"}:
            raise CannotProve(
                "The bucket does not let us list the versions of a file, so we cannot say that it is gone. "
                "Allow s3:ListBucketVersions and s3:DeleteObjectVersion; the deletion goes on by itself then."
            ) from error
        raise StorageFailed(f"Storage does not answer ({_code(error) or type(error).__name__}).") from error


def _remove_version(client: Any, bucket: str, name: str, version: str) -> None:
    try:
        twice(lambda: client.delete_object(Bucket=bucket, Key=name, VersionId=version))
    except (ClientError, BotoCoreError) as error:
        if _code(error) in {"AccessDenied", "403"}:
            raise CannotProve(
                "The bucket refuses to remove a version of a file: its lock or its rights keep it. "
                "Allow s3:DeleteObjectVersion, or wait for the lock to end."
            ) from error
        raise StorageFailed(
            f"Storage did not remove the file ({_code(error) or type(error).__name__})."
        ) from error


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
