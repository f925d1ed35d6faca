"""What a clip is made of: plain, JSON-able data, so that it crosses the process border and survives a restart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

FPS = 30
SAMPLE_RATE = 48_000

# Part of every digest: raise it when the drawing changes, so that clips on disk are not mistaken for new ones.
DRAWING_VERSION = 1


@dataclass(frozen=True)
class Look:
    """The four seeds that decide a clip's picture.

    palette: text whose hash picks the colours; kept by a remix.
    shapes:  text whose hash picks the scene and its motion; kept by an edit.
    accent:  None, or text whose hash replaces part of the colours (an edit).
    guests:  (text, second) pairs; each brings a flock into the scene at that second (an extension).
    """

    palette: str
    shapes: str
    accent: str | None = None
    guests: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Chord:
    """A stretch of sound: the hash of ``seed`` picks the chord, which lasts ``seconds``."""

    seed: str
    seconds: int


@dataclass(frozen=True)
class ClipSpec:
    """Everything that a clip depends on; equal specs give equal files.

    width, height: even pixels. seconds: length of the whole file, the parent's part included.
    caption: the prompt as drawn. label: model and size, drawn small.
    image: file name of a still that is the first frame. source: file name of an MP4 to continue or recolour;
    names and not paths, so that moving the data folder changes no digest.
    source_mode: "" (draw everything), "extend" (source frames first) or "edit" (recolour the source).
    start_second: where the drawn part begins, so that an extension's motion goes on.
    """

    width: int
    height: int
    seconds: int
    caption: str
    label: str
    look: Look
    chords: tuple[Chord, ...]
    characters: tuple[str, ...] = ()
    image: str | None = None
    source: str | None = None
    source_mode: str = ""
    start_second: int = 0
    version: int = field(default=DRAWING_VERSION)

    @property
    def frames(self) -> int:
        """Number of frames of the whole file."""
        return self.seconds * FPS

    def to_dict(self) -> dict[str, Any]:
        """The spec as JSON-able data."""
        return asdict(self)

    def digest(self) -> str:
        """SHA-256 hex of the canonical spec: the name of its files."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def look_from(data: dict[str, Any]) -> Look:
    """Rebuild a Look from its JSON form."""
    guests = tuple((str(seed), int(second)) for seed, second in data.get("guests") or ())
    return Look(palette=data["palette"], shapes=data["shapes"], accent=data.get("accent"), guests=guests)


def spec_from(data: dict[str, Any]) -> ClipSpec:
    """Rebuild a ClipSpec from its JSON form."""
    fields = dict(data)
    fields["look"] = look_from(fields["look"])
    fields["chords"] = tuple(Chord(seed=c["seed"], seconds=int(c["seconds"])) for c in fields["chords"])
    fields["characters"] = tuple(fields.get("characters") or ())
    return ClipSpec(**fields)
