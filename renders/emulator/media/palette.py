"""Colours. A short list of palettes chosen by eye, one of them picked and slightly turned by a hash.

Free hue arithmetic gives mud about one time in three; a chosen list never does.
"""

from __future__ import annotations

import colorsys
import hashlib
import random
import re
from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """Six colours, from the top of the sky to the nearest hill, and an accent."""

    top: RGB
    middle: RGB
    glow: RGB
    sun: RGB
    near: RGB
    accent: RGB


_CHOSEN = (
    ("1b1f4b", "6b3f7f", "f2976b", "ffe1b0", "1a1030", "ff6f59"),
    ("22436f", "7396bf", "f7d3bd", "fff4df", "1b2742", "f08a5d"),
    ("062a33", "0f6b6f", "9fe0c6", "f6ffe0", "04181d", "ffb347"),
    ("3b1f3f", "a44a6b", "f7b5a8", "fff0dc", "241024", "7fd1c7"),
    ("2b3a67", "b56b57", "f4c27a", "fff1c9", "34181c", "e4572e"),
    ("0b1b3a", "2f6690", "bfe3ea", "ffffff", "081426", "ffcf56"),
    ("10281f", "3e7a4e", "d8e4a0", "fffbe0", "0a1a14", "f2a541"),
    ("0d0b26", "3a2a7a", "b08bd9", "fde7ff", "080616", "59e0c5"),
    ("180a14", "6a1b2b", "e8613c", "ffd38a", "12060c", "ffb703"),
    ("2c4a63", "5f9488", "f8d568", "fff7d6", "1d2b30", "ef476f"),
    ("11151c", "364156", "b9c2cc", "f7f3e8", "0c0f14", "d66853"),
    ("123e6b", "2a9d8f", "e9e3a8", "fff9e6", "0d2538", "f4a261"),
)


def seeded(*parts: str) -> random.Random:
    """A generator that depends on the text alone, on every machine and in every process."""
    text = "\x1f".join(parts).encode()
    return random.Random(int.from_bytes(hashlib.sha256(text).digest()[:8], "big"))  # noqa: S311 - pictures


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """``a`` with ``share`` (0 to 1) of ``b`` in it."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def _turned(hex_colour: str, turn: float) -> RGB:
    """A hex colour with its hue turned by ``turn`` (a share of the circle)."""
    red, green, blue = (int(hex_colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    red, green, blue = colorsys.hls_to_rgb((hue + turn) % 1.0, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


# Which of the chosen palettes suit a word (the start of one). Prompts mostly say what light they want.
_HINTS: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"night|midnight|moon|stars?|starlight|neon", (7, 10)),
    (r"snow|ice|icy|winter|arctic|frost|cold", (5,)),
    (r"desert|dune|sand|canyon|autumn|rust", (4, 8)),
    (r"fire|ember|lava|volcano|red", (8,)),
    (r"sunset|dusk|evening|late light|golden", (0, 4)),
    (r"dawn|morning|sunrise|mist|fog", (1, 3)),
    (r"forest|jungle|leaf|leaves|garden|green|moss", (6, 9)),
    (r"sea|ocean|lake|river|water|boat|beach|island", (11, 2)),
    (r"rose|pink|blossom|flower|cherry", (3,)),
    (r"summer|lemon|citrus|yellow|honey", (9,)),
    (r"city|street|steel|grey|gray|rain|storm", (10, 7)),
)


def _fitting(seed: str) -> tuple[tuple[str, ...], ...]:
    """The palettes for a text: those of the hint that comes first in it, else all."""
    hits = [
        (match.start(), chosen)
        for words, chosen in _HINTS
        if (match := re.search(rf"\b(?:{words})(?:s|es|y)?\b", seed.lower()))
    ]
    return tuple(_CHOSEN[index] for index in min(hits)[1]) if hits else _CHOSEN


def _plain(seed: str) -> Palette:
    pick = seeded("palette", seed)
    colours = pick.choice(_fitting(seed))
    turn = pick.uniform(-0.03, 0.03)
    return Palette(*(_turned(colour, turn) for colour in colours))


def palette_for(seed: str, accent: str | None = None) -> Palette:
    """The palette of ``seed``; with ``accent`` the light changes and the dark stays, as an edit does."""
    base = _plain(seed)
    if accent is None:
        return base
    other = _plain(accent)
    return Palette(
        top=mix(base.top, other.top, 0.35),
        middle=mix(base.middle, other.middle, 0.6),
        glow=other.glow,
        sun=other.sun,
        near=base.near,
        accent=other.accent,
    )
