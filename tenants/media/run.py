"""Ask the media subprocess. The only way that product code decodes anything."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

PROBE_SECONDS = 60
DERIVE_SECONDS = 300
CREDENTIALS_SECONDS = 60
UPLOAD_SECONDS = 30
_WORSE = (
    "The clip cannot be decoded: it is damaged, or made so that it takes too long or too much memory. "
    "Export it again as MP4 (H.264), at most 1920 × 1080."
)
_WORSE_IMAGE = (
    "The image cannot be decoded: it is damaged, or made so that it takes too long or too much memory. "
    "Export it again as PNG, at the size of the clip."
)


class Unreadable(Exception):
    """The file is not a playable clip, or the decoder crashed or hung on it."""


def probe(source: Path) -> dict[str, Any]:
    """What is in a clip: see tenants.media.probe. Raises Unreadable."""
    return _ask(["probe", str(source)], PROBE_SECONDS)


def derive(source: Path, folder: Path) -> dict[str, Any]:
    """Make the review files in `folder`: see tenants.media.derive. Raises Unreadable."""
    return _ask(["derive", str(source), str(folder)], DERIVE_SECONDS)


def inspect(source: Path, folder: Path, *, detector: str = "") -> dict[str, Any]:
    """What is in an upload, with its preview in `folder`: see tenants.media.source.

    Raises Unreadable, whose text is a sentence for the person who sent it.
    """
    return _ask_about_upload(["inspect", str(source), str(folder), detector])


def cut(source: Path, target: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Write a piece of a clip: see tenants.media.cut.Cut. Raises Unreadable with a sentence for people."""
    return _ask_about_upload(["cut", str(source), str(target), json.dumps(wanted)])


def look(source: Path, folder: Path, *, detector: str = "") -> dict[str, Any]:
    """What is in an uploaded image, with its preview in `folder`: see tenants.media.picture.

    Raises Unreadable, whose text is a sentence for the person who sent it.
    """
    return _ask_about_upload(["look", str(source), str(folder), detector], worse=_WORSE_IMAGE)


def fit(source: Path, target: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Cut an image to size: see tenants.media.picture.Fit. Raises Unreadable with a sentence for people."""
    return _ask_about_upload(["fit", str(source), str(target), json.dumps(wanted)], worse=_WORSE_IMAGE)


def last_frame(source: Path, target: Path) -> dict[str, Any]:
    """Write a clip's last frame as PNG: see tenants.media.picture. Raises Unreadable."""
    return _ask(["frame", str(source), str(target)], PROBE_SECONDS)


def _ask_about_upload(arguments: list[str], *, worse: str = _WORSE) -> dict[str, Any]:
    try:
        answer = _ask(arguments, UPLOAD_SECONDS)
    except Unreadable as error:
        log.warning("upload_not_decoded", error=str(error)[-200:])
        raise Unreadable(worse) from error
    if "unusable" in answer:
        raise Unreadable(answer["unusable"])
    return answer


def credentials(source: Path) -> dict[str, Any]:
    """The content credentials of a clip: see tenants.media.credentials. Raises Unreadable."""
    anchors = [settings.C2PA_TRUST_ANCHORS] if settings.C2PA_TRUST_ANCHORS else []
    return _ask(["credentials", str(source), *anchors], CREDENTIALS_SECONDS)


def _ask(arguments: list[str], seconds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tenants.media.worker", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own module and paths of our own making
            command, capture_output=True, timeout=seconds, cwd=settings.BASE_DIR, check=False, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"the decoder did not finish within {seconds} s") from error
    if done.returncode != 0:
        raise Unreadable(done.stderr.strip()[-300:] or f"the decoder ended with {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
