"""The port of face detectors, and the one that comes with it. Runs in the subprocess only.

A detector's word is advice: it sends a clip to a person and refuses nothing by itself. None is used unless
settings.FACE_DETECTOR names one.
"""

from collections.abc import Callable
from typing import Any

# One picture (a decoded frame) in, the number of faces out.
Detector = Callable[[Any], int]

LONG_SIDE = 640  # pixels; a face that is smaller than a twentieth of this is nobody's likeness


def _none() -> Detector:
    return lambda frame: 0


def _opencv() -> Detector:
    """OpenCV's frontal Haar cascade: quick, offline, and easily fooled both ways."""
    import cv2.data  # noqa: PLC0415 - an optional extra, loaded only where it is asked for

    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def count(frame: Any) -> int:
        scale = min(1.0, LONG_SIDE / max(frame.width, frame.height))
        grey = frame.reformat(
            width=max(2, round(frame.width * scale / 2) * 2),
            height=max(2, round(frame.height * scale / 2) * 2),
            format="gray",
        ).to_ndarray()
        found = cascade.detectMultiScale(
            grey, scaleFactor=1.1, minNeighbors=6, minSize=(LONG_SIDE // 20,) * 2
        )
        return len(found)

    return count


DETECTORS: dict[str, Callable[[], Detector]] = {"": _none, "opencv": _opencv}


class Look:
    """Shows frames to a detector and remembers in how many it saw a face."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._detect = DETECTORS[name]()
        self._frames = self._with_faces = 0

    def at(self, frame: Any) -> None:
        """One frame."""
        self._frames += 1
        self._with_faces += self._detect(frame) > 0

    def answer(self) -> dict[str, Any]:
        """detector, looked_at (frames), faces (frames with one)."""
        return {
            "detector": self._name,
            "looked_at": self._frames if self._name else 0,
            "faces": self._with_faces,
        }
