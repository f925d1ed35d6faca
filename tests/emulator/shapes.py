"""What bodies look like, taken by hand from the published API document."""

import re

VIDEO_KEYS = {
    "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "prompt", "size",
    "seconds", "remixed_from_video_id", "error",
}  # fmt: skip
LIST_KEYS = {"object", "data", "first_id", "last_id", "has_more"}
CATEGORIES = {
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
}  # fmt: skip


def check_video(body: dict) -> None:
    """The thirteen keys, and what must hold between them."""
    assert set(body) == VIDEO_KEYS
    assert body["object"] == "video"
    assert re.fullmatch(r"video_[0-9a-f]{48}", body["id"])
    assert int(body["id"][6:14], 16) == body["created_at"]
    assert body["status"] in ("queued", "in_progress", "completed", "failed")
    assert isinstance(body["progress"], int)
    assert isinstance(body["seconds"], str)
    if body["status"] == "completed":
        assert body["expires_at"] == body["completed_at"] + 3600
    else:
        assert body["completed_at"] is None
        assert body["expires_at"] is None
    if body["status"] == "failed":
        assert set(body["error"]) == {"code", "message"}
    else:
        assert body["error"] is None
