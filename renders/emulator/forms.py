"""Request bodies in every encoding that real clients send, as one shape.

The official package sends multipart even without a file and writes nested values as form keys with brackets
(``characters[][id]``); low-level calls and other clients send JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from renders.emulator.errors import ApiError, bad

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Upload:
    """A file part."""

    filename: str
    content_type: str
    data: bytes


@dataclass
class Form:
    """Values by name (text in forms, any JSON type in JSON) and files by name."""

    encoding: Literal["json", "form"]
    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Every name that was sent."""
        return [*self.values, *self.files]


async def read_form(request: web.Request) -> Form:
    """Read a body. Raises ApiError 400 for what cannot be read, 413 above the server's limit."""
    kind = request.content_type
    try:
        if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
            return await _read_fields(request)
        if kind == "application/json":
            return _read_json(await request.read())
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "The request body is too large.") from error
    except (
        ValueError,
        AssertionError,
        RuntimeError,
        LookupError,
        HttpProcessingError,
        web.RequestPayloadError,
    ) as error:
        raise bad("We could not parse the body of your request.") from error
    if not request.can_read_body:
        return Form("json")
    raise bad(
        "Unsupported content type: expected 'application/json' or 'multipart/form-data'.",
        code="unsupported_content_type",
    )


def _read_json(raw: bytes) -> Form:
    if not raw.strip():
        return Form("json")
    try:
        data = json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(data, dict):
        raise bad("We expected a JSON object as the body of your request.")
    return Form("json", {str(name): value for name, value in data.items()})


async def _read_fields(request: web.Request) -> Form:
    form = Form("form")
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            form.files[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            text = value if isinstance(value, str) else bytes(value).decode()
            _put(form.values, name, text)
    return form


def _put(values: dict[str, Any], name: str, text: str) -> None:
    """Store ``a``, ``a[b]``, ``a[][b]`` or ``a[0][b]``; any other shape keeps its literal name and is refused later."""
    match = _KEY.match(name)
    parts = _PART.findall(match[2]) if match else []
    if match is None or len(parts) > 2:
        values[name] = text
        return
    base = match[1]
    if not parts:
        values[base] = text
    elif len(parts) == 1 and parts[0] and not parts[0].isdigit():
        held = values.setdefault(base, {})
        if isinstance(held, dict):
            held[parts[0]] = text
    elif len(parts) == 2 and (not parts[0] or parts[0].isdigit()):
        held = values.setdefault(base, [])
        if isinstance(held, list):
            held.append({parts[1]: text})
    else:
        values[name] = text
