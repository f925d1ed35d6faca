"""Trim, crop and scale a clip that a person sent. Runs in the subprocess only."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from tenants.media.sniff import Unusable, opened, words
from tenants.media.source import frames_of, picture_of, rate_of, time_of, turn_of, upright

CUT = {"preset": "veryfast", "crf": "17", "g": "24", "threads": "2"}
MAX_RATE = 60  # frames a second that a cut keeps


@dataclass(frozen=True)
class Cut:
    """What to keep: from `start` for `seconds`, one rectangle (pixels of the source), drawn at `width` × `height`."""

    start: float
    seconds: float
    left: int
    top: int
    wide: int
    tall: int
    width: int
    height: int


def cut(source: Path, target: Path, wanted: Cut) -> dict[str, Any]:
    """Write one stretch and one rectangle of a clip as H.264 without sound. Raises Unusable.

    Returns what was written: width, height, frames, fps_num, fps_den.
    """
    try:
        with (
            opened(source) as container,
            av.open(str(target), "w", options={"movflags": "+faststart"}) as made,
        ):
            return _cut(container, made, wanted)
    except av.error.FFmpegError as error:
        raise Unusable(f"The clip cannot be cut: {words(error)}. Export it again as MP4 (H.264).") from error


def _cut(container: Any, made: Any, wanted: Cut) -> dict[str, Any]:
    video = picture_of(container)
    rate = rate_of(video)
    every = max(1, -(-round(float(rate)) // MAX_RATE))
    kept = (rate / every).limit_denominator(60_000)
    out = made.add_stream("libx264", rate=kept, options=CUT)
    out.width, out.height, out.pix_fmt = wanted.width, wanted.height, "yuv420p"
    most = max(1, round(wanted.seconds * float(kept)))
    graph, count, seen = None, 0, 0
    for number, frame in enumerate(frames_of(container, video, rate)):
        if time_of(frame, number, rate) < wanted.start - 0.5 / float(rate):
            continue
        seen += 1
        if (seen - 1) % every:
            continue
        if graph is None:
            turned = turn_of(frame)
            graph = _graph(frame, turned, wanted)
        graph.push(upright(frame, turned))
        small = graph.pull()
        small.pts, small.time_base, small.pict_type = count, 1 / kept, 0
        made.mux(out.encode(small))
        count += 1
        if count >= most:
            break
    if not count:
        raise Unusable(f"The clip ends before second {wanted.start:g}. Choose an earlier start.")
    made.mux(out.encode(None))
    return {**asdict(wanted), "frames": count, "fps_num": kept.numerator, "fps_den": kept.denominator}


def _graph(frame: Any, turned: int, wanted: Cut) -> Any:
    """Crop, then scale, in the decoder's own pixels."""
    frame = upright(frame, turned)
    graph = av.filter.Graph()
    steps = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        ),
        graph.add("crop", f"{wanted.wide}:{wanted.tall}:{wanted.left}:{wanted.top}"),
        graph.add("scale", f"{wanted.width}:{wanted.height}:flags=bicubic"),
        graph.add("setsar", "1"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    for first, second in pairwise(steps):
        first.link_to(second)
    graph.configure()
    return graph
