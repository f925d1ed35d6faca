"""An agency's logo: checked, drawn again at one size, kept under its own hash."""

import hashlib
import io
import warnings
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from tenants.errors import Refused

MAX_BYTES = 1024 * 1024
MAX_SIDE = 4096  # pixels; larger pictures are refused before they are decoded
SIDE = 256  # pixels of the longer side, as it is kept
FORMATS = ("PNG", "JPEG", "WEBP")


class BadLogo(Refused):
    """The file is too large, or is no picture that we take."""


def draw(file: BinaryIO, size: int) -> bytes:
    """The picture drawn again as WebP: what hid in the file besides the picture is gone. Raises BadLogo."""
    if size > MAX_BYTES:
        raise BadLogo(
            f"This file has {size / 1_000_000:.1f} MB; a logo may have 1 MB. Save it smaller and try again."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                if max(image.size) > MAX_SIDE:
                    raise BadLogo(
                        f"This picture is {image.width} × {image.height}; at most {MAX_SIDE} pixels a side."
                    )
                picture = image.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombWarning,
    ) as error:
        raise BadLogo(
            "This is no PNG, JPEG or WebP picture, or it is damaged. Save it again as PNG."
        ) from error
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=90)
    return out.getvalue()


def keep(org_id: object, data: bytes) -> str:
    """Put the drawn logo into storage; the key."""
    key = f"{org_id}/logo/{hashlib.sha256(data).hexdigest()[:32]}.webp"
    if not default_storage.exists(key):
        default_storage.save(key, ContentFile(data))
    return key
