"""The error body: ``{"error": {message, type, param, code}}``, all four keys always there."""

from __future__ import annotations

from typing import Any

GONE_MESSAGE = "The video is no longer available. Downloads expire after 1 hours."
MODERATION_MESSAGE = "Your request was blocked by our moderation system."
INPAINT_MESSAGE = "Inpaint image must match the requested width and height"


def error_body(message: str, kind: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The body for a message."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class ApiError(Exception):
    """A refusal with its HTTP status; the handlers' way to answer anything but 200."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.kind, self.param, self.code = kind, param, code
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The error as JSON-able data."""
        return error_body(self.message, self.kind, self.param, self.code)


def bad(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A 400."""
    return ApiError(400, message, param=param, code=code)


def not_found(video_id: str) -> ApiError:
    """The 404 for a video that is not there, or not this key's: the two look the same from outside."""
    return ApiError(404, f"Video with id '{video_id}' not found.")
