"""Round things that move: suns, glass discs, rings, motes, and the flock that an extension brings."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from renders.emulator.media.ground import even
from renders.emulator.media.palette import RGB, seeded
from renders.emulator.media.planes import Canvas, Mask, yuv_of

_MARGIN = 4


def disc(radius: float, *, fade: tuple[int, int] = (255, 255), ring: float = 0.0, blur: float = 0.0) -> Mask:
    """A round mask. fade: alpha at its top and foot. ring: line width in pixels for a hollow one."""
    scale = 4 if radius < 160 else 2
    half = even(radius) + _MARGIN + even(blur * 2) + 2
    side = half * 2 * scale
    image = Image.new("L", (side, side))
    middle, reach = side / 2, radius * scale
    box = (middle - reach, middle - reach, middle + reach, middle + reach)
    pen = ImageDraw.Draw(image)
    if ring:
        pen.ellipse(box, outline=255, width=max(1, round(ring * scale)))
    else:
        pen.ellipse(box, fill=255)
    image = image.reduce(scale)
    if fade != (255, 255):
        column = Image.new("L", (1, half * 2))
        column.putdata([_ramp(row, half, radius, fade) for row in range(half * 2)])
        image = ImageChops.multiply(image, column.resize(image.size))
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    return Mask(image, 4 if radius < 60 else 2)


def _ramp(row: int, half: int, radius: float, fade: tuple[int, int]) -> int:
    share = min(1.0, max(0.0, (row - half + radius) / (2 * radius)))
    return round(fade[0] + (fade[1] - fade[0]) * share)


class Body:
    """A mask in one colour on a slow path: a centre, a drift and a sway."""

    def __init__(self, mask: Mask, colour: RGB, centre: tuple[float, float]) -> None:
        self.mask, self.colour = mask, yuv_of(colour)
        self.centre = centre
        self.drift = (0.0, 0.0)
        self.sway = (0.0, 0.0)
        self.pace, self.phase = 0.0, 0.0
        self.wrap: tuple[int, int] | None = None

    def path(
        self,
        *,
        drift: tuple[float, float] = (0, 0),
        sway: tuple[float, float] = (0, 0),
        pace: float = 0.0,
        phase: float = 0.0,
    ) -> Body:
        """Set the motion: drift and sway in pixels (a second, and at most), pace in turns a second."""
        self.drift, self.sway, self.pace, self.phase = drift, sway, pace, phase
        return self

    def within(self, size: tuple[int, int]) -> Body:
        """Come back on the other side after leaving a frame of this size."""
        self.wrap = size
        return self

    def draw(self, canvas: Canvas, time: float) -> None:
        """Draw at ``time`` seconds."""
        turn = 2 * math.pi * (self.pace * time + self.phase)
        x = self.centre[0] + self.drift[0] * time + self.sway[0] * math.sin(turn)
        y = self.centre[1] + self.drift[1] * time + self.sway[1] * math.cos(turn)
        wide, tall = self.mask.size
        if self.wrap is not None:
            x = (x + wide) % (self.wrap[0] + 2 * wide) - wide
            y = (y + tall) % (self.wrap[1] + 2 * tall) - tall
        canvas.fill(self.colour, self.mask, x - wide / 2, y - tall / 2)


def motes(size: tuple[int, int], pick: random.Random, colour: RGB, count: int) -> list[Body]:
    """Small lights that rise slowly, larger and nearer ones faster."""
    unit = min(size) / 720
    made = []
    for _ in range(count):
        radius = pick.choice((1.6, 2.0, 2.6, 3.4, 5.0)) * unit
        alpha = pick.randint(70, 190)
        body = Body(
            disc(radius, fade=(alpha, alpha), blur=0.4 * radius),
            colour,
            (pick.uniform(0, size[0]), pick.uniform(0, size[1])),
        )
        body.path(
            drift=(pick.uniform(-6, 10) * unit, -pick.uniform(2, 5) * radius),
            sway=(pick.uniform(4, 16) * unit, 0),
            pace=pick.uniform(0.05, 0.16),
            phase=pick.random(),
        )
        made.append(body.within(size))
    return made


def glass(size: tuple[int, int], pick: random.Random, colours: tuple[RGB, ...], count: int) -> list[Body]:
    """Large half-clear discs, far and small ones first, the near ones quicker."""
    short = min(size)
    radii = sorted(pick.uniform(0.05, 0.24) * short for _ in range(count))
    made = []
    for index, radius in enumerate(radii):
        near = radius / short / 0.24
        fade = pick.choice(((235, 40), (60, 225), (210, 90)))
        # Spread over the width by index, else three of seven discs sit on top of one another.
        x = size[0] * ((index * 0.382 + pick.uniform(0, 0.16)) % 1.0)
        body = Body(disc(radius, fade=fade), pick.choice(colours), (x, size[1] * pick.uniform(0.14, 0.72)))
        body.path(
            drift=((8 + 34 * near) * short / 720 * pick.choice((-1, 1)), 0),
            sway=(0, (6 + 14 * near) * short / 720),
            pace=pick.uniform(0.06, 0.12),
            phase=pick.random(),
        )
        made.append(body.within(size))
    return made


class Flock:
    """Seven small discs that fly in from the left at their second and stay: what an extension adds."""

    def __init__(self, size: tuple[int, int], seed: str, start: float, colours: tuple[RGB, ...]) -> None:
        pick = seeded("flock", seed)
        self._size, self._start = size, start
        unit = min(size) / 720
        self._lane = pick.uniform(0.22, 0.46) * size[1]
        self._birds = [
            (
                disc(pick.uniform(7, 20) * unit, fade=(245, 150)),
                yuv_of(pick.choice(colours)),
                pick.uniform(0, 1.2),
                pick.random(),
            )
            for _ in range(7)
        ]
        self._unit = unit

    def draw(self, canvas: Canvas, time: float) -> None:
        """Draw at ``time`` seconds of the whole chain; nothing before the start."""
        since = time - self._start
        if since < 0:
            return
        reach = self._size[0] * 1.25
        for mask, colour, lag, phase in self._birds:
            x = ((since * 150 * self._unit - lag * 210 * self._unit) % reach) - 0.1 * self._size[0]
            if since * 150 * self._unit < lag * 210 * self._unit:
                continue
            y = self._lane + (phase - 0.5) * 130 * self._unit
            y += 26 * self._unit * math.sin(2 * math.pi * (0.22 * since + phase))
            canvas.fill(colour, mask, x - mask.size[0] / 2, y - mask.size[1] / 2)
