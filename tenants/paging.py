"""Keyset paging: constant cost on every page, where OFFSET grows with the page's number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.http import urlencode


@dataclass(frozen=True)
class Page:
    """One page of rows; `older` is the cursor of the next page, or empty."""

    rows: list[Any]
    older: str
    is_first: bool

    def links(self, **kept: str) -> dict[str, str]:
        """older_url and newest_url for the pager, or empty; `kept` are the page's filters."""
        return {
            "older_url": "?" + urlencode({**kept, "before": self.older}) if self.older else "",
            "newest_url": "" if self.is_first else "?" + urlencode(kept),
        }


def _read(cursor: str) -> tuple[datetime, UUID] | None:
    moment, _, pk = cursor.partition("_")
    try:
        return datetime.fromisoformat(moment), UUID(pk)
    except ValueError:
        return None


def keyset_page(rows: Any, cursor: str, *, field: str = "created_at", size: int = 50) -> Page:
    """Rows older than the cursor (moment_uuid), newest first. A cursor that makes no sense shows the first page."""
    after = _read(cursor) if cursor else None
    if after is not None:
        moment, pk = after
        # The first condition is the second one's in part: it lets the index begin there instead of at the newest row.
        rows = rows.filter(**{f"{field}__lte": moment})
        rows = rows.filter(Q(**{f"{field}__lt": moment}) | Q(**{field: moment, "pk__lt": pk}))
    found = list(rows.order_by(f"-{field}", "-pk")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    older = f"{getattr(last, field).isoformat()}_{last.pk}" if last is not None else ""
    return Page(rows=found[:size], older=older, is_first=after is None)
