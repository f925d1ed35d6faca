"""Input images: from a file part, a data URL, a stored file or a loopback URL; sniffed and measured."""

from __future__ import annotations

import base64
import binascii
import io
import ipaddress
import warnings
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import aiohttp
from PIL import Image

from renders.emulator.errors import INPAINT_MESSAGE, ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.profiles import Profile
from renders.emulator.store import Store
from renders.emulator.validation import type_name

_NAME = "input_reference"
_MAX_BYTES = 40_000_000


def sniff(data: bytes) -> str | None:
    """The file ending of a JPEG, PNG or WebP by its first bytes; the declared type is not asked."""
    if data.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return None


def check_image(data: bytes, size: str) -> str:
    """Make sure that the bytes are an image of exactly ``size`` ("WxH"); returns its file ending."""
    ending = sniff(data)
    if ending is None:
        raise bad(
            f"Unsupported file type for '{_NAME}': expected JPEG, PNG or WebP.", _NAME, "invalid_image_format"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
                if f"{image.width}x{image.height}" != size:
                    raise bad(INPAINT_MESSAGE)
                image.load()
    except ApiError:
        raise
    except Exception as error:
        # Pillow's decoders raise a dozen kinds of error on hostile files; all mean the same here.
        raise bad(f"The file in '{_NAME}' could not be read as an image.", _NAME, "invalid_image") from error
    return ending


async def input_image(form: Form, profile: Profile, store: Store) -> bytes | None:
    """The bytes of ``input_reference``, or None if there is none."""
    if _NAME in form.files:
        return form.files[_NAME].data
    if _NAME not in form.values:
        return None
    value = form.values[_NAME]
    if not isinstance(value, dict):
        # The captured message speaks of a file also where an object would do.
        raise bad(
            f"Invalid type for '{_NAME}': expected a file, but got {type_name(value)} instead.",
            _NAME,
            "invalid_type",
        )
    return await _referenced(value, profile, store)


async def _referenced(value: dict[str, Any], profile: Profile, store: Store) -> bytes:
    for extra in set(value) - {"image_url", "file_id"}:
        raise bad(f"Unknown parameter: '{_NAME}.{extra}'.", f"{_NAME}.{extra}", "unknown_parameter")
    if len(value) != 1:
        raise bad(
            f"Exactly one of 'image_url' and 'file_id' must be given in '{_NAME}'.", _NAME, "invalid_value"
        )
    name, text = next(iter(value.items()))
    if not isinstance(text, str):
        where = f"{_NAME}.{name}"
        raise bad(
            f"Invalid type for '{where}': expected a string, but got {type_name(text)} instead.",
            where,
            "invalid_type",
        )
    if name == "file_id":
        found = store.rows("select name from files where id = ?", (text,))
        if not found:
            raise bad(f"No such File object: {text[:80]}", f"{_NAME}.file_id", "invalid_value")
        kept = store.uploads / str(found[0]["name"])
        return kept.read_bytes()
    if len(text) > profile.max_image_url:
        raise bad(f"'{_NAME}.image_url' is too long.", f"{_NAME}.image_url", "string_above_max_length")
    if text[:5].lower() == "data:":
        return _data_url(text)
    return await _fetched(text)


def _data_url(text: str) -> bytes:
    head, comma, rest = text[5:].partition(",")
    try:
        if not comma:
            raise ValueError("no comma")
        if head.lower().endswith(";base64"):
            return base64.b64decode(rest, validate=True)
        return unquote_to_bytes(rest)
    except (ValueError, binascii.Error) as error:
        raise bad(
            f"'{_NAME}.image_url' is not a valid data URL.", f"{_NAME}.image_url", "invalid_value"
        ) from error


async def _fetched(url: str) -> bytes:
    """Fetch from this machine only: an emulator must not reach out, whatever a prompt form says."""
    where = f"{_NAME}.image_url"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not _is_loopback(host):
        raise bad(
            f"Unable to download the image in '{where}'. The emulator fetches from loopback addresses only.",
            where,
            "invalid_image_url",
        )
    try:
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            async with session.get(url, allow_redirects=False) as response:
                if response.status != 200:
                    raise bad(f"Unable to download the image in '{where}'.", where, "invalid_image_url")
                data: bytes = await response.content.read(_MAX_BYTES + 1)
                while len(data) <= _MAX_BYTES and (more := await response.content.read(_MAX_BYTES)):
                    data += more
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise bad(f"Unable to download the image in '{where}'.", where, "invalid_image_url") from error
    if len(data) > _MAX_BYTES:
        raise bad(f"The image in '{where}' is too large.", where, "invalid_image_url")
    return data


def _is_loopback(host: str) -> bool:
    """Literal loopback addresses and "localhost"; other names could resolve anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
