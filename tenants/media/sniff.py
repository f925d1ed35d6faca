"""What an uploaded file is, by its first bytes, and how it is opened. Runs in the subprocess only."""

from pathlib import Path
from typing import Any

import av

# First bytes of what people send by mistake, so that the sentence can say what it is.
_OTHERS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"#EXTM3U", "a playlist"),
    (b"#!", "a script"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"<svg", "an SVG picture"),
    (b"<?xml", "an XML document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"ID3", "a sound file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a sound file"),
    (b"FLV", "a Flash video"),
    (b"{", "a text file"),
)
_STILL_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}


class Unusable(ValueError):
    """Not a clip that can be read; the text is for people."""


def sniff(source: Path) -> str:
    """The demuxer for this file by its first bytes: mp4 (also MOV) or matroska (also WebM). Raises Unusable."""
    with source.open("rb") as file:
        head = file.read(64)
    if not head:
        raise Unusable("The file is empty. Choose it again, or export it once more.")
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
            raise Unusable(
                "This is a still picture, not a clip. A character needs 2 to 4 seconds of movement."
            )
        return "mp4"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF":
        kind = {b"WEBP": "a WebP picture", b"AVI ": "an AVI video", b"WAVE": "a sound file"}.get(
            head[8:12], "a RIFF file"
        )
        raise Unusable(f"This is {kind}. Send an MP4, MOV or WebM clip.")
    for magic, name in _OTHERS:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic):
            raise Unusable(f"This is {name}. Send an MP4, MOV or WebM clip.")
    raise Unusable(
        "This is no MP4, MOV or WebM clip, whatever its name says. Export it as MP4 and send that."
    )


def opened(source: Path) -> Any:
    options = {"protocol_whitelist": "file", "enable_drefs": "0", "use_absolute_path": "0"}
    kind = sniff(source)
    if kind != "mp4":
        options = {"protocol_whitelist": "file"}
    return av.open(str(source), "r", format=kind, options=options, metadata_errors="replace")


def words(error: Any) -> str:
    """FFmpeg's own reason, as the middle of a sentence."""
    said = str(error.strerror or "").lower().rstrip(".")
    # Its usual word for anything that is not as it should be.
    return "it is damaged" if not said or "invalid data" in said else said
