"""Relays of the new-api kind: statuses of their own, an address of the clip in the body, and nothing but create and read."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from renders.emulator.dialects.base import NO_BATCHES, Dialect
from renders.emulator.errors import ApiError
from renders.emulator.jobs import Job
from renders.emulator.profiles import OPENAI

_WORDS = {"queued": "NOT_START", "in_progress": "processing", "completed": "succeeded", "failed": "failed"}


class Relay(Dialect):
    """A reseller's gateway."""

    name = "relay"
    limits = OPENAI
    absent = {
        "list": 404,
        "delete": 404,
        "edit": 404,
        "extend": 404,
        "character_create": 404,
        "character_retrieve": 404,
        "moderation": 404,
        **NO_BATCHES,
    }
    is_strict = False
    has_webhooks = False

    def new_id(self, created_at: int) -> str:
        """A task, not a video."""
        return f"task_{secrets.token_urlsafe(24)}"

    def error(self, error: ApiError) -> tuple[int, Any]:
        """Flat: no "error" around it."""
        return error.status, {
            "code": error.code or "invalid_request",
            "message": error.message,
            "data": None,
        }

    def video(self, body: dict[str, Any], job: Job, operation: str) -> dict[str, Any]:
        """Other words for the same states; an error is a string; a finished clip has an address."""
        shown = body | {"status": _WORDS[job.status], "task_id": job.id}
        if job.status == "completed":
            shown["video_url"] = f"https://cdn.relay.invalid/{job.id}.mp4"
        if job.error is not None:
            shown["error"] = job.error["message"]
        return shown

    def variant(self, query: Mapping[str, str]) -> str:
        """Not read."""
        return "video"
