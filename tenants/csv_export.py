"""Rows as CSV, streamed, so that a spreadsheet reads them as text and nothing else."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse

from tenants.scope import org_transaction

# What a spreadsheet would take for a formula; a tab or a line end in front hides one from the eye.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> str:
    """A value as a cell: never a formula, never more than one line. A number stays one, also below zero."""
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    text = "" if value is None else str(value)
    if text.lstrip(" ").startswith(_FORMULA):
        text = f"'{text}"
    return " ".join(text.replace("\r", "\n").replace("\x00", "").split("\n"))


def csv_response(
    org_id: UUID, name: str, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> StreamingHttpResponse:
    """The rows as a download. They are read while it is sent, in a transaction of its own in the agency's scope."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        with org_transaction(org_id):
            yield writer.writerow(header)
            for row in rows:
                yield writer.writerow([cell(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
