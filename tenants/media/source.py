"""Look into a clip that a person sent. Runs in the subprocess only.

The file is hostile until it has been decoded to its end: its kind is read from its first bytes and not from its name,
the demuxer is forced, only the file itself may be opened, and pixels, frames and seconds are bounded. What is wrong
is said as a sentence that people read.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from tenants.media import faces
from tenants.media.sniff import Unusable, opened, sniff, words

MAX_SIDE = 4096  # pixels
MAX_PIXELS = 4096 * 2304
MAX_SECONDS = 60  # of an upload: long enough to cut from, short enough to decode while somebody waits
MAX_FRAMES = MAX_SECONDS * 120
THREADS = 2
PREVIEW_SHORT_SIDE = 360  # pixels
PREVIEW_RATE = 15  # frames a second: enough to choose a piece by, and half the work of 30
PREVIEW = {"preset": "ultrafast", "crf": "26", "g": "12", "threads": "1", "bf": "0"}
LOOKED_AT = 8  # frames that a face detector sees


def inspect(source: Path, folder: Path, detector: str) -> dict[str, Any]:
    """Decode all of it. Writes preview.mp4 and poster.webp into `folder`. Raises Unusable.

    Returns container, codec, width, height (as shown, after rotation), frames, fps_num, fps_den, seconds, has_audio,
    pixel_format, preview_width, preview_height, and from the detector faces (frames with a face) and looked_at.
    """
    try:
        with opened(source) as container:
            return _inspect(container, sniff(source), folder, detector)
    except av.error.FFmpegError as error:
        raise Unusable(
            f"The clip cannot be decoded: {words(error)}. Export it again as MP4 (H.264)."
        ) from error


def _inspect(container: Any, kind: str, folder: Path, detector: str) -> dict[str, Any]:
    video = picture_of(container)
    look = faces.Look(detector)
    rate = rate_of(video)
    made: _Preview | None = None
    frames, turned = 0, 0
    first, last = 0.0, 0.0
    size = (0, 0)
    every = max(1, round(_expected(container, video, rate) / LOOKED_AT))
    for frame in frames_of(container, video, rate):
        if frames == 0:
            size, turned = (frame.width, frame.height), turn_of(frame)
            first = last = time_of(frame, 0, rate)
        made = made or _Preview(folder, frame, rate, turned)
        if frames % every == 0:
            look.at(frame)
        moment = time_of(frame, frames, rate)
        first, last = min(first, moment), max(last, moment)
        made.take(frame, frames)
        frames += 1
    assert made is not None  # frames_of() refuses a clip without one
    preview = made.close()
    seconds = float(last - first + 1 / rate)
    # A clip of variable rate is measured by its time stamps; the count then gives the rate that people see.
    counted = Fraction(frames / seconds).limit_denominator(1001) if seconds else rate
    if abs(float(counted) - float(rate)) / float(rate) < 0.02:
        counted = rate
    wide, tall = size if turned % 180 == 0 else size[::-1]
    context = video.codec_context
    return {
        "container": _container_name(container, kind),
        "codec": context.name,
        "pixel_format": str(context.pix_fmt or ""),
        "width": wide,
        "height": tall,
        "rotation": turned,
        "frames": frames,
        "fps_num": counted.numerator,
        "fps_den": counted.denominator,
        "seconds": round(seconds, 3),
        "has_audio": bool(container.streams.audio),
        **preview,
        **look.answer(),
    }


def _container_name(container: Any, kind: str) -> str:
    """mp4, mov, or matroska: QuickTime's own files call themselves so."""
    brand = str(container.metadata.get("major_brand", "")).strip().lower()
    return "mov" if kind == "mp4" and brand == "qt" else kind


def picture_of(container: Any) -> Any:
    """The one picture track. Raises Unusable."""
    tracks = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not tracks:
        raise Unusable("There is no picture in this file, only sound or nothing. Send a clip with a picture.")
    video = tracks[0]
    context = video.codec_context
    if context is None:
        raise Unusable(
            "The picture is written in a way that nothing here can read. Export it as MP4 (H.264)."
        )
    _check_size(context.width, context.height)
    if container.duration and container.duration / av.time_base > MAX_SECONDS:
        raise Unusable(
            f"This clip lasts {container.duration / av.time_base:.0f} seconds, and at most {MAX_SECONDS} are taken. "
            "Cut it to the moment that shows the character."
        )
    context.thread_count = THREADS
    video.thread_type = "AUTO"
    return video


def _is_cover(stream: Any) -> bool:
    """A still that a player shows beside a sound track."""
    return bool(int(getattr(stream, "disposition", 0) or 0) & 0x400)


def _check_size(width: int, height: int) -> None:
    if width < 16 or height < 16:
        raise Unusable(
            f"The picture is {width} × {height} pixels, which nobody could see. Export the clip again."
        )
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise Unusable(
            f"The picture is {width} × {height} pixels, and at most 4096 × 2304 are read. Export it smaller."
        )


def rate_of(video: Any) -> Fraction:
    rate = video.average_rate or video.guessed_rate or video.base_rate
    if not rate or not Fraction(1, 2) <= Fraction(rate) <= 1000:
        raise Unusable("The clip does not say how fast it plays. Export it again with a fixed frame rate.")
    return Fraction(rate)


def _expected(container: Any, video: Any, rate: Fraction) -> float:
    """About how many frames there are."""
    if video.frames:
        return float(video.frames)
    return float(rate) * (container.duration / av.time_base if container.duration else LOOKED_AT)


def time_of(frame: Any, number: int, rate: Fraction) -> float:
    """When the frame is shown, in seconds from the start of the track."""
    return float(frame.time) if frame.time is not None else float(number / rate)


def frames_of(container: Any, video: Any, rate: Fraction) -> Iterator[Any]:
    """Every frame to the end of the file, within bounds. Raises Unusable."""
    count, first, size = 0, None, None
    for frame in container.decode(video):
        size = size or (frame.width, frame.height)
        if size != (frame.width, frame.height):
            raise Unusable(
                "The picture changes its size in the middle of the clip. Export it again as MP4 (H.264)."
            )
        _check_size(*size)
        count += 1
        moment = time_of(frame, count - 1, rate)
        first = moment if first is None else min(first, moment)
        if count > MAX_FRAMES or moment - first > MAX_SECONDS:
            raise Unusable(
                f"This clip is longer than {MAX_SECONDS} seconds. Cut it to the moment that shows the character."
            )
        yield frame
    if not count:
        raise Unusable("Not one picture of this clip can be decoded. Export it again as MP4 (H.264).")
    if video.frames and count < video.frames:
        raise Unusable(
            f"The file breaks off: {count} of {video.frames} frames are there. Send it again, or export it once more."
        )


class _Preview:
    """A small copy without sound for the page, and its first picture."""

    def __init__(self, folder: Path, frame: Any, rate: Fraction, turned: int) -> None:
        self._folder, self._turned, self._count = folder, turned, 0
        wide, tall = (frame.width, frame.height) if turned % 180 == 0 else (frame.height, frame.width)
        scale = min(1.0, PREVIEW_SHORT_SIDE / min(wide, tall), 1280 / max(wide, tall))
        self.size = (max(16, round(wide * scale / 2) * 2), max(16, round(tall * scale / 2) * 2))
        self._every = max(1, round(float(rate) / PREVIEW_RATE))
        self._rate = (rate / self._every).limit_denominator(60_000)
        self._made = av.open(str(folder / "preview.mp4"), "w", options={"movflags": "+faststart"})
        self._out = self._made.add_stream("libx264", rate=self._rate, options=PREVIEW)
        self._out.width, self._out.height, self._out.pix_fmt = *self.size, "yuv420p"
        self._small(frame).to_image().save(folder / "poster.webp", "WEBP", quality=82, method=2)

    def take(self, frame: Any, number: int) -> None:
        """Add one frame."""
        if number % self._every:
            return
        small = self._small(frame)
        # A frame of this very size is not copied: nobody may need its own time after this.
        small.pts, small.time_base = self._count, 1 / self._rate
        self._count += 1
        self._made.mux(self._out.encode(small))

    def _small(self, frame: Any) -> Any:
        wide, tall = self.size if self._turned % 180 == 0 else self.size[::-1]
        small = frame.reformat(width=wide, height=tall, format="yuv420p", interpolation="FAST_BILINEAR")
        return upright(small, self._turned)

    def close(self) -> dict[str, int]:
        """Finish the file; its size in pixels."""
        self._made.mux(self._out.encode(None))
        self._made.close()
        return {"preview_width": self.size[0], "preview_height": self.size[1]}


def turn_of(frame: Any) -> int:
    """Degrees by which a player turns the picture: quarter turns, for phones make no others."""
    return round(int(getattr(frame, "rotation", 0) or 0) / 90) * 90 % 360


def upright(frame: Any, turned: int) -> Any:
    """The frame as a player shows it: phones write how they were held instead of turning pixels."""
    if turned % 360 == 0:
        return frame
    return av.VideoFrame.from_image(frame.to_image().rotate(turned, expand=True)).reformat(format="yuv420p")
