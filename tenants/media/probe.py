"""What is in a clip. Runs in the subprocess only."""

from pathlib import Path
from typing import Any

import av

MAX_FRAMES = 150 * 60  # 150 s at 60 frames a second; the protocol's longest chain is 120 s
MAX_SIDE = 4096  # pixels


def open_clip(source: Path) -> Any:
    """Open for reading. The demuxer is forced: a playlist that calls itself MP4 could otherwise open other files."""
    options = {"protocol_whitelist": "file"}
    return av.open(str(source), "r", format="mp4", options=options, metadata_errors="replace")


def probe(source: Path) -> dict[str, Any]:
    """Decode the whole clip and count. Raises ValueError when it is not a playable MP4 with picture.

    Returns width, height (pixels), frames, fps_num, fps_den, has_audio, codec, audio_codec.
    """
    try:
        with open_clip(source) as container:
            return _read(container)
    except av.error.FFmpegError as error:
        raise ValueError(f"not a readable MP4: {error.strerror}") from error


def _read(container: Any) -> dict[str, Any]:
    if not container.streams.video:
        raise ValueError("no picture in it")
    video = container.streams.video[0]
    context = video.codec_context
    if not 0 < context.width <= MAX_SIDE or not 0 < context.height <= MAX_SIDE:
        raise ValueError(f"odd dimensions: {context.width}x{context.height}")
    rate = video.average_rate or video.guessed_rate
    if not rate:
        raise ValueError("no frame rate")
    video.thread_type = "AUTO"
    frames = 0
    for _frame in container.decode(video):
        frames += 1
        if frames > MAX_FRAMES:
            raise ValueError(f"longer than {MAX_FRAMES} frames")
    if not frames:
        raise ValueError("no frame can be decoded")
    if video.frames and frames < video.frames:
        raise ValueError(f"cut short: {frames} of {video.frames} frames")
    audio = container.streams.audio[0] if container.streams.audio else None
    return {
        "width": context.width,
        "height": context.height,
        "frames": frames,
        "fps_num": rate.numerator,
        "fps_den": rate.denominator,
        "has_audio": audio is not None,
        "codec": context.name,
        "audio_codec": audio.codec_context.name if audio else "",
    }
