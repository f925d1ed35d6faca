"""vLLM-Omni 0.30: open weights on one's own machines. Form bodies only, and a failed job is an HTTP error."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from renders.emulator.dialects.base import NO_BATCHES, Dialect, kept
from renders.emulator.errors import ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.jobs import Job
from renders.emulator.profiles import OPEN_WEIGHTS
from renders.emulator.validation import CREATE_FIELDS


class VllmOmni(Dialect):
    """Jobs live in the server's memory; a deletion cancels one that runs."""

    name = "vllm-omni"
    limits = OPEN_WEIGHTS
    absent = {
        "remix": 404,
        # A POST to /videos/edits meets the route of /videos/{id}, which knows GET and DELETE.
        "edit": 405,
        "extend": 405,
        "character_create": 405,
        "character_retrieve": 404,
        "moderation": 404,
        **NO_BATCHES,
    }
    encodings = ("form",)
    is_strict = False
    has_webhooks = False
    expires = False
    deletes_running = True

    def new_id(self, created_at: int) -> str:
        """No time in it."""
        return f"video_gen_{secrets.token_hex(16)}"

    def wrong_encoding(self, form: Form) -> ApiError:
        """The framework looks for form fields and finds none."""
        return bad("[{'type': 'missing', 'loc': ('body', 'prompt'), 'msg': 'Field required'}]")

    def read(self, operation: str, form: Form) -> Form:
        """`image_reference` is JSON inside a form field."""
        form = super().read(operation, form)
        reference = form.values.pop("image_reference", None)
        if reference is not None:
            try:
                value = json.loads(reference)
            except (TypeError, ValueError) as error:
                raise bad("Invalid JSON in 'image_reference'.") from error
            if not isinstance(value, dict):
                raise bad("'image_reference' must be an object with 'image_url' or 'file_id'.")
            form.values["input_reference"] = value
        return kept(form, CREATE_FIELDS[:5])

    def error(self, error: ApiError) -> tuple[int, Any]:
        """The code is the HTTP status, as a number."""
        kind = "NotFoundError" if error.status == 404 else "BadRequestError"
        return error.status, {
            "error": {
                "message": error.message,
                "type": kind,
                "param": error.param,
                "code": error.status,
            }
        }

    def video(self, body: dict[str, Any], job: Job, operation: str) -> dict[str, Any]:
        """Never expires; a few keys of its own; the code of an error is a number."""
        shown = body | {"expires_at": None, "quality": "default", "media_type": "video/mp4"}
        if job.error is not None:
            shown["error"] = {"code": self.video_status(job), "message": job.error["message"]}
        return shown

    def video_status(self, job: Job) -> int:
        """A failed job answers as the error that it is."""
        if job.error is None:
            return 200
        return 400 if job.error["code"] == "moderation_blocked" else 500

    def variant(self, query: Mapping[str, str]) -> str:
        """Not read: there is one file."""
        return "video"

    def no_content(self, job: Job) -> ApiError:
        """404 while it runs, 422 once it failed."""
        if job.status == "failed":
            return ApiError(422, "Video generation failed. Check job status for error details.")
        return ApiError(404, "Generation is still in-progress")

    def check_delete(self, job: Job) -> None:
        """A job that does not stop in time asks to come back."""
        if "stuck" in job.quirks and not job.is_terminal:
            raise ApiError(409, "Cancellation in progress. Please try again later.")
