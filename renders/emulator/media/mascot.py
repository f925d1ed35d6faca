"""The look of a character: one glyph with own colours, drawn from the hash of its id and of nothing else.

Whatever the prompt, model or size, the same id shows the same creature.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from renders.emulator.media.ground import even
from renders.emulator.media.palette import RGB, mix, seeded
from renders.emulator.media.planes import Canvas, Mask, Picture, picture_of

_SCALE = 3


@dataclass(frozen=True)
class Traits:
    """What the hash decides."""

    body: RGB
    belly: RGB
    trim: RGB
    outline: str
    ears: str
    tall: float
    cheeks: bool


def traits_of(character_id: str) -> Traits:
    """The traits of a character id."""
    pick = seeded("character", character_id)
    hue = pick.random()
    body = _colour(hue, 0.64, 0.58)
    return Traits(
        body=body,
        belly=mix(body, (255, 250, 240), 0.66),
        trim=_colour((hue + pick.choice((0.45, 0.55, 0.12))) % 1, 0.48, 0.55),
        outline=pick.choice(("round", "drop", "block")),
        ears=pick.choice(("round", "point", "stalk", "leaf")),
        tall=pick.uniform(0.9, 1.16),
        cheeks=pick.random() < 0.5,
    )


def _colour(hue: float, light: float, saturation: float) -> RGB:
    red, green, blue = colorsys.hls_to_rgb(hue, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _ears(pen: ImageDraw.ImageDraw, traits: Traits, side: int) -> None:
    s = side
    for sign in (-1, 1):
        x = s * (0.5 + sign * 0.2)
        if traits.ears == "round":
            pen.ellipse((x - s * 0.11, s * 0.1, x + s * 0.11, s * 0.32), fill=traits.body)
            pen.ellipse((x - s * 0.06, s * 0.15, x + s * 0.06, s * 0.27), fill=traits.trim)
        elif traits.ears == "point":
            pen.polygon(
                [(x - s * 0.12, s * 0.34), (x + sign * s * 0.08, s * 0.04), (x + s * 0.12, s * 0.34)],
                fill=traits.body,
            )
            pen.polygon(
                [(x - s * 0.05, s * 0.3), (x + sign * s * 0.06, s * 0.12), (x + s * 0.06, s * 0.3)],
                fill=traits.trim,
            )
        elif traits.ears == "stalk":
            pen.line((x, s * 0.32, x + sign * s * 0.05, s * 0.1), fill=traits.body, width=max(2, s // 28))
            pen.ellipse(
                (x + sign * s * 0.05 - s * 0.05, s * 0.04, x + sign * s * 0.05 + s * 0.05, s * 0.14),
                fill=traits.trim,
            )
        else:
            pen.ellipse((x - s * 0.05, s * 0.02, x + s * 0.05, s * 0.34), fill=traits.trim)


def _body(pen: ImageDraw.ImageDraw, traits: Traits, side: int) -> None:
    s = side
    box = (s * 0.16, s * 0.22, s * 0.84, s * 0.9)
    if traits.outline == "block":
        pen.rounded_rectangle(box, radius=s * 0.22, fill=traits.body)
    elif traits.outline == "drop":
        pen.ellipse((s * 0.13, s * 0.34, s * 0.87, s * 0.92), fill=traits.body)
        pen.ellipse((s * 0.22, s * 0.2, s * 0.78, s * 0.72), fill=traits.body)
    else:
        pen.ellipse(box, fill=traits.body)
    pen.ellipse((s * 0.3, s * 0.56, s * 0.7, s * 0.88), fill=traits.belly)
    for sign in (-1, 1):
        x = s * (0.5 + sign * 0.15)
        pen.rounded_rectangle(
            (x - s * 0.08, s * 0.86, x + s * 0.08, s * 0.95), radius=s * 0.045, fill=traits.trim
        )


def _face(pen: ImageDraw.ImageDraw, traits: Traits, side: int, *, blink: bool) -> None:
    s, ink = side, (28, 24, 34)
    for sign in (-1, 1):
        x, y = s * (0.5 + sign * 0.14), s * 0.44
        if blink:
            pen.arc(
                (x - s * 0.06, y - s * 0.05, x + s * 0.06, y + s * 0.05),
                20,
                160,
                fill=ink,
                width=max(2, s // 60),
            )
        else:
            pen.ellipse((x - s * 0.065, y - s * 0.075, x + s * 0.065, y + s * 0.075), fill=(255, 255, 255))
            pen.ellipse((x - s * 0.03, y - s * 0.04, x + s * 0.05, y + s * 0.05), fill=ink)
            pen.ellipse((x + s * 0.012, y - s * 0.03, x + s * 0.036, y - s * 0.006), fill=(255, 255, 255))
        if traits.cheeks:
            pen.ellipse(
                (x + sign * s * 0.06 - s * 0.04, s * 0.51, x + sign * s * 0.06 + s * 0.04, s * 0.56),
                fill=mix(traits.body, (255, 120, 120), 0.5),
            )
    pen.arc((s * 0.44, s * 0.47, s * 0.56, s * 0.55), 15, 165, fill=ink, width=max(2, s // 60))


def portrait(character_id: str, side: int, *, blink: bool = False) -> Image.Image:
    """The creature as an RGBA image of ``side`` (even) pixels."""
    traits = traits_of(character_id)
    large = Image.new("RGBA", (side * _SCALE, side * _SCALE), (*traits.body, 0))
    pen = ImageDraw.Draw(large)
    _ears(pen, traits, side * _SCALE)
    _body(pen, traits, side * _SCALE)
    _face(pen, traits, side * _SCALE, blink=blink)
    return large.reduce(_SCALE)


class Mascot:
    """A creature that hops along; it blinks every third second."""

    def __init__(self, size: tuple[int, int], character_id: str, index: int, count: int) -> None:
        self._side = even(0.3 * min(size))
        poses = []
        for blink in (False, True):
            image = portrait(character_id, self._side, blink=blink)
            poses.append((picture_of(image.convert("RGB")), Mask(image.getchannel("A"))))
        self._poses: list[tuple[Picture, Mask]] = poses
        share = 0.66 if count == 1 else (0.5, 0.8)[index]
        self._home = (size[0] * share - self._side / 2, size[1] * 0.79 - self._side)
        self._unit = min(size) / 720
        self._phase = index * 0.37

    def draw(self, canvas: Canvas, time: float) -> None:
        """Draw at ``time`` seconds."""
        hop = abs(math.sin(math.pi * (0.9 * time + self._phase)))
        x = self._home[0] + 46 * self._unit * math.sin(2 * math.pi * (0.09 * time + self._phase))
        y = self._home[1] - 26 * self._unit * hop
        picture, mask = self._poses[1 if (time + self._phase * 5) % 3 < 0.14 else 0]
        canvas.draw(picture, even(x), even(y), mask)
