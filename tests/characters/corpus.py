"""More than a hundred hostile and odd media files, made here byte by byte: `python -m tests.characters.corpus FOLDER`.

Nothing is downloaded and nobody's file is used. Each maker gives the bytes of one file; `files()` names them all.
"""

import gzip
import io
import random
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from tests.characters_kit import clip_bytes

Maker = Callable[[], bytes]
_BRIEF = (320, 180, 1.0, 12)


def small(**more: object) -> bytes:
    """A short, small, legal MP4."""
    return clip_bytes(*_BRIEF, **more)  # type: ignore[arg-type]


def box(kind: bytes, body: bytes = b"", *, size: int | None = None) -> bytes:
    """An MP4 box; `size` lies about its length."""
    return struct.pack(">I", len(body) + 8 if size is None else size) + kind + body


FTYP = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2avc1mp41")


def patched(kind: bytes, at: int, value: bytes, *, times: int = 1) -> bytes:
    """The small clip with bytes of one box written over, `at` bytes after its name."""
    data, start = bytearray(small()), 0
    for _ in range(times):
        start = data.find(kind, start)
        assert start > 0, f"there is no {kind!r}"
        data[start + 4 + at : start + 4 + at + len(value)] = value
        start += 4
    return bytes(data)


def flipped(seed: int, count: int, *, within: float = 1.0) -> bytes:
    """The small clip with some bytes changed at random, in its first part only if asked for."""
    chance, data = random.Random(seed), bytearray(small())
    for _ in range(count):
        data[chance.randrange(8, int(len(data) * within))] = chance.randrange(256)
    return bytes(data)


def cut_off(share: float) -> bytes:
    """The first part of the small clip."""
    return small()[: int(len(small()) * share)]


def fast_start(share: float) -> bytes:
    """A part of a clip whose table comes first, as browsers like it."""
    # FFmpeg reads its own file again to move the table, so this one needs a place.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fast.mp4"
        options = {"movflags": "+faststart"}
        with av.open(io.BytesIO(small())) as given, av.open(str(path), "w", options=options) as made:
            video = given.streams.video[0]
            stream = made.add_stream_from_template(video)
            for packet in given.demux(video):
                if packet.dts is not None:
                    packet.stream = stream
                    made.mux(packet)
        data = path.read_bytes()
    return data[: int(len(data) * share)]


def nested(depth: int) -> bytes:
    """Boxes in boxes in boxes."""
    body = b""
    for _ in range(depth):
        body = box(b"moov", body)
    return FTYP + body


def encoded(
    codec: str,
    kind: str,
    pixels: str = "yuv420p",
    *,
    size: tuple[int, int] = (320, 180),
    fps: int = 12,
    count: int = 12,
    options: dict[str, str] | None = None,
) -> bytes:
    """A clip in another codec or container."""
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as made:
        stream = made.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        for number in range(count):
            picture = Image.new("RGB", size, (number * 7 % 255, 90, 60))
            frame = av.VideoFrame.from_image(picture).reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def uneven() -> bytes:
    """Frames at odd moments, with a gap of ten seconds."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as made:
        stream = made.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for moment in (0, 40, 41, 900, 11_000, 11_050):
            frame = av.VideoFrame.from_image(Image.new("RGB", (320, 180), (moment % 255, 1, 2)))
            frame.pts, frame.time_base = moment, Fraction(1, 1000)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def only_sound(kind: str = "mp4") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as made:
        tone = made.add_stream("aac" if kind == "mp4" else "libopus", rate=48_000)
        for number in range(40):
            frame = av.AudioFrame(format="fltp" if kind == "mp4" else "s16", layout="stereo", samples=960)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
            made.mux(tone.encode(frame))
        made.mux(tone.encode(None))
    return out.getvalue()


def two_tracks() -> bytes:
    """Two pictures of different size in one file."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as made:
        tracks = []
        for size in ((320, 180), (180, 320)):
            stream = made.add_stream("libx264", rate=12, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            tracks.append((stream, size))
        for number in range(12):
            for stream, size in tracks:
                frame = av.VideoFrame.from_image(Image.new("RGB", size, (number, 1, 2)))
                frame.pts, frame.time_base = number, Fraction(1, 12)
                made.mux(stream.encode(frame))
        for stream, _size in tracks:
            made.mux(stream.encode(None))
    return out.getvalue()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 36), (200, 30, 30)).save(out, kind)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clip.mp4", bytes(1_000_000))
    return out.getvalue()


def joined(*parts: bytes) -> Maker:
    return lambda: b"".join(parts)


_TEXTS: dict[str, bytes] = {
    "empty": b"",
    "one-byte": b"\x00",
    "only-zeros": bytes(4096),
    "plain-text": b"This is no clip at all.\n" * 50,
    "utf16-text": "Kein Film".encode("utf-16") * 40,
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "html-bom": b"\xef\xbb\xbf<html></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "xml-entities": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "json": b'{"video": true}',
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "script": b"#!/bin/sh\nrm -rf /\n",
    "windows-program": b"MZ" + bytes(200),
    "linux-program": b"\x7fELF" + bytes(200),
    "hls-playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "hls-playlist-http": b"#EXTM3U\n#EXTINF:10,\nhttp://169.254.169.254/latest/meta-data/\n#EXT-X-ENDLIST\n",
    "concat-list": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "concat-protocol": b"concat:/etc/passwd|/etc/shadow",
    "dash-manifest": b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "mp3-tag": b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(300),
    "ogg": b"OggS" + bytes(300),
    "flac": b"fLaC" + bytes(300),
    "flash": b"FLV\x01\x05\x00\x00\x00\x09" + bytes(300),
    "avi": b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(300),
    "wav": b"RIFF\x00\x10\x00\x00WAVEfmt " + bytes(300),
    "riff-of-nothing": b"RIFF\x00\x10\x00\x00ABCD" + bytes(300),
    "rar": b"Rar!\x1a\x07\x00" + bytes(300),
    "seven-zip": b"7z\xbc\xaf\x27\x1c" + bytes(300),
    "transport-stream": (b"\x47" + bytes(187)) * 20,
    "webm-header-only": b"\x1a\x45\xdf\xa3",
    "webm-endless-vint": b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(300),
    "webm-huge-header": b"\x1a\x45\xdf\xa3\x08\x7f\xff\xff\xff" + bytes(300),
    "webm-random-body": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01" + random.Random(5).randbytes(4000),
}

_BOXES: dict[str, Maker] = {
    "box-ftyp-only": joined(FTYP),
    "box-ftyp-heic": joined(box(b"ftyp", b"heic\x00\x00\x00\x00mif1heic"), bytes(300)),
    "box-ftyp-avif": joined(box(b"ftyp", b"avif\x00\x00\x00\x00mif1avif"), bytes(300)),
    "box-mdat-only": joined(FTYP, box(b"mdat", bytes(1000))),
    "box-size-zero": joined(FTYP, box(b"moov", size=0), bytes(100)),
    "box-size-one": joined(FTYP, struct.pack(">I", 1), b"moov", struct.pack(">Q", 2**63 - 1), bytes(100)),
    "box-size-seven": joined(FTYP, box(b"moov", bytes(100), size=7)),
    "box-size-max": joined(FTYP, box(b"moov", bytes(100), size=0xFFFFFFFF)),
    "box-ftyp-max": joined(box(b"ftyp", b"isom", size=0xFFFFFFFF), bytes(100)),
    "box-empty-moov": joined(FTYP, box(b"moov")),
    "box-moov-of-random": joined(FTYP, box(b"moov", random.Random(7).randbytes(5000))),
    "box-traks-without-tables": joined(FTYP, box(b"moov", box(b"trak", box(b"mdia", box(b"minf"))) * 500)),
    "box-nested-100": lambda: nested(100),
    "box-nested-20000": lambda: nested(20_000),
    "box-many-free": joined(FTYP, box(b"free") * 50_000),
    "box-html-inside": joined(FTYP, box(b"mdat", b"<html><script>alert(1)</script></html>" * 50)),
    "box-playlist-inside": joined(FTYP, b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"),
    "box-time-scale-zero": lambda: patched(b"mvhd", 12, bytes(4)),
    "box-media-time-scale-zero": lambda: patched(b"mdhd", 12, bytes(4)),
    "box-duration-max": lambda: patched(b"mvhd", 16, b"\xff" * 4),
    "box-media-duration-max": lambda: patched(b"mdhd", 16, b"\xff" * 4),
    "box-sample-count-max": lambda: patched(b"stsz", 8, b"\xff" * 4),
    "box-sample-size-max": lambda: patched(b"stsz", 4, b"\xff" * 4),
    "box-chunk-count-max": lambda: patched(b"stco", 4, b"\xff" * 4),
    "box-chunk-outside": lambda: patched(b"stco", 8, b"\x7f" * 4),
    "box-chunk-at-zero": lambda: patched(b"stco", 8, bytes(4)),
    "box-time-count-max": lambda: patched(b"stts", 4, b"\xff" * 4),
    "box-time-delta-max": lambda: patched(b"stts", 12, b"\xff" * 4),
    "box-time-delta-zero": lambda: patched(b"stts", 12, bytes(4)),
    "box-sample-to-chunk-zero": lambda: patched(b"stsc", 12, bytes(4)),
    "box-sample-to-chunk-max": lambda: patched(b"stsc", 12, b"\xff" * 4),
    "box-width-max": lambda: patched(b"avc1", 24, b"\xff\xff"),
    "box-height-max": lambda: patched(b"avc1", 26, b"\xff\xff"),
    "box-size-nothing": lambda: patched(b"avc1", 24, bytes(4)),
    "box-codec-unknown": lambda: small().replace(b"avc1", b"zzzz"),
    "box-codec-is-sound": lambda: small().replace(b"avc1", b"mp4a"),
    "box-handler-is-text": lambda: small().replace(b"vide", b"text", 1),
    "box-no-decoder-setup": lambda: small().replace(b"avcC", b"free"),
    "box-decoder-setup-of-random": lambda: patched(b"avcC", 0, random.Random(3).randbytes(20)),
    "box-data-reference-outside": lambda: small().replace(b"url \x00\x00\x00\x01", b"url \x00\x00\x00\x00"),
    "box-edit-list-max": lambda: patched(b"elst", 8, b"\xff" * 12),
    "box-matrix-of-random": lambda: patched(b"tkhd", 40, random.Random(4).randbytes(36)),
}

_ODD: dict[str, Maker] = {
    "odd-one-frame": lambda: encoded("libx264", "mp4", count=1),
    "odd-sixteen-pixels": lambda: encoded("libx264", "mp4", size=(16, 16)),
    "odd-eight-pixels": lambda: encoded("mpeg4", "mp4", size=(8, 8)),
    "odd-wide-strip": lambda: encoded("libx264", "mp4", size=(4096, 16), count=2),
    "odd-wider-than-allowed": lambda: encoded("libx264", "mp4", size=(4864, 64), count=2),
    "odd-largest": lambda: encoded(
        "libx264", "mp4", size=(4096, 2304), count=2, options={"preset": "ultrafast"}
    ),
    "odd-larger-than-largest": lambda: encoded(
        "libx264", "mp4", size=(4096, 2400), count=1, options={"preset": "ultrafast"}
    ),
    "odd-61-seconds": lambda: encoded("libx264", "mp4", size=(64, 36), fps=1, count=62),
    "odd-half-second": lambda: encoded("libx264", "mp4", fps=24, count=12),
    "odd-one-a-second": lambda: encoded("libx264", "mp4", fps=1, count=3),
    "odd-240-a-second": lambda: encoded("libx264", "mp4", fps=240, count=60),
    "odd-444": lambda: encoded("libx264", "mp4", "yuv444p"),
    "odd-ten-bits": lambda: encoded("libx264", "mp4", "yuv420p10le"),
    "odd-grey": lambda: encoded("libx264", "mp4", "gray"),
    "odd-mpeg4": lambda: encoded("mpeg4", "mp4"),
    "odd-mjpeg-mov": lambda: encoded("mjpeg", "mov", "yuvj420p"),
    "odd-png-mov": lambda: encoded("png", "mov", "rgb24"),
    "odd-raw-mov": lambda: encoded("rawvideo", "mov", "yuv422p", count=3),
    "odd-prores-mov": lambda: encoded("prores_ks", "mov", "yuv422p10le"),
    "odd-h264-mkv": lambda: encoded("libx264", "matroska"),
    "odd-ffv1-mkv": lambda: encoded("ffv1", "matroska"),
    "odd-vp8-webm": lambda: encoded("libvpx", "webm"),
    "odd-vp9-webm": lambda: encoded("libvpx-vp9", "webm"),
    "odd-alpha-webm": lambda: encoded("libvpx-vp9", "webm", "yuva420p"),
    "odd-gif": lambda: picture("GIF"),
    "odd-avi": lambda: encoded("mpeg4", "avi"),
    "odd-flv": lambda: encoded("flv1", "flv"),
    "odd-mpeg-ts": lambda: encoded("libx264", "mpegts"),
    "odd-uneven-times": uneven,
    "odd-two-pictures": two_tracks,
    "odd-only-sound-mp4": only_sound,
    "odd-only-sound-webm": lambda: only_sound("webm"),
    "odd-with-sound": lambda: small(sound=True),
    "odd-mov-of-h264": lambda: encoded("libx264", "mov"),
    "odd-two-files-in-one": lambda: small() + small(),
    "odd-garbage-behind": lambda: small() + random.Random(9).randbytes(50_000),
    "odd-zip-behind": lambda: small() + zipped(),
    "odd-gzip": lambda: gzip.compress(small()),
    "odd-zip": zipped,
    "odd-png": lambda: picture("PNG"),
    "odd-jpeg": lambda: picture("JPEG"),
    "odd-webp": lambda: picture("WEBP"),
    "odd-webm-cut-off": lambda: encoded("libvpx", "webm")[:900],
    "odd-webm-flipped": lambda: encoded("libvpx", "webm").replace(b"\x83", b"\xa3"),
}


def files() -> dict[str, Maker]:
    """Every file by name."""
    found: dict[str, Maker] = {name: joined(text) for name, text in _TEXTS.items()}
    found |= _BOXES | _ODD
    found |= {
        f"cut-off-{share:.2f}": lambda share=share: cut_off(share)
        for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
    }
    found |= {
        f"fast-start-{share:.2f}": lambda share=share: fast_start(share) for share in (0.3, 0.6, 0.8, 0.95)
    }
    found |= {f"flipped-{seed}": lambda seed=seed: flipped(seed, 40) for seed in range(8)}
    found |= {f"flipped-hard-{seed}": lambda seed=seed: flipped(seed, 2000) for seed in range(4)}
    found |= {
        f"random-{seed}": lambda seed=seed: FTYP + random.Random(seed).randbytes(20_000) for seed in range(4)
    }
    return found


def main(folder: str) -> None:
    """Write them all into a folder."""
    for name, make in files().items():
        (Path(folder) / name).write_bytes(make())


if __name__ == "__main__":
    main(sys.argv[1])
