"""Opening images for tests, drawn here: no photograph, nobody in them."""

import io
from typing import Any

from PIL import Image, ImageDraw

from renders.actions.pictures import attest_picture, upload_picture
from renders.models import PictureFile
from tests.cast import Cast


def drawn(width: int = 720, height: int = 1280, *, mode: str = "RGB", tint: int = 0) -> Image.Image:
    """Four quarters of different colours with a disc in the middle: a turn, a stretch or another cut is seen."""
    image = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(image)
    half = (width // 2, height // 2)
    for left, top, colour in (
        (0, 0, (200, 40, 40 + tint)),
        (half[0], 0, (40, 200, 40)),
        (0, half[1], (40, 40, 200)),
        (half[0], half[1], (220, 200, 60)),
    ):
        pen.rectangle((left, top, left + half[0], top + half[1]), fill=colour)
    radius = min(width, height) // 6
    pen.ellipse((half[0] - radius, half[1] - radius, half[0] + radius, half[1] + radius), fill="white")
    return image.convert(mode)


def image_bytes(
    width: int = 720, height: int = 1280, *, kind: str = "PNG", mode: str = "RGB", tint: int = 0, **save: Any
) -> bytes:
    """A file with that image."""
    out = io.BytesIO()
    drawn(width, height, mode=mode, tint=tint).save(out, kind, **save)
    return out.getvalue()


def turned_bytes(width: int, height: int) -> bytes:
    """A JPEG of a phone that was held upright: its pixels lie on their side, and EXIF says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    drawn(width, height).rotate(90, expand=True).save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def uploaded(
    cast: Cast, data: bytes | None = None, *, fits: str = "720x1280", attested: bool = True
) -> PictureFile:
    """An image of Northlight's, in the scope of the caller."""
    data = image_bytes() if data is None else data
    file = upload_picture(chunks=[data], size=len(data), fits=fits, by=cast.amara)
    if attested:
        attest_picture(file=file, by=cast.amara)
    return file
