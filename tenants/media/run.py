"""Ask the media subprocess. The only way that product code decodes anything."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

PROBE_SECONDS = 60
DERIVE_SECONDS = 300
CREDENTIALS_SECONDS = 60


class Unreadable(Exception):
    """The file is not a playable clip, or the decoder crashed or hung on it."""


def probe(source: Path) -> dict[str, Any]:
    """What is in a clip: see tenants.media.probe. Raises Unreadable."""
    return _ask(["probe", str(source)], PROBE_SECONDS)


def derive(source: Path, folder: Path) -> dict[str, Any]:
    """Make the review files in `folder`: see tenants.media.derive. Raises Unreadable."""
    return _ask(["derive", str(source), str(folder)], DERIVE_SECONDS)


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
