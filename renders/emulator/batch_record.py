"""A batch as stored."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

ENDED = ("failed", "completed", "expired", "cancelled")


@dataclass
class Batch:
    """One row: the Batch object that the API shows, and the faults that follow it around."""

    id: str
    key: str
    body: dict[str, Any]
    quirks: dict[str, Any] = field(default_factory=dict)
    accepted_wall: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Nothing will change any more."""
        return self.body["status"] in ENDED


def packed(batch: Batch) -> tuple[Any, ...]:
    """As a row of the store: id, key, body, quirks, accepted_wall, whether it has ended."""
    return (
        batch.id,
        batch.key,
        json.dumps(batch.body),
        json.dumps(batch.quirks),
        batch.accepted_wall,
        int(batch.has_ended),
    )


def unpacked(row: dict[str, Any]) -> Batch:
    """The row as a batch."""
    return Batch(
        row["id"], row["key"], json.loads(row["body"]), json.loads(row["quirks"]), row["accepted_wall"]
    )
