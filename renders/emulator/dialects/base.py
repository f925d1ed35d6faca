"""A dialect: how one kind of server speaks the protocol. The base is the published document; others say what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from renders.emulator.errors import ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.jobs import Job, new_video_id
from renders.emulator.media.render import VARIANTS
from renders.emulator.profiles import OPENAI, Profile

# What a server without files and batches lacks, with the status of a call to it.
NO_BATCHES = dict.fromkeys(
    ("file_create", "file_retrieve", "file_content", "batch_create", "batch_list", "batch_retrieve"), 404
)


class Dialect:
    """Data first, and a few methods for what data cannot say. Bodies are those of the published document, rewritten."""

    name = "openai"
    limits: Profile = OPENAI
    # What a batch names as its endpoint.
    batch_url = "/v1/videos"
    # Operations that the server lacks, with the status of a call to them.
    absent: Mapping[str, int] = {}
    # How a create may be encoded.
    encodings: tuple[str, ...] = ("json", "form")
    # Whether fields that nobody knows are refused; otherwise they vanish in silence.
    is_strict = True
    has_webhooks = True
    # Whether a finished clip goes away after limits.expires_after.
    expires = True
    # Whether a job under way may be deleted.
    deletes_running = False

    def new_id(self, created_at: int) -> str:
        """The id of a new video, as it is stored."""
        return new_video_id(created_at)

    def stored_id(self, shown: str) -> str:
        """The stored id behind one that a client sent. Raises ApiError for one that leads nowhere."""
        return shown

    def read(self, operation: str, form: Form) -> Form:
        """A request's body as the published document would have it. Raises ApiError."""
        if operation == "create" and form.encoding not in self.encodings:
            raise self.wrong_encoding(form)
        return form

    def wrong_encoding(self, form: Form) -> ApiError:
        """The answer to a create in an encoding that is not taken."""
        return bad(f"This server does not take {form.encoding}.", code="unsupported_content_type")

    def absence(self, operation: str, method: str) -> ApiError:
        """The answer to an operation that is not there."""
        status = self.absent[operation]
        return ApiError(status, "Method Not Allowed" if status == 405 else "Not Found")

    def error(self, error: ApiError) -> tuple[int, Any]:
        """Status and body of a refusal."""
        return error.status, error.body

    def video(self, body: dict[str, Any], job: Job, operation: str) -> dict[str, Any]:
        """The Video object that `operation` answers with."""
        return body

    def video_status(self, job: Job) -> int:
        """The HTTP status of a GET of this job."""
        return 200

    def variant(self, query: Mapping[str, str]) -> str:
        """Which of VARIANTS a download asks for. Raises ApiError."""
        variant = query.get("variant", "video")
        if variant not in VARIANTS:
            raise bad(
                f"Invalid value: '{variant[:80]}'. Supported values are: 'video', 'thumbnail', and 'spritesheet'.",
                "variant",
                "invalid_value",
            )
        return variant

    def no_content(self, job: Job) -> ApiError:
        """The answer to a download of what is not there yet, or never will be."""
        if job.status == "failed":
            return ApiError(404, f"Video with id '{job.id}' failed; it has no content.")
        return ApiError(
            404,
            f"Video is not ready yet: its status is '{job.status}'. Poll GET /v1/videos/{job.id} until it is completed.",
        )

    def page(self, body: dict[str, Any]) -> dict[str, Any]:
        """A list's body."""
        return body

    def check_delete(self, job: Job) -> None:
        """Raises ApiError when this job cannot be deleted now."""
        if not job.is_terminal and not self.deletes_running:
            raise bad(
                f"Video with id '{job.id}' cannot be deleted while its status is '{job.status}'; wait until it is completed or failed."
            )

    def deleted(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a deletion answers. `body`: the Video as it was."""
        return {"id": body["id"], "object": "video.deleted", "deleted": True}


def kept(form: Form, names: tuple[str, ...]) -> Form:
    """The form without the fields that the server does not know."""
    return Form(
        form.encoding,
        {name: value for name, value in form.values.items() if name in names},
        {name: upload for name, upload in form.files.items() if name in names},
    )
