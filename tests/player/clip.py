"""A real MP4 whose every frame says its own number in eight black or white blocks."""

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw

WIDTH, HEIGHT, BITS = 320, 180, 8
BLOCK = WIDTH // BITS


def frame_image(number: int) -> Image.Image:
    """Most significant bit first, in the upper half; the lower half moves, as real pictures do."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (24, 24, 32))
    draw = ImageDraw.Draw(image)
    for bit in range(BITS):
        if number >> (BITS - 1 - bit) & 1:
            draw.rectangle((bit * BLOCK, 0, (bit + 1) * BLOCK - 1, HEIGHT // 2), fill=(255, 255, 255))
    x = number * 3 % WIDTH
    draw.ellipse((x, 120, x + 30, 150), fill=(230, 160, 40))
    return image


def write_sheet(path: Path, *, frames: int, every: int, columns: int) -> int:
    """A hover sheet: every n-th frame in rows; gives back the number of rows."""
    numbers = range(0, frames, every)
    rows = -(-len(numbers) // columns)
    sheet = Image.new("RGB", (WIDTH * columns, HEIGHT * rows))
    for place, number in enumerate(numbers):
        sheet.paste(frame_image(number), (place % columns * WIDTH, place // columns * HEIGHT))
    sheet.save(path, quality=90)
    return rows


def write_clip(path: Path, *, frames: int, rate: Fraction, gop: int = 12) -> None:
    """Encoded as the review proxy is: short GOP, no B-frames, index at the front."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {
            "g": str(gop), "keyint_min": str(gop), "sc_threshold": "0", "bf": "0", "preset": "ultrafast", "crf": "20",
        }  # fmt: skip
        for number in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(frame_image(number))))
        container.mux(stream.encode(None))
