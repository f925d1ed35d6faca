"""SGLang Diffusion 0.5: open weights. `variant` counts outputs, and errors are {"detail": …}."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from renders.emulator.dialects.base import NO_BATCHES, Dialect, kept
from renders.emulator.errors import ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.jobs import Job
from renders.emulator.profiles import OPEN_WEIGHTS
from renders.emulator.validation import CREATE_FIELDS


class SGLang(Dialect):
    """One model is loaded, whatever a request calls it."""

    name = "sglang"
    limits = OPEN_WEIGHTS
    absent = {
        "remix": 404,
        "edit": 405,
        "extend": 405,
        "character_create": 405,
        "character_retrieve": 404,
        "moderation": 404,
        **NO_BATCHES,
    }
    is_strict = False
    has_webhooks = False
    expires = False
    deletes_running = True

    def new_id(self, created_at: int) -> str:
        """A UUID without its name in front."""
        return f"{secrets.token_hex(4)}-{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(6)}"

    def read(self, operation: str, form: Form) -> Form:
        """Seconds are a number or a numeral; in JSON a reference is a string: a path or an address."""
        form = kept(super().read(operation, form), CREATE_FIELDS[:5])
        seconds = form.values.get("seconds")
        if isinstance(seconds, int) and not isinstance(seconds, bool):
            form.values["seconds"] = str(seconds)
        if operation == "create":
            form.values["model"] = self.limits.default_model
        if "input_reference" in form.values:
            value = form.values["input_reference"]
            if not isinstance(value, str):
                raise bad(
                    "Invalid request body: 1 validation error for VideoGenerationsRequest input_reference "
                    "Input should be a valid string"
                )
            form.values["input_reference"] = {"image_url": value}
        return form

    def error(self, error: ApiError) -> tuple[int, Any]:
        """Words, and no code."""
        return error.status, {"detail": error.message}

    def video(self, body: dict[str, Any], job: Job, operation: str) -> dict[str, Any]:
        """Without the prompt; an error has no code."""
        shown = {name: value for name, value in body.items() if name != "prompt"}
        shown |= {"expires_at": None, "quality": "standard"}
        if job.error is not None:
            shown["error"] = {"message": job.error["message"]}
        return shown

    def variant(self, query: Mapping[str, str]) -> str:
        """The number of an output. There is one, and a word is none."""
        if query.get("variant", "0") != "0":
            raise ApiError(404, f"Video variant '{query['variant'][:40]}' not found")
        return "video"

    def no_content(self, job: Job) -> ApiError:
        """The same words, also for a job that failed."""
        return ApiError(404, "Generation is still in-progress")

    def page(self, body: dict[str, Any]) -> dict[str, Any]:
        """No word on whether there is more."""
        return {"object": "list", "data": body["data"]}

    def deleted(self, body: dict[str, Any]) -> dict[str, Any]:
        """The Video, called deleted."""
        return body | {"status": "deleted"}
