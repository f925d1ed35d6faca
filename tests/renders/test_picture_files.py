"""What an uploaded image is, by its bytes; how it is cut; and the last frame of a clip, pixel for pixel."""

import io
import struct
import zlib
from fractions import Fraction

import av
import pytest
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from renders.pictures import Choice, rectangle
from tenants.media import run as media
from tests.characters_kit import clip_bytes
from tests.pictures_kit import drawn, image_bytes, turned_bytes


def looked(tmp_path, data):
    source = tmp_path / "upload"
    source.write_bytes(data)
    return media.look(source, tmp_path)


def animated(kind):
    out = io.BytesIO()
    drawn(200, 200).save(out, kind, save_all=True, append_images=[drawn(200, 200, tint=90)], duration=100)
    return out.getvalue()


def png_that_lies(width, height):
    """A PNG whose head promises more pixels than anybody has memory for."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_kind_is_read_from_the_bytes(tmp_path, kind):
    facts = looked(tmp_path, image_bytes(kind=kind))
    assert (facts["content_type"], facts["width"], facts["height"]) == (f"image/{kind.lower()}", 720, 1280)
    assert facts["rewrite"] == []
    with Image.open(tmp_path / "preview.webp") as preview:
        assert preview.size == (720, 1280)


REFUSED = {
    "empty": (b"", "empty"),
    "gif": (image_bytes(kind="GIF"), "GIF"),
    "bmp": (image_bytes(kind="BMP"), "BMP"),
    "tiff": (image_bytes(kind="TIFF"), "TIFF"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "svg after a declaration": (b'<?xml version="1.0"?><svg/>', "XML"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "HEIC"),
    "avif": (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 64, "AVIF"),
    "video": (clip_bytes(320, 180, 1.0, 12), "video"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "text": (b"just words", "whatever its name says"),
    "cut off jpeg": (image_bytes(kind="JPEG")[:9000], "breaks off"),
    "cut off png": (image_bytes()[:4000], "breaks off"),
    "cut off webp": (image_bytes(kind="WEBP")[:1500], "breaks off"),
    "head only": (b"\x89PNG\r\n\x1a\n", "damaged"),
    "animated webp": (animated("WEBP"), "animated"),
    "animated png": (animated("PNG"), "animated"),
    "bomb": (png_that_lies(60_000, 60_000), "million"),
    "long and thin": (png_that_lies(40_000, 100), "million"),
    "lie within bounds": (png_that_lies(4000, 4000), "damaged"),
    "tiny": (image_bytes(32, 32), "too small"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_still_image_that_can_be_read_is_refused_in_its_own_words(tmp_path, name):
    data, words = REFUSED[name]
    with pytest.raises(media.Unreadable, match=words) as refusal:
        looked(tmp_path, data)
    assert str(refusal.value).endswith(".")
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (image_bytes(mode="RGBA"), "transparent"),
        (image_bytes(kind="JPEG", mode="CMYK"), "colours"),
        (image_bytes(mode="P"), "colours"),
        (image_bytes(kind="JPEG", mode="L"), "colours"),
    ],
)
def test_what_a_server_may_read_otherwise_is_written_anew(tmp_path, data, why):
    assert looked(tmp_path, data)["rewrite"] == [why]
    media.fit(tmp_path / "upload", tmp_path / "fit.png", whole(720, 1280))
    with Image.open(tmp_path / "fit.png") as made:
        assert (made.mode, made.size, made.getexif()) == ("RGB", (720, 1280), {})


def whole(width, height):
    return {"left": 0, "top": 0, "wide": width, "tall": height, "width": width, "height": height}


def test_phones_picture_is_turned_as_it_is_shown(tmp_path):
    facts = looked(tmp_path, turned_bytes(720, 1280))
    assert (facts["width"], facts["height"], facts["rewrite"]) == (720, 1280, ["turned"])
    media.fit(tmp_path / "upload", tmp_path / "fit.png", whole(720, 1280))
    with Image.open(tmp_path / "fit.png") as made:
        corner = made.getpixel((30, 30))
    assert all(abs(a - b) < 12 for a, b in zip(corner, (200, 40, 40), strict=True))


def test_sixteen_bits_of_grey_keep_their_bright_parts(tmp_path):
    out = io.BytesIO()
    ramp = Image.new("I;16", (720, 1280), 40_000)
    ramp.save(out, "PNG")
    looked(tmp_path, out.getvalue())
    media.fit(tmp_path / "upload", tmp_path / "fit.png", whole(720, 1280))
    with Image.open(tmp_path / "fit.png") as made:
        assert made.getpixel((5, 5)) == (156, 156, 156)


@given(
    st.integers(64, 12_000),
    st.integers(64, 12_000),
    st.sampled_from(["1280x720", "720x1280", "1792x1024", "1024x1792", "1920x1080", "1080x1920"]),
    st.builds(Choice, st.integers(0, 100), st.integers(0, 100), st.integers(100, 400)),
)
def test_cut_never_leaves_the_image_and_never_stretches_it(width, height, size, choice):
    left, top, wide, tall = rectangle(width, height, size, choice)
    assert 0 <= left <= left + wide <= width
    assert 0 <= top <= top + tall <= height
    to_wide, to_tall = map(int, size.split("x"))
    # Whole pixels: half a one of either side is all that may be missing.
    assert abs(wide * to_tall - tall * to_wide) <= max(to_wide, to_tall)


def lossless_clip(path, images, *, space):
    """A clip of RGB images whose colours come back as they were, but for rounding; it says its colour space, or not."""
    with av.open(str(path), "w", format="mp4") as made:
        stream = made.add_stream("libx264", rate=Fraction(10), options={"qp": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *images[0].size, "yuv444p"
        if space is not None:
            stream.codec_context.colorspace, stream.codec_context.color_range = space, 1
        for image in images:
            frame = av.VideoFrame.from_image(image).reformat(
                format="yuv444p",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU601 if space == 6 else Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))


@pytest.mark.parametrize("space", [None, 1, 6])
def test_last_frame_has_the_pixels_and_the_colours_that_a_player_shows(tmp_path, space):
    images = [drawn(1280, 720, tint=tint) for tint in (0, 60, 120)]
    lossless_clip(tmp_path / "clip.mp4", images, space=space)
    found = media.last_frame(tmp_path / "clip.mp4", tmp_path / "frame.png")
    assert found == {"width": 1280, "height": 720, "number": 2}
    with Image.open(tmp_path / "frame.png") as frame:
        for spot in ((10, 10), (1270, 10), (10, 710), (1270, 710), (640, 360)):
            pairs = zip(frame.getpixel(spot), images[-1].getpixel(spot), strict=True)
            assert all(abs(a - b) <= 3 for a, b in pairs), (spot, frame.getpixel(spot))


def test_what_is_no_clip_has_no_last_frame(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"not a clip")
    with pytest.raises(media.Unreadable):
        media.last_frame(tmp_path / "clip.mp4", tmp_path / "frame.png")
