"""Reading and writing MP4 files with PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from renders.emulator.media.planes import stamp
from renders.emulator.media.spec import FPS, SAMPLE_RATE

# "ultrafast" alone drops the deblocking filter and soft gradients then show squares.
_X264 = {"preset": "ultrafast", "crf": "22", "bf": "0", "g": "60", "x264-params": "deblock=0,0:aq-mode=0"}


class ClipWriter:
    """An MP4 with an H.264 and an AAC track, index in front so that players start before the end arrives."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        # Bit-exact: no date and no library version in the file, so equal specs give equal bytes.
        self._container = av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
        )
        video: Any = self._container.add_stream("libx264", rate=FPS, options=dict(_X264))
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        context = video.codec_context
        context.time_base = Fraction(1, FPS)
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.thread_count = 2
        audio: Any = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        audio.codec_context.bit_rate = 96_000
        self._video, self._audio = video, audio

    def write(self, frame: av.VideoFrame) -> None:
        """Add one frame of video."""
        self._container.mux(self._video.encode(frame))

    def write_sound(self, frame: av.AudioFrame) -> None:
        """Add a stretch of sound."""
        self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Flush both encoders and write the index."""
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()


@dataclass(frozen=True)
class Probe:
    """What an uploaded file turned out to be."""

    width: int
    height: int
    seconds: float


class NotAVideo(Exception):
    """The file cannot be read as an MP4 with a picture."""


def probe(path: Path) -> Probe:
    """Open an uploaded MP4 and decode its first frame. Raises NotAVideo."""
    try:
        # The demuxer is forced: a playlist renamed to .mp4 would otherwise make us open what it points to.
        with av.open(str(path), format="mp4") as container:
            stream = container.streams.video[0]
            frame = next(container.decode(stream))
            ticks = stream.duration
            if ticks is not None and stream.time_base is not None:
                seconds = float(ticks * stream.time_base)
            else:
                seconds = (container.duration or 0) / 1_000_000
            return Probe(frame.width, frame.height, seconds)
    except (av.error.FFmpegError, IndexError, StopIteration, ValueError) as error:
        raise NotAVideo(str(error)) from error


def frames_of(path: Path, width: int, height: int, count: int) -> Iterator[av.VideoFrame]:
    """Exactly ``count`` yuv420p frames of a file at 30 a second, scaled; the last one repeats if it is short."""
    number = 0
    frame: Any = None
    with av.open(str(path), format="mp4") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for decoded in container.decode(stream):
            due = max(number + 1, round((decoded.time or 0) * FPS) + 1)
            if decoded.time is not None and round(decoded.time * FPS) < number:
                continue
            frame = decoded.reformat(width=width, height=height, format="yuv420p")
            while number < min(due, count):
                yield stamp(frame, number)
                number += 1
            if number >= count:
                return
    while frame is not None and number < count:
        yield stamp(frame, number)
        number += 1
