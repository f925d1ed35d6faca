"""A bound on what one uploaded file may have, before anything reads it."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class Bounded(FileUploadHandler):
    """Skips a file that is larger than settings.UPLOAD_MAX_BYTES; the form's other fields arrive.

    The rest of it is read and thrown away, so that the browser shows our answer instead of a broken connection.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the chunk on, or skip the file."""
        self._seen += len(raw_data)
        if self._seen > settings.UPLOAD_MAX_BYTES:
            names: set[str] = getattr(self.request, "_too_large", set())
            self.request._too_large = names | {self.field_name}  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Another handler keeps it."""


def was_too_large(request: HttpRequest, field: str) -> bool:
    """Whether the file of this field was skipped for its size."""
    return field in getattr(request, "_too_large", set())
