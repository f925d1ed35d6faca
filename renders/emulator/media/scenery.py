"""Four kinds of scene, one of them picked by the hash of ``Look.shapes``; each is a sky and things that move."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Protocol

from renders.emulator.media.bodies import Body, Flock, disc, glass, motes
from renders.emulator.media.ground import Band, add_stars, hill, ribbon, sky
from renders.emulator.media.palette import Palette, mix, palette_for, seeded
from renders.emulator.media.planes import Canvas, Picture, picture_of
from renders.emulator.media.spec import Look

Size = tuple[int, int]
Point = tuple[float, float]


class Mover(Protocol):
    """Anything that can be drawn at a moment."""

    def draw(self, canvas: Canvas, time: float) -> None:
        """Draw at ``time`` seconds since the start of the chain."""


class Scene:
    """A still background and the things in front of it, far ones first."""

    def __init__(self, background: Picture, movers: list[Mover], foreground: int) -> None:
        """``foreground``: how many of the last movers stand in front of a character."""
        self._background, self._movers = background, movers
        self._split = len(movers) - foreground

    def draw_back(self, canvas: Canvas, time: float) -> None:
        """Draw what is behind a character."""
        canvas.draw(self._background)
        for mover in self._movers[: self._split]:
            mover.draw(canvas, time)

    def draw_front(self, canvas: Canvas, time: float) -> None:
        """Draw what is in front of a character."""
        for mover in self._movers[self._split :]:
            mover.draw(canvas, time)


def _range(
    size: Size, pick: random.Random, colours: Palette, sun: Point, crests: list[float], rough: float
) -> list[Band]:
    """Hill lines from far to near: paler and slower in the distance, as air makes them."""
    unit = min(size) / 720
    count = len(crests)
    made = []
    for index, crest in enumerate(crests):
        near = (index + 1) / count
        tone = mix(mix(colours.glow, colours.middle, 0.45), colours.near, near**0.8 * 0.96)
        low = mix(tone, colours.glow, 0.22 * (1 - near)) if index < count - 1 else colours.near
        following = crests[index + 1] if index + 1 < count else 1.05
        swing = (0.035 + 0.04 * near) * (1.5 if rough > 0.5 else 1.0)
        made.append(
            hill(
                size,
                pick,
                crest=crest,
                swing=swing,
                depth=following - crest + 0.11 if index + 1 < count else 1.0,
                colours=(mix(tone, colours.glow, 0.12), low),
                sun=sun,
                speed=(5 + 58 * near * near) * unit,
                rough=rough,
            )
        )
    return made


def _dunes(size: Size, pick: random.Random, colours: Palette, sun: Point) -> tuple[list[Mover], int]:
    short = min(size)
    star = Body(disc(0.15 * short, fade=(255, 150)), colours.sun, sun).path(drift=(0, -0.006 * short))
    crests = [0.56, 0.63, 0.71, 0.8, 0.9]
    bands = _range(size, pick, colours, sun, crests, 0.0)
    movers: list[Mover] = [star, *bands[:-1], *motes(size, pick, colours.sun, 12), bands[-1]]
    return movers, 1


def _peaks(size: Size, pick: random.Random, colours: Palette, sun: Point) -> tuple[list[Mover], int]:
    short = min(size)
    moon = Body(disc(0.085 * short), colours.sun, sun).path(drift=(0.004 * short, -0.005 * short))
    ring = Body(disc(0.16 * short, fade=(120, 30), ring=max(1.5, short / 480)), colours.sun, sun)
    ring.path(drift=(0.004 * short, -0.005 * short))
    bands = _range(size, pick, colours, sun, [0.52, 0.62, 0.74, 0.88], 0.85)
    mist = ribbon(
        size, pick, crest=0.6, swing=0.03, colour=colours.glow, speed=16 * short / 720, strength=0.45
    )
    movers: list[Mover] = [
        moon,
        ring,
        bands[0],
        bands[1],
        mist,
        bands[2],
        *motes(size, pick, colours.sun, 10),
        bands[3],
    ]
    return movers, 1


def _orbs(size: Size, pick: random.Random, colours: Palette, sun: Point) -> tuple[list[Mover], int]:
    short = min(size)
    tones = (colours.sun, colours.accent, colours.glow, mix(colours.middle, colours.glow, 0.5))
    rings = [
        Body(disc(share * short, fade=(110, 40), ring=max(1.5, short / 500)), colours.sun, sun).path(
            sway=(0.01 * short, 0.01 * short), pace=0.05, phase=share
        )
        for share in (0.3, 0.42)
    ]
    bands = _range(size, pick, colours, sun, [0.74, 0.88], 0.0)
    movers: list[Mover] = [
        *rings,
        *glass(size, pick, tones, 7),
        bands[0],
        *motes(size, pick, colours.sun, 10),
        bands[1],
    ]
    return movers, 1


def _aurora(size: Size, pick: random.Random, colours: Palette, sun: Point) -> tuple[list[Mover], int]:
    unit = min(size) / 720
    veils = [
        ribbon(size, pick, crest=crest, swing=0.07, colour=tone, speed=speed * unit, strength=strength)
        for crest, tone, speed, strength in (
            (0.2, colours.accent, 14, 0.5),
            (0.3, colours.glow, 24, 0.55),
            (0.42, mix(colours.sun, colours.accent, 0.4), 38, 0.5),
        )
    ]
    bands = _range(size, pick, colours, sun, [0.66, 0.77, 0.89], 0.25)
    movers: list[Mover] = [*veils, *bands[:-1], *motes(size, pick, colours.sun, 6), bands[-1]]
    return movers, 1


_KINDS = (_dunes, _peaks, _orbs, _aurora)
_HINTS = (
    (r"mountain|peak|alp|cliff|valley|snow", _peaks),
    (r"desert|dune|hill|sea|ocean|lake|meadow|field|road", _dunes),
    (r"aurora|northern|night sky|star|galaxy|wind|silk|veil", _aurora),
    (r"planet|bubble|dew|glass|macro|product|abstract|balloon|bottle|perfume", _orbs),
)


def _kind_for(
    text: str, pick: random.Random
) -> Callable[[Size, random.Random, Palette, Point], tuple[list[Mover], int]]:
    """The scene that a word of the text suggests, else any."""
    other = pick.choice(_KINDS)
    hits = [
        (match.start(), kind)
        for words, kind in _HINTS
        if (match := re.search(rf"\b(?:{words})(?:s|es|y)?\b", text.lower()))
    ]
    return min(hits, key=lambda hit: hit[0])[1] if hits else other


def scene_for(size: Size, look: Look) -> Scene:
    """Build the scene of a look; the work of a few hundredths of a second, once per clip."""
    colours = palette_for(look.palette, look.accent)
    pick = seeded("shapes", look.shapes)
    kind = _kind_for(look.shapes, pick)
    sun = (size[0] * pick.uniform(0.28, 0.72), size[1] * pick.uniform(0.3, 0.42))
    painted = sky(size, colours, pick, sun, 0.6 if kind is _aurora else 1.0)
    if kind is _aurora:
        add_stars(painted, colours.sun, pick)
    background = picture_of(painted)
    movers, foreground = kind(size, pick, colours, sun)
    tones = (colours.accent, colours.sun)
    flocks: list[Mover] = [Flock(size, seed, start, tones) for seed, start in look.guests]
    movers[len(movers) - foreground : len(movers) - foreground] = flocks
    return Scene(background, movers, foreground)
