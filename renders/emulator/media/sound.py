"""A soft chord, picked by a hash, without numpy.

One second is computed and repeated. That is exact, since every partial has a whole number of hertz; pairs
one hertz apart give a slow swell that also closes after a second.
"""

from __future__ import annotations

import math
from array import array
from functools import lru_cache

import av

from renders.emulator.media.palette import seeded
from renders.emulator.media.spec import SAMPLE_RATE, Chord

_CHORDS = ((0, 7, 12, 16), (0, 7, 10, 15), (0, 5, 7, 14), (0, 4, 7, 11), (0, 3, 7, 14))
_FADE = 0.7
_OTHER_EAR = 17_011


@lru_cache(maxsize=16)
def _second(seed: str) -> tuple[bytes, bytes]:
    """One second of a chord: left and right as 32-bit floats."""
    pick = seeded("chord", seed)
    root = pick.choice((98, 110, 123, 131, 147, 165))
    notes = [round(root * 2 ** (step / 12)) for step in pick.choice(_CHORDS)]
    partials = [(hertz, 0.085 / (1 + 0.5 * index)) for index, hertz in enumerate(notes)]
    partials += [(notes[0] + 1, 0.05), (notes[2] + 1, 0.03)]
    sine = math.sin
    wave = [0.0] * SAMPLE_RATE
    for hertz, level in partials:
        turn = 2 * math.pi * hertz / SAMPLE_RATE
        wave = [value + level * sine(turn * i) for i, value in enumerate(wave)]
    # The other ear hears the same second from another point on: width for nothing.
    return array("f", wave).tobytes(), array("f", wave[_OTHER_EAR:] + wave[:_OTHER_EAR]).tobytes()


def _faded(wave: bytes, *, opening: bool, closing: bool) -> bytes:
    """Raise the start or lower the end of a second."""
    values = array("f", wave)
    length = int(_FADE * SAMPLE_RATE)
    for index in range(length):
        gain = 0.5 - 0.5 * math.cos(math.pi * index / length)
        if opening:
            values[index] *= gain
        if closing:
            values[-1 - index] *= gain
    return values.tobytes()


def audio_frames(chords: tuple[Chord, ...]) -> list[av.AudioFrame]:
    """Stereo float frames of one second each, as many as the chords last, with running time stamps."""
    frames = []
    position = 0
    for chord in chords:
        whole = _second(chord.seed)
        for second in range(chord.seconds):
            opening, closing = second == 0, second == chord.seconds - 1
            frame = av.AudioFrame(format="fltp", layout="stereo", samples=SAMPLE_RATE)
            for plane, wave in zip(frame.planes, whole, strict=True):
                plane.update(_faded(wave, opening=opening, closing=closing) if opening or closing else wave)
            frame.sample_rate = SAMPLE_RATE
            frame.pts = position
            position += SAMPLE_RATE
            frames.append(frame)
    return frames
