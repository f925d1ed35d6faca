"""A picture as three 8-bit planes (Y, U, V), composed by Pillow and handed to the encoder as it is.

Why not RGB: converting 720p RGB to yuv420p costs 7 ms a frame, as much as everything else together.
Pasting into the planes costs 0.2 ms for a quarter of the picture, and half of that again for colour.
Colour is BT.709, limited range, which is what players assume of an HD picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from renders.emulator.media.palette import RGB
from renders.emulator.media.spec import FPS

_BILINEAR = Image.Resampling.BILINEAR
# A few of PyAV's methods carry no types.
_untyped: Any = av
_TIME_BASE = Fraction(1, FPS)


def yuv_of(colour: RGB) -> tuple[int, int, int]:
    """RGB 0-255 to BT.709 limited-range Y, U, V."""
    red, green, blue = (value / 255 for value in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )


@dataclass(frozen=True)
class Picture:
    """Three "L" images: Y of (w, h), U and V of (w/2, h/2); w and h are even."""

    y: Image.Image
    u: Image.Image
    v: Image.Image


def picture_of_frame(frame: av.VideoFrame) -> Picture:
    """The planes of a yuv420p frame. Lines are longer than the picture where the codec pads them."""
    images = []
    for index, plane in enumerate(frame.planes[:3]):
        width = frame.width if index == 0 else frame.width // 2
        image = Image.frombytes("L", (plane.line_size, plane.height), bytes(plane))
        images.append(image.crop((0, 0, width, plane.height)))
    return Picture(*images)


def picture_of(image: Image.Image) -> Picture:
    """An RGB image (even sides) as planes."""
    frame = _untyped.VideoFrame.from_image(image.convert("RGB"))
    return picture_of_frame(
        frame.reformat(
            format="yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
        )
    )


def rgb_of_frame(frame: av.VideoFrame, width: int, height: int) -> Image.Image:
    """A yuv420p frame, scaled, as an RGB image."""
    scaled: Any = frame.reformat(
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    image: Image.Image = scaled.to_image()
    return image


def _split(position: float, scale: float, steps: int) -> tuple[int, int]:
    """A position in full-size pixels as (whole pixel, sub-pixel step) of a plane of that scale."""
    return divmod(math.floor(position * scale * steps), steps)


class Mask:
    """How much of each pixel is covered, at both plane sizes, moved by fractions of a pixel on demand.

    steps: positions per pixel. Slow parallax moves a third of a pixel per frame: whole pixels would stutter.
    Large quick things need fewer, and each costs a copy of the mask.

    The image is "L" with even sides; it needs a clear margin of one pixel, which a shifted edge runs into.
    """

    def __init__(self, image: Image.Image, steps: int = 4) -> None:
        self.steps = steps
        self.size = image.size
        self._base = (image, image.reduce(2))
        self._shifted: dict[tuple[int, int, int], Image.Image] = {}

    def at(self, level: int, step_x: int, step_y: int) -> Image.Image:
        """The mask of plane ``level`` (0 = Y, 1 = colour), moved right and down by so many steps."""
        if not step_x and not step_y:
            return self._base[level]
        found = self._shifted.get((level, step_x, step_y))
        if found is None:
            image = self._base[level]
            matrix = (1, 0, -step_x / self.steps, 0, 1, -step_y / self.steps)
            found = image.transform(image.size, Image.Transform.AFFINE, matrix, _BILINEAR)
            self._shifted[level, step_x, step_y] = found
        return found


def _writable(width: int, height: int) -> tuple[bytearray, Image.Image]:
    """A buffer and an image that draws straight into it.

    ``tobytes`` of a 720p plane takes 0.9 ms, the largest single cost of a frame; sharing memory makes it free.
    """
    buffer = bytearray(width * height)
    image = Image.frombuffer("L", (width, height), buffer, "raw", "L", 0, 1)
    image.readonly = 0
    return buffer, image


class Canvas:
    """The frame being drawn. Positions are full-size pixels from the top left and may be fractions."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        layout = av.VideoFrame(width, height, "yuv420p").planes
        pairs = [_writable(plane.line_size, plane.height) for plane in layout]
        self._buffers = [pair[0] for pair in pairs]
        self._images = [pair[1] for pair in pairs]

    def draw(self, picture: Picture, x: int = 0, y: int = 0, mask: Mask | None = None) -> None:
        """Put a picture at whole even pixels, through a mask of its own size if there is one."""
        for index, plane in enumerate((picture.y, picture.u, picture.v)):
            shift = 0 if index == 0 else 1
            cover = mask.at(min(index, 1), 0, 0) if mask is not None else None
            self._images[index].paste(plane, (x >> shift, y >> shift), cover)

    def fill(self, colour: tuple[int, int, int], mask: Mask, x: float, y: float) -> None:
        """Paint one YUV colour through a mask whose top left corner is at (x, y)."""
        for index, value in enumerate(colour):
            scale = 1.0 if index == 0 else 0.5
            left, step_x = _split(x, scale, mask.steps)
            top, step_y = _split(y, scale, mask.steps)
            cover = mask.at(min(index, 1), step_x, step_y)
            self._images[index].paste(value, (left, top, left + cover.width, top + cover.height), cover)

    def block(self, luma: int, left: int, top: int, right: int, bottom: int) -> None:
        """A grey rectangle with even corners."""
        self._images[0].paste(luma, (left, top, right, bottom))
        for index in (1, 2):
            self._images[index].paste(128, (left // 2, top // 2, right // 2, bottom // 2))

    def shade(self, luma: int, mask: Mask, x: int, y: int) -> None:
        """Paint brightness alone: right on grey ground and for shadows, at a third of the price of a colour."""
        cover = mask.at(0, 0, 0)
        self._images[0].paste(luma, (x, y, x + cover.width, y + cover.height), cover)

    def grey(self, image: Image.Image, x: int, y: int) -> None:
        """Put an "L" image (limited range) on ground that is grey already."""
        self._images[0].paste(image, (x, y))

    def slide(self, picture: Picture, mask: Mask, offset: float, top: int) -> None:
        """Put a full-width picture at ``top`` through a wider mask, of which a window at ``offset`` shows.

        The picture stays and its outline moves, so light and vignette keep their place on the screen.
        """
        for index, plane in enumerate((picture.y, picture.u, picture.v)):
            scale = 1.0 if index == 0 else 0.5
            left, step = _split(offset, scale, mask.steps)
            # The window moves right when the mask moves left: take the next whole pixel and shift back.
            left, step = (left + 1, mask.steps - step) if step else (left, 0)
            cover = mask.at(min(index, 1), step, 0).crop((left, 0, left + plane.width, plane.height))
            self._images[index].paste(plane, (0, top if index == 0 else top // 2), cover)

    def dissolve(self, other: Picture, share: float) -> None:
        """Mix ``share`` (0 to 1) of another full picture over what is drawn."""
        for image, plane in zip(self._images, (other.y, other.u, other.v), strict=True):
            here = image.crop((0, 0, *plane.size))
            image.paste(Image.blend(here, plane, share), (0, 0))

    def map_colour(self, u_table: list[int], v_table: list[int]) -> None:
        """Run both colour planes through look-up tables of 256 entries."""
        for image, table in zip(self._images[1:], (u_table, v_table), strict=True):
            image.paste(image.point(table), (0, 0))

    def frame(self, number: int) -> av.VideoFrame:
        """A frame of what is drawn, stamped with its number. The canvas can be drawn on again at once."""
        made: Any = new_frame(self.width, self.height, number)
        for plane, buffer in zip(made.planes, self._buffers, strict=True):
            plane.update(buffer)
        frame: av.VideoFrame = made
        return frame


def new_frame(width: int, height: int, number: int) -> av.VideoFrame:
    """An empty yuv420p frame with number and colour tags."""
    return stamp(av.VideoFrame(width, height, "yuv420p"), number)


def stamp(frame: Any, number: int) -> av.VideoFrame:
    """Give a frame its place in the output."""
    frame.pts = number
    frame.time_base = _TIME_BASE
    stamped: av.VideoFrame = frame
    return stamped
