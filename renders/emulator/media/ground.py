"""Skies, hills and ribbons: the large, soft parts of a scene, each drawn once per clip."""

from __future__ import annotations

import math
import random
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from renders.emulator.media.palette import RGB, Palette, mix
from renders.emulator.media.planes import Canvas, Mask, Picture, picture_of

_BICUBIC = Image.Resampling.BICUBIC


def even(value: float) -> int:
    """The nearest even whole number below; colour planes have half the size."""
    return int(value) // 2 * 2


def vertical(size: tuple[int, int], stops: list[tuple[float, RGB]]) -> Image.Image:
    """An RGB gradient from top to bottom; stops are (share of the height, colour), ascending."""
    width, height = size
    column = Image.new("RGB", (1, height))
    pixels = []
    for row in range(height):
        share = row / max(1, height - 1)
        for (low, first), (high, second) in pairwise(stops):
            if share <= high or high == stops[-1][0]:
                along = 0.0 if high == low else min(1.0, max(0.0, (share - low) / (high - low)))
                # Ease between stops: straight ramps show a crease at each stop.
                pixels.append(mix(first, second, along * along * (3 - 2 * along)))
                break
    column.putdata(pixels)
    return column.resize((width, height))


@lru_cache(maxsize=8)
def _falloff(power: float) -> Image.Image:
    """A 256 x 256 glow: 255 at the centre, 0 from the edge on."""
    table = [round(255 * max(0.0, 1 - value / 181) ** power) for value in range(256)]
    return Image.radial_gradient("L").point(table)


def glow(size: int, power: float, strength: float) -> Image.Image:
    """A round glow of ``size`` pixels as an alpha image."""
    table = [round(value * strength) for value in range(256)]
    return _falloff(power).resize((size, size), _BICUBIC).point(table)


def add_glow(
    image: Image.Image, colour: RGB, centre: tuple[float, float], size: int, strength: float
) -> None:
    """Lay a round glow over an RGB image."""
    alpha = glow(size, 2.2, strength)
    image.paste(colour, (int(centre[0] - size / 2), int(centre[1] - size / 2)), alpha)


@lru_cache(maxsize=8)
def _vignette(width: int, height: int) -> Image.Image:
    """Darkening towards corners and foot, as a multiplier image (255 = none). Captions stand on the foot."""
    table = [round(255 * (1 - 0.34 * min(1.0, value / 255) ** 2.4)) for value in range(256)]
    corners = Image.radial_gradient("L").point(table).resize((width, height), _BICUBIC)
    column = Image.new("L", (1, height))
    foot = [max(0.0, (row / height - 0.66) / 0.34) for row in range(height)]
    column.putdata([round(255 * (1 - 0.45 * share * share)) for share in foot])
    return ImageChops.multiply(corners, column.resize((width, height)))


def shaded(image: Image.Image, top: int, full: tuple[int, int]) -> Image.Image:
    """Vignette an RGB strip that will be shown at height ``top`` of a frame of size ``full``."""
    shade = _vignette(*full).crop((0, top, image.width, top + image.height))
    return ImageChops.multiply(image, Image.merge("RGB", (shade, shade, shade)))


def dithered(image: Image.Image, pick: random.Random) -> Image.Image:
    """Add a fixed, faint grain, without which 8-bit gradients show bands."""
    grain = Image.frombytes("L", image.size, pick.randbytes(image.width * image.height))
    fine = grain.point([round(value / 255 * 2) for value in range(256)])
    return ImageChops.subtract(
        ImageChops.add(image, Image.merge("RGB", (fine,) * 3)), Image.new("RGB", image.size, (1, 1, 1))
    )


def sky(
    size: tuple[int, int], colours: Palette, pick: random.Random, sun: tuple[float, float], halo: float
) -> Image.Image:
    """The background: three colours, a glow around the sun, and grain. ``sun`` in pixels."""
    horizon = min(0.92, sun[1] / size[1] + 0.28)
    image = vertical(
        size,
        [
            (0.0, colours.top),
            (horizon * 0.55, colours.middle),
            (horizon, colours.glow),
            (1.0, mix(colours.glow, colours.near, 0.4)),
        ],
    )
    add_glow(image, mix(colours.glow, colours.sun, 0.5), sun, int(max(size) * 1.25), 0.55 * halo)
    add_glow(image, colours.sun, sun, int(min(size) * 0.9), 0.6 * halo)
    return dithered(shaded(image, 0, size), pick)


def add_stars(image: Image.Image, colour: RGB, pick: random.Random) -> None:
    """Sprinkle the upper half with stars. They stand still, so they belong to the sky and cost nothing later."""
    width, height = image.size
    large = Image.new("L", (width * 2, height))
    pen = ImageDraw.Draw(large)
    for _ in range(60):
        x, y = pick.uniform(0, width * 2), pick.uniform(0, height)
        radius = pick.uniform(1.2, 3.2) * min(width, height) / 720
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=pick.randint(90, 230))
    image.paste(colour, (0, 0, width, height // 2), large.reduce(2).resize((width, height // 2)))


def profile(pick: random.Random, period: int, rough: float) -> list[float]:
    """One period of a hill line, sampled every 4 pixels, in the range -1 to 1. ``rough`` 0 = dunes, 1 = peaks."""
    top = 4 if rough < 0.5 else 9
    waves = [
        (k, pick.uniform(0.5, 1.0) / k ** (1.15 - 0.25 * rough), pick.uniform(0, 2 * math.pi))
        for k in range(1, top + 1)
    ]
    values = []
    for x in range(0, period, 4):
        turn = 2 * math.pi * x / period
        soft = sum(a * math.sin(k * turn + p) for k, a, p in waves)
        sharp = sum(a * (1 - 2 * abs(math.sin(k * turn / 2 + p))) for k, a, p in waves if k % 2 == 0) * 1.7
        values.append((1 - rough) * soft + rough * sharp)
    low, high = min(values), max(values)
    return [2 * (value - low) / (high - low) - 1 for value in values]


def outline(
    line: list[float], width: int, height: int, swing: int, alphas: list[tuple[int, int]]
) -> Image.Image:
    """An alpha image of everything below a periodic line.

    ``alphas``: (depth below the line in pixels, alpha) pairs, drawn in order; one pair (0, 255) is a solid hill.
    Drawn at double size and reduced: Pillow's polygons have no soft edges of their own.
    """
    image = Image.new("L", (width * 2, height * 2))
    pen = ImageDraw.Draw(image)
    count = len(line)
    base = [(x * 8, 2 * (swing - swing * line[x % count] * 0.96)) for x in range(-1, width // 4 + 2)]
    for depth, alpha in alphas:
        points = [(x, y + 2 * depth) for x, y in base]
        pen.polygon([*points, (width * 2 + 16, height * 2), (-16, height * 2)], fill=alpha)
    return image.reduce(2)


class Band:
    """A hill or a ribbon that slides sideways under a fixed light."""

    def __init__(self, picture: Picture, mask: Mask, top: int, speed: float, period: int) -> None:
        self.picture, self.mask, self.top = picture, mask, top
        self.speed, self.period = speed, period

    def draw(self, canvas: Canvas, time: float) -> None:
        """Draw at ``time`` seconds."""
        canvas.slide(self.picture, self.mask, (self.speed * time) % self.period, self.top)


def hill(
    size: tuple[int, int],
    pick: random.Random,
    *,
    crest: float,
    swing: float,
    depth: float,
    colours: tuple[RGB, RGB],
    sun: tuple[float, float],
    speed: float,
    rough: float,
) -> Band:
    """A hill line. crest, swing, depth: shares of the height (mean crest, half its range, drawn depth).

    colours: at the crest and at the foot. speed: pixels a second.
    """
    width, height = size
    swing_px = even(swing * height)
    top = even(crest * height) - swing_px
    tall = min(even(depth * height) + 2 * swing_px, height - top)
    tall += tall % 2
    period = even(width * 1.1) // 4 * 4
    line = profile(pick, period, rough)
    mask = outline(line, width + period + 4, tall, swing_px, [(0, 255)])
    light = vertical((width, tall), [(0.0, colours[0]), (1.0, colours[1])])
    add_glow(light, mix(colours[0], (255, 244, 224), 0.55), (sun[0], -tall * 0.3), int(width * 0.9), 0.34)
    light = dithered(shaded(light, top, size), pick)
    return Band(picture_of(light), Mask(mask), top, speed, period)


def ribbon(
    size: tuple[int, int],
    pick: random.Random,
    *,
    crest: float,
    swing: float,
    colour: RGB,
    speed: float,
    strength: float,
) -> Band:
    """A veil of light: bright along its upper edge, fading downwards."""
    width, height = size
    swing_px = even(swing * height)
    fade = even(0.2 * height)
    top = max(0, even(crest * height) - swing_px)
    tall = 2 * swing_px + fade + 16
    period = even(width * 1.3) // 4 * 4
    steps = 28
    alphas = [(i * fade // steps, round(255 * strength * (1 - i / steps) ** 1.6)) for i in range(steps)]
    alphas = [(0, 0), *alphas, (fade, 0)]
    mask = outline(profile(pick, period, 0.0), width + period + 4, tall, swing_px, alphas)
    mask = mask.filter(ImageFilter.GaussianBlur(3))
    flat = Image.new("RGB", (width, tall), colour)
    return Band(picture_of(flat), Mask(mask), top, speed, period)
