"""Look into an image that a person sent, cut it to size, and take the last frame of a clip. Runs in the subprocess only.

What an image is, is read from its first bytes and not from its name. Its pixels are counted before they are decoded,
and it is decoded to its end before anything of it is kept. What is wrong is said as a sentence that people read.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image, ImageOps

from tenants.media import faces
from tenants.media.probe import open_clip
from tenants.media.sniff import Unusable

MAX_SIDE = 12_000  # pixels
MAX_PIXELS = 50_000_000  # more than any camera's picture needs for a frame of 1920 × 1080
MIN_SIDE = 64
PREVIEW_LONG_SIDE = 1280  # pixels
WANTED = "Send a JPEG, PNG or WebP image."
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# First bytes of what people send by mistake, and what to do about it.
_OTHERS = (
    (b"GIF8", "This is a GIF. Export one frame of it as PNG and send that."),
    (b"BM", f"This is a BMP image. {WANTED}"),
    (b"II*\x00", f"This is a TIFF image. {WANTED}"),
    (b"MM\x00*", f"This is a TIFF image. {WANTED}"),
    (b"8BPS", "This is a Photoshop document. Export it as PNG and send that."),
    (b"%PDF", "This is a PDF. Export the page as PNG and send that."),
    (b"<svg", "This is an SVG drawing. Export it as PNG, at the size of the clip or larger, and send that."),
    (b"<?xml", "This is an XML document, such as an SVG drawing. Export it as PNG and send that."),
    (b"PK\x03\x04", f"This is a ZIP archive or an office document. {WANTED}"),
    (b"\x1aE\xdf\xa3", "This is a video. Send a still image, or continue from a take’s last frame instead."),
)
_STILLS = {
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"avif": "AVIF",
    b"avis": "AVIF",
}


def sniff(source: Path) -> str:
    """JPEG, PNG or WEBP, by the first bytes. Raises Unusable."""
    with source.open("rb") as file:
        head = file.read(64)
    if not head:
        raise Unusable("The file is empty. Choose it again, or export it once more.")
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        name = _STILLS.get(head[8:12])
        if name:
            raise Unusable(
                f"This is a {name} image, which the provider does not take. Export it as JPEG and send that."
            )
        raise Unusable("This is a video. Send a still image, or continue from a take’s last frame instead.")
    for magic, words in _OTHERS:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic):
            raise Unusable(words)
    raise Unusable(f"This is no JPEG, PNG or WebP image, whatever its name says. {WANTED}")


@contextmanager
def _opened(source: Path) -> Iterator[Image.Image]:
    """The image, not decoded yet, its pixels counted. Raises Unusable, also for what decoding it raises."""
    kind = sniff(source)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=(kind,)) as image:
                _check_size(*image.size)
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(
            f"The image has more than {MAX_PIXELS // 1_000_000} million pixels. Export it smaller."
        ) from error
    except (OSError, SyntaxError, EOFError, ValueError) as error:
        if isinstance(error, Unusable):
            raise
        raise Unusable(
            f"The {kind} image is damaged, or breaks off before its end. Export it again, or send it once more."
        ) from error


def _check_size(width: int, height: int) -> None:
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise Unusable(
            f"The image is {width} × {height} pixels, and at most {MAX_PIXELS // 1_000_000} million are read. Export it smaller."
        )
    if min(width, height) < MIN_SIDE:
        raise Unusable(
            f"The image is {width} × {height} pixels, too small to open a clip with. Send a larger one."
        )


def _decoded(image: Image.Image) -> Image.Image:
    """Every pixel, turned as a viewer shows it."""
    image.load()
    return ImageOps.exif_transpose(image) or image


def _flat(image: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white, as on paper."""
    if image.has_transparency_data:
        full = image.convert("RGBA")
        ground = Image.new("RGB", full.size, "white")
        ground.paste(full, mask=full.getchannel("A"))
        return ground
    if image.mode.startswith("I"):
        # 16 bits of grey: a plain conversion would cut off the bright parts.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGB")


def look(source: Path, folder: Path, detector: str) -> dict[str, Any]:
    """Decode all of it. Writes preview.webp into `folder`. Raises Unusable.

    Returns content_type, width, height (as shown, after rotation), rewrite (why its bytes cannot go out as they are:
    some of turned, transparent, colours), and from the detector faces and looked_at.
    """
    with _opened(source) as image:
        if getattr(image, "is_animated", False) and image.format != "MPO":
            raise Unusable(
                "This image is animated, and a clip opens with a single frame. Export that frame as PNG."
            )
        kind = TYPES[sniff(source)]
        turned = image.getexif().get(0x0112, 1) not in {0, 1}
        shown = _decoded(image)
        rewrite = [
            name
            for name, applies in (
                ("turned", turned),
                ("transparent", shown.has_transparency_data),
                ("colours", shown.mode not in {"RGB", "RGBA"} or bool(image.format == "MPO")),
            )
            if applies
        ]
        flat = _flat(shown)
    small = flat.copy()
    small.thumbnail((PREVIEW_LONG_SIDE, PREVIEW_LONG_SIDE))
    small.save(folder / "preview.webp", "WEBP", quality=82, method=2)
    seen = faces.Look(detector)
    if detector:
        seen.at(av.VideoFrame.from_image(flat))
    return {
        "content_type": kind,
        "width": flat.width,
        "height": flat.height,
        "rewrite": rewrite,
        **seen.answer(),
    }


@dataclass(frozen=True)
class Fit:
    """One rectangle (pixels of the image as shown), drawn at `width` × `height`."""

    left: int
    top: int
    wide: int
    tall: int
    width: int
    height: int


def fit(source: Path, target: Path, wanted: Fit) -> dict[str, Any]:
    """Write the rectangle as a PNG of exactly this size, without any metadata. Raises Unusable."""
    with _opened(source) as image:
        flat = _flat(_decoded(image))
    box = (wanted.left, wanted.top, wanted.left + wanted.wide, wanted.top + wanted.tall)
    made = flat.resize((wanted.width, wanted.height), Image.Resampling.LANCZOS, box=box)
    made.save(target, "PNG", compress_level=6)
    return {"width": made.width, "height": made.height}


# What a frame may say of its colours (ITU-T H.273, MatrixCoefficients), as the scaler calls it.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}


def _rgb(frame: Any) -> Image.Image:
    """The frame's colours as a player shows them: read otherwise, the next clip would open with another tint."""
    # HD that does not say is BT.709, and anything smaller BT.601.
    usual = Colorspace.ITU709 if min(frame.width, frame.height) >= 720 else Colorspace.ITU601
    image: Image.Image = frame.reformat(
        format="rgb24",
        src_colorspace=_MATRICES.get(int(frame.colorspace), usual),
        src_color_range=ColorRange.JPEG if int(frame.color_range) == ColorRange.JPEG else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    ).to_image()
    return image


def last_frame(source: Path, target: Path) -> dict[str, Any]:
    """Write the last frame of an MP4 as a PNG, pixel for pixel. Raises ValueError.

    Returns width, height, and number: of the frame, from 0.
    """
    try:
        with open_clip(source) as container:
            video = container.streams.video[0]
            video.thread_type = "AUTO"
            last, count = None, 0
            for frame in container.decode(video):
                last, count = frame, count + 1
    except (av.error.FFmpegError, IndexError) as error:
        raise ValueError(f"not a readable MP4: {error}") from error
    if last is None:
        raise ValueError("no frame can be decoded")
    image = _rgb(last)
    image.save(target, "PNG", compress_level=6)
    return {"width": image.width, "height": image.height, "number": count - 1}
