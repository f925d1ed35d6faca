"""Source clips of the demo's characters, drawn here: things with a shape and a colour, and nobody in them."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw


@dataclass(frozen=True)
class Drawing:
    """A clip: `draw` puts the thing at (x, y) in a square of `side` pixels; `turn` is its phase, 0 to 1."""

    draw: Callable[[Pen, float, float, float, float], None]
    ground: Colour
    width: int = 1280
    height: int = 720
    seconds: float = 3.0
    fps: int = 24


def robot(pen: Pen, x: float, y: float, side: float, turn: float) -> None:
    """A tin robot that looks left and right."""
    s, lean = side, math.sin(2 * math.pi * turn) * side * 0.05
    teal, cream, brass = (38, 128, 130), (246, 236, 214), (196, 148, 72)
    pen.line((x + lean, y - s * 0.42, x + lean, y - s * 0.56), fill=brass, width=max(3, int(s * 0.03)))
    pen.ellipse((x + lean - s * 0.05, y - s * 0.64, x + lean + s * 0.05, y - s * 0.54), fill=(226, 92, 62))
    pen.rounded_rectangle(
        (x - s * 0.26 + lean, y - s * 0.43, x + s * 0.26 + lean, y - s * 0.07), radius=s * 0.07, fill=teal
    )
    for sign in (-1, 1):
        eye = x + sign * s * 0.11 + lean * 1.6
        pen.rectangle((eye - s * 0.05, y - s * 0.31, eye + s * 0.05, y - s * 0.21), fill=cream)
        pen.rectangle(
            (x + sign * s * 0.14 - s * 0.06, y + s * 0.42, x + sign * s * 0.14 + s * 0.06, y + s * 0.56),
            fill=brass,
        )
    pen.rounded_rectangle(
        (x - s * 0.32, y - s * 0.05, x + s * 0.32, y + s * 0.43), radius=s * 0.05, fill=teal
    )
    pen.rectangle((x - s * 0.17, y + s * 0.08, x + s * 0.17, y + s * 0.28), fill=cream)
    for bar in range(3):
        pen.line(
            (x - s * 0.12, y + s * (0.13 + 0.05 * bar), x + s * 0.12, y + s * (0.13 + 0.05 * bar)),
            fill=brass,
            width=3,
        )


def tin(pen: Pen, x: float, y: float, side: float, turn: float) -> None:
    """A tea tin that turns its label."""
    s, shift = side, (turn % 1) * 2 - 1
    red, gold, dark = (164, 44, 52), (226, 186, 104), (98, 26, 34)
    pen.rectangle((x - s * 0.28, y - s * 0.4, x + s * 0.28, y + s * 0.48), fill=red)
    pen.ellipse((x - s * 0.28, y + s * 0.38, x + s * 0.28, y + s * 0.58), fill=red)
    left = max(-0.26, shift * 0.5 - 0.16)
    right = min(0.26, shift * 0.5 + 0.16)
    if right > left:
        pen.rectangle((x + left * s, y - s * 0.14, x + right * s, y + s * 0.28), fill=gold)
    pen.ellipse((x - s * 0.3, y - s * 0.52, x + s * 0.3, y - s * 0.3), fill=dark)
    pen.ellipse((x - s * 0.26, y - s * 0.52, x + s * 0.26, y - s * 0.34), fill=red)
    pen.ellipse((x - s * 0.05, y - s * 0.55, x + s * 0.05, y - s * 0.45), fill=gold)


def fish(pen: Pen, x: float, y: float, side: float, turn: float) -> None:
    """A paper fish that wags its tail."""
    s, wag = side, math.sin(4 * math.pi * turn) * side * 0.12
    blue, light, ink = (54, 92, 168), (150, 188, 236), (24, 30, 48)
    pen.polygon(
        [(x + s * 0.28, y), (x + s * 0.56, y - s * 0.24 + wag), (x + s * 0.56, y + s * 0.24 + wag)],
        fill=light,
    )
    pen.polygon([(x - s * 0.5, y), (x, y - s * 0.34), (x + s * 0.36, y), (x, y + s * 0.34)], fill=blue)
    pen.polygon(
        [(x - s * 0.06, y - s * 0.3), (x + s * 0.14, y - s * 0.52), (x + s * 0.18, y - s * 0.18)], fill=light
    )
    pen.ellipse((x - s * 0.3, y - s * 0.1, x - s * 0.22, y - s * 0.02), fill=ink)


def lantern(pen: Pen, x: float, y: float, side: float, turn: float) -> None:
    """A lantern that swings."""
    s, swing = side, math.sin(2 * math.pi * turn) * side * 0.18
    iron, glow = (48, 46, 60), (255, 214, 120)
    pen.line((x, y - s * 0.7, x + swing, y - s * 0.36), fill=iron, width=max(3, int(s * 0.025)))
    pen.polygon(
        [(x + swing - s * 0.18, y - s * 0.2), (x + swing, y - s * 0.4), (x + swing + s * 0.18, y - s * 0.2)],
        fill=iron,
    )
    pen.rectangle((x + swing - s * 0.16, y - s * 0.2, x + swing + s * 0.16, y + s * 0.3), fill=glow)
    for bar in (-0.16, 0.0, 0.16):
        pen.line((x + swing + bar * s, y - s * 0.2, x + swing + bar * s, y + s * 0.3), fill=iron, width=4)
    pen.rectangle((x + swing - s * 0.2, y + s * 0.3, x + swing + s * 0.2, y + s * 0.36), fill=iron)


def gnome(pen: Pen, x: float, y: float, side: float, turn: float) -> None:
    """A garden gnome of clay, which some may take for a person."""
    s, nod = side, math.sin(2 * math.pi * turn) * side * 0.03
    clay, beard, green = (204, 128, 92), (238, 234, 226), (66, 122, 78)
    pen.polygon(
        [(x - s * 0.2, y - s * 0.2 + nod), (x, y - s * 0.66 + nod), (x + s * 0.2, y - s * 0.2 + nod)],
        fill=green,
    )
    pen.ellipse((x - s * 0.19, y - s * 0.3 + nod, x + s * 0.19, y + s * 0.04 + nod), fill=clay)
    pen.polygon(
        [(x - s * 0.19, y - s * 0.08 + nod), (x, y + s * 0.36 + nod), (x + s * 0.19, y - s * 0.08 + nod)],
        fill=beard,
    )
    pen.rounded_rectangle(
        (x - s * 0.26, y + s * 0.1, x + s * 0.26, y + s * 0.54), radius=s * 0.14, fill=green
    )
    pen.polygon(
        [(x - s * 0.15, y - s * 0.04 + nod), (x, y + s * 0.34 + nod), (x + s * 0.15, y - s * 0.04 + nod)],
        fill=beard,
    )
    for sign in (-1, 1):
        pen.ellipse(
            (
                x + sign * s * 0.08 - s * 0.025,
                y - s * 0.2 + nod,
                x + sign * s * 0.08 + s * 0.025,
                y - s * 0.15 + nod,
            ),
            fill=(40, 30, 30),
        )
    pen.ellipse((x - s * 0.045, y - s * 0.14 + nod, x + s * 0.045, y - s * 0.05 + nod), fill=(222, 148, 110))


def _picture(drawing: Drawing, turn: float) -> Image.Image:
    picture = Image.new("RGB", (drawing.width, drawing.height), drawing.ground)
    pen, side = ImageDraw.Draw(picture), min(drawing.width, drawing.height) * 0.72
    shade = tuple(int(part * 0.86) for part in drawing.ground)
    floor = drawing.height * 0.84
    pen.rectangle((0, floor, drawing.width, drawing.height), fill=shade)
    drawing.draw(pen, drawing.width / 2, drawing.height * 0.48, side, turn)
    return picture


def encoded(drawing: Drawing) -> bytes:
    """The clip as an MP4."""
    out = io.BytesIO()
    count = round(drawing.seconds * drawing.fps)
    with av.open(out, "w", format="mp4") as made:
        stream = made.add_stream("libx264", rate=drawing.fps, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = drawing.width, drawing.height, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_image(_picture(drawing, number / count))
            frame.pts, frame.time_base = number, Fraction(1, drawing.fps)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()
