"""Frames and timecodes. Frames are integers and rates are fractions: float seconds drift. Pure."""

import re
from fractions import Fraction

DROP = {Fraction(30_000, 1001): 2, Fraction(60_000, 1001): 4}  # frames dropped a minute, except each tenth

# Strict, and short: int() and Fraction() would take "1e9999999" and compute for minutes.
_FRAME = re.compile(r"[0-9]{1,7}")
_SECONDS = re.compile(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5}(?:\.[0-9]{1,6})?)")
_TIMECODE = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})[:;]([0-9]{1,3})")
_TO = re.compile(r"\s*(?:-|–|—|\.\.)\s*")


class BadTimecode(ValueError):
    """Text that names no frame of this clip."""


def timecode(frame: int, fps: Fraction) -> str:
    """HH:MM:SS:FF of a frame counted from 0; with ; before the frames at 29.97 and 59.94 (drop-frame)."""
    base = round(fps)
    dropped = DROP.get(fps, 0)
    if dropped:
        per_minute = base * 60 - dropped
        per_ten = per_minute * 10 + dropped
        tens, rest = divmod(frame, per_ten)
        frame += dropped * 9 * tens
        if rest > dropped:
            frame += dropped * ((rest - dropped) // per_minute)
    seconds, part = divmod(frame, base)
    mark = ";" if dropped else ":"
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{part:02d}"


def parse_timecode(text: str, fps: Fraction, frames: int) -> int:
    """The frame that a person typed: `61`, `2.5` seconds, `0:02`, or `00:00:02:01`. Raises BadTimecode."""
    text = text.strip()
    frame = _frame(text, fps)
    if frame is None:
        raise BadTimecode(
            f"“{text[:40]}” is not a time of this clip. Type a frame number such as 61, or a time such as 0:02."
        )
    if frame >= frames:
        last = timecode(frames - 1, fps)
        raise BadTimecode(f"The clip ends at frame {frames - 1} ({last}); {text} is outside it.")
    return frame


def parse_range(text: str, fps: Fraction, frames: int) -> tuple[int, int | None]:
    """The frame, or first and last frame, that a person typed: `61`, `0:02 – 0:04`. Raises BadTimecode."""
    first, *rest = _TO.split(text.strip(), maxsplit=1)
    start = parse_timecode(first, fps, frames)
    if not rest:
        return start, None
    end = parse_timecode(rest[0], fps, frames)
    if end < start:
        raise BadTimecode("The range ends before it begins. Type the earlier time first.")
    return start, end if end > start else None


def _frame(text: str, fps: Fraction) -> int | None:
    if _FRAME.fullmatch(text):
        return int(text)
    if found := _TIMECODE.fullmatch(text):
        hours, minutes, seconds, part = (int(digits) for digits in found.groups())
        return _undrop(hours * 60 + minutes, minutes, seconds, part, fps)
    if found := _SECONDS.fullmatch(text):
        hours_, minutes_, seconds_ = found.groups()
        if minutes_ and Fraction(seconds_) >= 60:
            return None
        total = (int(hours_ or 0) * 60 + int(minutes_ or 0)) * 60 + Fraction(seconds_)
        return int(total * fps)
    return None


def _undrop(total_minutes: int, minutes: int, seconds: int, part: int, fps: Fraction) -> int | None:
    """None for labels that no frame has: second 75, frame 30 of 30, or one of those that drop-frame leaves out."""
    base = round(fps)
    dropped = DROP.get(fps, 0)
    if minutes > 59 or seconds > 59 or part >= base:
        return None
    if part < dropped and seconds == 0 and total_minutes % 10:
        return None
    return (total_minutes * 60 + seconds) * base + part - dropped * (total_minutes - total_minutes // 10)
