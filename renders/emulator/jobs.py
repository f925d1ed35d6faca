"""A video job as stored, and the 13-key body that the API shows of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

TERMINAL = ("completed", "failed")
# Shares of the render time: when a job leaves the queue, and when a job that will fail does so.
QUEUED_SHARE, FAIL_SHARE = 0.15, 0.6
STUCK_PROGRESS = 63


def new_video_id(created_at: int) -> str:
    """``video_`` and 48 hex digits, of which the first 8 are the time of creation (seen in five captures of five)."""
    return f"video_{created_at:08x}{secrets.token_hex(20)}"


@dataclass
class Job:
    """One row. ``plan`` holds the look and sources; ``quirks`` the faults that follow the job around."""

    id: str
    key: str
    operation: str
    model: str
    size: str
    seconds: str
    prompt: str
    created_at: int
    accepted_wall: float
    plan: dict[str, Any]
    status: str = "queued"
    completed_at: int | None = None
    expires_at: int | None = None
    remixed_from: str | None = None
    error: dict[str, str] | None = None
    extensions: int = 0
    digest: str | None = None
    quirks: dict[str, Any] = field(default_factory=dict)
    ended_progress: int | None = None
    deleted: bool = False

    @property
    def is_terminal(self) -> bool:
        """Nothing will change any more."""
        return self.status in TERMINAL

    def progress_at(self, wall: float, duration: float) -> int:
        """Whole percent; it grows with time, and reads 100 only when the files are there."""
        if self.status == "completed":
            return 100
        if self.status == "failed":
            return self.ended_progress or 0
        if self.status == "queued":
            return 0
        begin = self.accepted_wall + QUEUED_SHARE * duration
        span = max(0.001, (1 - QUEUED_SHARE) * duration)
        grown = max(1, min(99, int(99 * (wall - begin) / span)))
        return min(grown, STUCK_PROGRESS) if "stuck" in self.quirks else grown

    def body(self, wall: float, duration: float) -> dict[str, Any]:
        """The Video object: always 13 keys, nulls included."""
        return {
            "id": self.id,
            "object": "video",
            "created_at": self.created_at,
            "status": self.status,
            "completed_at": self.completed_at,
            "error": self.error,
            "expires_at": self.expires_at,
            "model": self.model,
            "progress": self.progress_at(wall, duration),
            "prompt": self.prompt,
            "remixed_from_video_id": self.remixed_from,
            "seconds": self.seconds,
            "size": self.size,
        }
