"""What a source clip must be, as the Videos API's guide says (videos, characters). Pure: no queries, no I/O.

The words beside the upload control, the check of a file and the proposal that mends it all come from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_BYTES = 50 * 1000 * 1000
MIN_SECONDS, MAX_SECONDS = 2.0, 4.0
# One frame of a slow clip: 120 frames at 29.97 a second last 4.004 s, and nobody means to refuse these.
SLACK_SECONDS = 0.05
SHAPES: dict[str, tuple[int, int]] = {"16:9": (16, 9), "9:16": (9, 16)}
SHAPE_SLACK = 0.01  # 1366 × 768 counts as 16:9
MIN_LINES, MAX_LINES = 720, 1080  # pixels of the shorter side
MIN_SOURCE_LINES = 360  # less than that is not scaled up: nothing would be left to recognise
CONTAINERS, CODECS, PIXELS = {"mp4"}, {"h264"}, {"yuv420p", "yuvj420p"}

# Shown beside the control: what is checked, and what makes a character come out well.
SHOWN = (
    gettext_lazy("2 to 4 seconds long"),
    gettext_lazy("16:9 or 9:16, 720 to 1080 lines"),
    gettext_lazy("MP4, MOV or WebM, at most 50 MB"),
    gettext_lazy("Non-human: no person, no face of anybody, living or dead, and no film or game character"),
)
TIPS = (
    gettext_lazy("Well lit, in front of a plain background"),
    gettext_lazy("Seen from the front or three quarters"),
    gettext_lazy("Gentle movement: a turn or a step is enough"),
)


@dataclass(frozen=True)
class Problem:
    """One rule that a clip breaks. `is_mendable`: trim and crop can make it right."""

    rule: str
    title: str
    measured: str
    limit: str
    fix: str
    is_mendable: bool = True


def check(facts: Mapping[str, Any]) -> list[Problem]:
    """Every rule that these facts break, at once. `facts`: see tenants.media.source.inspect."""
    found = [_length(facts["seconds"]), _shape(facts), _lines(facts), _codec(facts)]
    return [problem for problem in found if problem is not None]


def _length(seconds: float) -> Problem | None:
    limit = _("2 to 4 seconds")
    measured = _("%(s)s s") % {"s": f"{seconds:.1f}"}
    if seconds < MIN_SECONDS - SLACK_SECONDS:
        fix = _("Record or export at least 2 seconds; nothing can be added here.")
        return Problem("length", _("Length"), measured, limit, fix, is_mendable=False)
    if seconds > MAX_SECONDS + SLACK_SECONDS:
        return Problem("length", _("Length"), measured, limit, _("Trim it to the best 2 to 4 seconds."))
    return None


def shape_of(width: int, height: int) -> str:
    """16:9, 9:16, or empty."""
    for name, (wide, tall) in SHAPES.items():
        if abs(width * tall / (height * wide) - 1) <= SHAPE_SLACK:
            return name
    return ""


def _shape(facts: Mapping[str, Any]) -> Problem | None:
    width, height = facts["width"], facts["height"]
    if shape_of(width, height):
        return None
    measured = f"{width} × {height}"
    return Problem("shape", _("Shape"), measured, _("16:9 or 9:16"), _("Crop it to one of the two shapes."))


def _lines(facts: Mapping[str, Any]) -> Problem | None:
    short = min(facts["width"], facts["height"])
    limit = _("720 to 1080 lines")
    measured = _("%(n)d lines") % {"n": short}
    if short < MIN_SOURCE_LINES:
        fix = _("Export a larger original: so few lines cannot be scaled up and still be recognised.")
        return Problem("size", _("Size"), measured, limit, fix, is_mendable=False)
    if short < MIN_LINES:
        return Problem(
            "size", _("Size"), measured, limit, _("Scale it up here, or export a larger original.")
        )
    if short > MAX_LINES:
        return Problem("size", _("Size"), measured, limit, _("Scale it down here."))
    return None


def _codec(facts: Mapping[str, Any]) -> Problem | None:
    is_right = (
        facts["container"] in CONTAINERS
        and facts["codec"] in CODECS
        and facts["pixel_format"] in PIXELS
        and not facts.get("rotation")
    )
    if is_right:
        return None
    names = {"mov": "MOV", "matroska": "WebM or MKV", "mp4": "MP4"}
    measured = (
        f"{names.get(facts['container'], facts['container'])}, {facts['codec']} {facts['pixel_format']}"
    )
    if facts.get("rotation"):
        measured += _(", turned by %(n)d°") % {"n": facts["rotation"]}
    return Problem(
        "codec",
        _("Format"),
        measured,
        _("MP4 with H.264"),
        _("Trim and crop writes it anew as MP4 with H.264."),
    )


class CannotCut(ValueError):
    """This cut cannot give a legal clip; the text says why and what to choose."""


@dataclass(frozen=True)
class Choice:
    """What a person chose. `place` is where the frame sits along its free way, 0 (left, top) to 100."""

    start: float
    seconds: float
    shape: str
    place: int = 50
    lines: int = MIN_LINES


def proposal(facts: Mapping[str, Any]) -> Choice:
    """A cut that makes this clip legal with the least loss."""
    width, height = facts["width"], facts["height"]
    shape = "16:9" if width >= height else "9:16"
    seconds = min(MAX_SECONDS, float(facts["seconds"]))
    lines = MAX_LINES if min(rectangle(width, height, shape, 50)[2:]) >= MAX_LINES else MIN_LINES
    return Choice(0.0, round(seconds, 2), shape, 50, lines)


def rectangle(width: int, height: int, shape: str, place: int) -> tuple[int, int, int, int]:
    """(left, top, wide, tall): the largest rectangle of a shape inside a picture, in even pixels."""
    across, down = SHAPES[shape]
    wide = min(width, height * across // down) // 2 * 2
    tall = min(height, width * down // across) // 2 * 2
    left = (width - wide) * place // 100 // 2 * 2
    top = (height - tall) * place // 100 // 2 * 2
    return left, top, wide, tall


def plan(facts: Mapping[str, Any], choice: Choice) -> dict[str, Any]:
    """The cut in pixels and seconds, for tenants.media.run.cut. Raises CannotCut."""
    if (
        choice.shape not in SHAPES
        or choice.lines not in {MIN_LINES, MAX_LINES}
        or not 0 <= choice.place <= 100
    ):
        raise CannotCut(_("Choose 16:9 or 9:16, and 720 or 1080 lines."))
    if not MIN_SECONDS <= choice.seconds <= MAX_SECONDS:
        raise CannotCut(_("Choose a length from 2 to 4 seconds."))
    ends, last = choice.start + choice.seconds, float(facts["seconds"])
    if choice.start < 0 or ends > last + SLACK_SECONDS:
        raise CannotCut(
            _(
                "The clip lasts %(all).1f s, so a piece of %(s).1f s can begin at %(latest).1f s at the latest."
            )
            % {"all": last, "s": choice.seconds, "latest": max(0.0, last - choice.seconds)}
        )
    left, top, wide, tall = rectangle(facts["width"], facts["height"], choice.shape, choice.place)
    if min(wide, tall) < MIN_SOURCE_LINES:
        raise CannotCut(
            _(
                "Only %(n)d lines are left of the picture in %(shape)s, and %(least)d are needed. Choose the other shape."
            )
            % {"n": min(wide, tall), "shape": choice.shape, "least": MIN_SOURCE_LINES}
        )
    across, down = SHAPES[choice.shape]
    long = choice.lines * max(across, down) // min(across, down)
    width, height = (long, choice.lines) if across > down else (choice.lines, long)
    return {
        "start": choice.start,
        "seconds": choice.seconds,
        "left": left,
        "top": top,
        "wide": wide,
        "tall": tall,
        "width": width,
        "height": height,
    }
