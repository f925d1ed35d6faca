"""LiteLLM's proxy: ids carry their routing, and lose it on the way back. Deletion, lists and stills are missing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from renders.emulator.dialects.base import NO_BATCHES, Dialect
from renders.emulator.errors import ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.jobs import Job
from renders.emulator.profiles import OPENAI

_PREFIX = "video_"
_WORDS = {"in_progress": "processing"}


def routed(model: str, video_id: str) -> str:
    """A token that says where the video is. Without a model the proxy does not know whose key to use."""
    text = f"litellm:custom_llm_provider:openai;model_id:{model};video_id:{video_id}"
    return _PREFIX + base64.b64encode(text.encode()).decode()


class LiteLLM(Dialect):
    """A proxy in front of a server of the published document."""

    name = "litellm"
    limits = OPENAI
    # Lists and characters find no deployment to ask, and so no key.
    absent = {"delete": 405, "list": 400, "character_create": 500, "character_retrieve": 500, **NO_BATCHES}
    is_strict = False
    has_webhooks = False

    def stored_id(self, shown: str) -> str:
        """The video behind a token. One that lost its model meets the wrong vendor's key."""
        try:
            parts = base64.b64decode(shown.removeprefix(_PREFIX), validate=True).decode().split(";")
        except (binascii.Error, UnicodeDecodeError):
            return shown
        if len(parts) < 3:
            return shown
        if not parts[1].removeprefix("model_id:"):
            raise ApiError(401, "AuthenticationError: Incorrect API key provided.", code="invalid_api_key")
        return parts[2].removeprefix("video_id:")

    def read(self, operation: str, form: Form) -> Form:
        """Without a model nobody knows where to send it. Sources are tokens, too."""
        form = super().read(operation, form)
        if operation == "create" and not form.values.get("model"):
            raise bad("Invalid model name passed in model=None. Call `/v1/models` to view available models.")
        source = form.values.get("video")
        if isinstance(source, dict) and isinstance(source.get("id"), str):
            form.values["video"] = {"id": self.stored_id(source["id"])}
        return form

    def absence(self, operation: str, method: str) -> ApiError:
        """Nothing in these calls says which vendor they are for."""
        if operation == "list":
            return ApiError(400, "litellm.BadRequestError: LLM Provider NOT provided.")
        if operation.startswith("character"):
            return ApiError(500, "litellm.InternalServerError: InternalServerError: OpenAIException")
        return super().absence(operation, method)

    def error(self, error: ApiError) -> tuple[int, Any]:
        """The code is the status, as text; what the framework refuses by itself has its own shape."""
        if error.status == 405:
            return 405, {"detail": error.message}
        return error.status, {
            "error": {
                "message": error.message,
                "type": error.kind,
                "param": error.param,
                "code": str(error.status),
            }
        }

    def video(self, body: dict[str, Any], job: Job, operation: str) -> dict[str, Any]:
        """Only what a create answers can be asked for again."""
        shown = {name: value for name, value in body.items() if name != "prompt"}
        shown["id"] = routed(job.model if operation == "create" else "", job.id)
        shown["status"] = _WORDS.get(job.status, job.status)
        return shown

    def variant(self, query: Mapping[str, str]) -> str:
        """Dropped on the way: a thumbnail is the whole clip."""
        return "video"
