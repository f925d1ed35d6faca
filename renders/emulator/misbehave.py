"""Faults of replies, carried out: cut, slow, foreign, missing. Works on the socket where HTTP is too polite."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from renders.emulator.errors import GONE_MESSAGE, error_body
from renders.emulator.faults import Fault

Handler = Callable[[], Awaitable[web.StreamResponse]]

_HTML = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_CODES = {
    400: None,
    401: "invalid_api_key",
    402: "billing_hard_limit_reached",
    403: None,
    429: "rate_limit_exceeded",
}
_KINDS = {429: "rate_limit_error", 401: "invalid_request_error", 403: "invalid_request_error"}


class AlreadySent(web.Response):
    """Tells the server that the connection has been dealt with by hand."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send nothing."""
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Send nothing."""


async def misbehave(request: web.Request, fault: Fault, handler: Handler) -> web.StreamResponse:
    """Answer a request as the fault says."""
    wanted = fault.params
    if fault.kind == "drop_before":
        return reset(request)
    if fault.kind == "expire":
        return web.json_response(error_body(GONE_MESSAGE, "invalid_request_error"), status=404)
    if fault.kind == "delay" and wanted["when"] == "before":
        await asyncio.sleep(wanted["seconds"])
    carried_out = wanted.get("accepted", True)
    real = await handler() if carried_out else web.Response()
    if fault.kind == "delay":
        await asyncio.sleep(wanted["seconds"] if wanted["when"] == "after" else 0)
        return real
    if fault.kind == "accept_then_drop":
        return reset(request)
    if fault.kind == "status":
        return _status(wanted)
    if fault.kind == "redirect":
        return web.Response(status=int(wanted["status"]), headers={"location": wanted["location"]})
    if fault.kind == "malformed":
        return _malformed(wanted, body_of(real))
    if fault.kind == "truncate":
        return await _truncate(request, real, wanted)
    if fault.kind == "endless":
        return await _endless(request, wanted)
    return await _drip(request, real, wanted)


def body_of(response: web.StreamResponse) -> bytes:
    """The bytes that a response would send; files are read."""
    path = response.get("path")
    if path is not None:
        return Path(path).read_bytes()
    body = response.body if isinstance(response, web.Response) else b""
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""


def reset(request: web.Request) -> web.StreamResponse:
    """Break the connection with a reset: linger zero makes the kernel send RST and not FIN."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    sent = AlreadySent()
    sent.force_close()
    return sent


def phrase_of(status: int) -> str:
    """The words for a status; gateways invent some that have none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _status(wanted: dict[str, Any]) -> web.Response:
    """Any status. Without a body of its own it gets a proper error body; 429 gets a retry-after."""
    status = int(wanted["status"])
    headers = {str(name).lower(): str(value) for name, value in wanted["headers"].items()}
    if status == 429:
        headers.setdefault("retry-after", "1")
    body = wanted["body"]
    if body is None:
        kind = _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
        message = wanted["message"] or f"{phrase_of(status)} (injected)."
        body = error_body(message, kind, None, wanted["code"] or _CODES.get(status))
    text = body if isinstance(body, str) else json.dumps(body)
    headers.setdefault("content-type", "text/plain" if isinstance(body, str) else "application/json")
    return web.Response(status=status, body=text.encode(), headers=headers)


def _malformed(wanted: dict[str, Any], real: bytes) -> web.Response:
    """A reply that is not what it says."""
    variant, kind = wanted["variant"], "application/json"
    body = b""
    if variant == "html":
        body, kind = _HTML, "text/html"
    elif variant == "broken_json":
        body = real[: max(1, len(real) // 2)] if real.startswith(b"{") else b'{"id": "video_'
    elif variant == "array":
        body = b"[1, 2, 3]"
    elif variant == "json":
        body = b'{"detail": "not what you asked for"}'
    elif variant == "no_id":
        try:
            data = json.loads(real)
            data.pop("id", None)
        except (ValueError, AttributeError):
            data = {"object": "video"}
        body = json.dumps(data).encode()
    return web.Response(status=int(wanted["status"]), body=body, headers={"content-type": kind})


async def _truncate(
    request: web.Request, real: web.StreamResponse, wanted: dict[str, Any]
) -> web.StreamResponse:
    """Send part of the body and close. Without a content length nothing in HTTP tells the client."""
    body, transport = body_of(real), request.transport
    if transport is None:
        return reset(request)
    lines = [
        f"HTTP/1.1 {real.status} {phrase_of(real.status)}",
        f"content-type: {real.content_type}",
        "connection: close",
    ]
    if wanted["content_length"]:
        lines.append(f"content-length: {len(body)}")
    part = body[: int(len(body) * wanted["at"])]
    transport.write("\r\n".join([*lines, "", ""]).encode() + part)
    transport.close()
    sent = AlreadySent()
    sent.force_close()
    return sent


async def _drip(request: web.Request, real: web.StreamResponse, wanted: dict[str, Any]) -> web.StreamResponse:
    """Slowloris: the right reply, ``chunk`` bytes every ``interval`` seconds."""
    body, chunk = body_of(real), max(1, int(wanted["chunk"]))
    response = web.StreamResponse(
        status=real.status, headers={"content-type": real.content_type, "content-length": str(len(body))}
    )
    try:
        await response.prepare(request)
        for start in range(0, len(body), chunk):
            await response.write(body[start : start + chunk])
            await asyncio.sleep(wanted["interval"])
    except ConnectionError:
        return reset(request)
    return response


async def _endless(request: web.Request, wanted: dict[str, Any]) -> web.StreamResponse:
    """A body without an end: white space, which a lenient JSON reader would swallow for ever."""
    response = web.StreamResponse(headers={"content-type": "application/json"})
    try:
        await response.prepare(request)
        while True:
            await response.write(b" " * 65_536)
            await asyncio.sleep(wanted["interval"])
    except ConnectionError:
        return reset(request)
