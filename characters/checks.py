"""System checks of this app."""

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from tenants.media.faces import DETECTORS


@register()
def face_detector_is_there(app_configs: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """A detector that is asked for by name exists and is installed."""
    if settings.FACE_DETECTOR not in DETECTORS:
        known = ", ".join(repr(name) for name in DETECTORS if name)
        yield Error(
            f"FACE_DETECTOR is {settings.FACE_DETECTOR!r}, which does not exist.",
            hint=f"Leave it empty, or set {known}. See .env.sample.",
            id="characters.E001",
        )
    elif settings.FACE_DETECTOR == "opencv" and find_spec("cv2") is None:
        yield Error(
            "FACE_DETECTOR is 'opencv', and OpenCV is not installed.",
            hint="Install the extra “faces” of pyproject.toml, or leave FACE_DETECTOR empty.",
            id="characters.E002",
        )
