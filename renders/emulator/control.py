"""The control surface: JSON for tests and demos, on its own port, on loopback, without a key."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from renders.emulator import VERSION
from renders.emulator.faults import KINDS, BadFault, Fault, parse_fault
from renders.emulator.state import EMULATOR, Emulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A control request that makes no sense."""


async def _json(request: web.Request) -> Any:
    raw = await request.read()
    try:
        return json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Refused("The body is not JSON.") from error


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as JSON. Web pages are kept out: a browser sends Origin, test clients do not."""
    if "origin" in request.headers:
        return web.json_response({"error": "Not for browsers."}, status=403)
    try:
        return await handler(request)
    except (Refused, BadFault) as error:
        return web.json_response({"error": str(error)}, status=400)
    except web.HTTPException as error:
        return web.json_response(
            {"error": f"{error.reason}: {request.method} {request.path}"}, status=error.status
        )


def _strike(emulator: Emulator, fault: Fault) -> None:
    """Let a job fault for a known video take effect at once; a running job reads its quirks at every stage."""
    job = emulator.store.job(str(fault.video_id))
    if job is None:
        raise Refused(f"No video '{fault.video_id}'.")
    job.quirks[fault.kind] = fault.params
    emulator.store.save(job)
    fault.hits += 1


async def add_faults(request: web.Request) -> web.StreamResponse:
    """POST /faults: one fault, or {"faults": [...]}."""
    emulator, data = request.app[EMULATOR], await _json(request)
    many = data.get("faults") if isinstance(data, dict) and "faults" in data else [data]
    if not isinstance(many, list):
        raise Refused("'faults' is a list.")
    faults = [parse_fault(item) for item in many]
    for fault in faults:
        if fault.stage == "job" and fault.video_id is not None:
            _strike(emulator, fault)
        else:
            emulator.faults.add(fault)
    return web.json_response({"faults": [fault.to_dict() for fault in faults]})


async def show_faults(request: web.Request) -> web.StreamResponse:
    """GET /faults: what is scheduled, and what could be."""
    scheduled = [fault.to_dict() for fault in request.app[EMULATOR].faults.scheduled]
    kinds = {
        name: {"stage": kind.stage, "operation": kind.operation, "params": kind.params}
        for name, kind in KINDS.items()
    }
    return web.json_response({"faults": scheduled, "kinds": kinds})


async def drop_faults(request: web.Request) -> web.StreamResponse:
    """DELETE /faults and /faults/{id}."""
    return web.json_response(
        {"removed": request.app[EMULATOR].faults.remove(request.match_info.get("fault_id"))}
    )


async def invoice(request: web.Request) -> web.StreamResponse:
    """GET /invoice: every accepted request that costs money, oldest first, deleted videos included."""
    emulator = request.app[EMULATOR]
    lines = emulator.store.rows(
        "select video_id, key, operation, model, size, seconds, cost_microusd, prompt_sha256, created_at from invoice order by seq"
    )
    totals: Counter[str] = Counter()
    for line in lines:
        totals[line["key"]] += line["cost_microusd"]
    prices = {model.id: dict(model.prices) for model in emulator.profile.models}
    return web.json_response(
        {
            "count": len(lines),
            "total_microusd": sum(totals.values()),
            "totals_by_key": dict(totals),
            "prices_microusd_per_second": prices,
            "lines": lines,
        }
    )


async def show_requests(request: web.Request) -> web.StreamResponse:
    """GET /requests: the last 2,000 requests, oldest first; ?operation= and ?method= narrow it down."""
    wanted = {name: request.query[name] for name in ("operation", "method", "path") if name in request.query}
    entries = [
        entry
        for entry in request.app[EMULATOR].recorder.entries
        if all(entry[name] == value for name, value in wanted.items())
    ]
    return web.json_response({"count": len(entries), "requests": entries})


async def drop_requests(request: web.Request) -> web.StreamResponse:
    """DELETE /requests."""
    entries = request.app[EMULATOR].recorder.entries
    count = len(entries)
    entries.clear()
    return web.json_response({"removed": count})


async def add_endpoint(request: web.Request) -> web.StreamResponse:
    """POST /webhooks/endpoints {"url", "secret"?, "key"?}."""
    data = await _json(request)
    if not isinstance(data, dict) or not isinstance(data.get("url"), str):
        raise Refused("An endpoint needs a 'url'.")
    try:
        row = request.app[EMULATOR].webhooks.add_endpoint(
            data["url"], data.get("secret"), data.get("key"), "control"
        )
    except (ValueError, AttributeError, TypeError) as error:
        raise Refused(str(error)) from error
    return web.json_response(row)


async def show_endpoints(request: web.Request) -> web.StreamResponse:
    """GET /webhooks/endpoints."""
    return web.json_response({"endpoints": request.app[EMULATOR].webhooks.endpoints()})


async def drop_endpoints(request: web.Request) -> web.StreamResponse:
    """DELETE /webhooks/endpoints and /webhooks/endpoints/{id}."""
    store, wanted = request.app[EMULATOR].store, request.match_info.get("endpoint_id")
    count = (
        store.run("delete from endpoints where id = ?", (wanted,))
        if wanted
        else store.run("delete from endpoints")
    )
    return web.json_response({"removed": count})


async def show_deliveries(request: web.Request) -> web.StreamResponse:
    """GET /webhooks/deliveries: newest first."""
    return web.json_response({"deliveries": request.app[EMULATOR].webhooks.deliveries()})


async def move_clock(request: web.Request) -> web.StreamResponse:
    """POST /clock {"advance": seconds} adds to the shift, {"shift": seconds} sets it."""
    emulator, data = request.app[EMULATOR], await _json(request)
    values = [data.get(name) for name in ("advance", "shift")] if isinstance(data, dict) else []
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) != 1 or abs(numbers[0]) > 10**9:
        raise Refused("Give 'advance' or 'shift' in seconds.")
    emulator.clock.shift = numbers[0] + (emulator.clock.shift if "advance" in data else 0.0)
    emulator.store.remember("clock_shift", str(emulator.clock.shift))
    return await show_clock(request)


async def show_clock(request: web.Request) -> web.StreamResponse:
    """GET /clock."""
    clock = request.app[EMULATOR].clock
    return web.json_response({"now": clock.now(), "shift": clock.shift})


async def set_rates(request: web.Request) -> web.StreamResponse:
    """POST /rates {"creates": {model: limit}, "seconds": window}: quotas of creates, in place of the earlier ones."""
    emulator, data = request.app[EMULATOR], await _json(request)
    limits = data.get("creates") if isinstance(data, dict) else None
    seconds = data.get("seconds", 60) if isinstance(data, dict) else 60
    if not isinstance(limits, dict) or not all(
        type(limit) is int and limit >= 0 for limit in limits.values()
    ):
        raise Refused("Give 'creates': a limit for each model.")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds <= 86_400:
        raise Refused("'seconds' is the length of the window.")
    emulator.create_rates.set(limits, float(seconds))
    return web.json_response({"creates": limits, "seconds": seconds})


async def add_file(request: web.Request) -> web.StreamResponse:
    """POST /files {"content_base64"}: a file that input_reference.file_id can name without an upload."""
    emulator, data = request.app[EMULATOR], await _json(request)
    try:
        content = base64.b64decode(data["content_base64"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Refused("A file needs 'content_base64'.") from error
    file_id = f"file-{secrets.token_hex(12)}"
    emulator.store.run(
        "insert into files values (?, ?)", (file_id, emulator.store.keep_upload(content, ".bin"))
    )
    return web.json_response({"id": file_id, "bytes": len(content)})


async def health(request: web.Request) -> web.StreamResponse:
    """GET /health."""
    emulator = request.app[EMULATOR]
    counts = {
        row["status"]: row["n"]
        for row in emulator.store.rows("select status, count(*) as n from videos group by status")
    }
    return web.json_response(
        {
            "status": "ok",
            "version": VERSION,
            "profile": emulator.profile.name,
            "now": emulator.clock.now(),
            "jobs": counts,
        }
    )


async def reset(request: web.Request) -> web.StreamResponse:
    """POST /reset: forget everything but the endpoints of the command line."""
    request.app[EMULATOR].reset()
    return web.json_response({"status": "ok"})


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/faults", add_faults),
    ("GET", "/faults", show_faults),
    ("DELETE", "/faults", drop_faults),
    ("DELETE", "/faults/{fault_id}", drop_faults),
    ("GET", "/invoice", invoice),
    ("GET", "/requests", show_requests),
    ("DELETE", "/requests", drop_requests),
    ("POST", "/webhooks/endpoints", add_endpoint),
    ("GET", "/webhooks/endpoints", show_endpoints),
    ("DELETE", "/webhooks/endpoints", drop_endpoints),
    ("DELETE", "/webhooks/endpoints/{endpoint_id}", drop_endpoints),
    ("GET", "/webhooks/deliveries", show_deliveries),
    ("GET", "/clock", show_clock),
    ("POST", "/clock", move_clock),
    ("POST", "/rates", set_rates),
    ("POST", "/files", add_file),
    ("GET", "/health", health),
    ("POST", "/reset", reset),
)


def control_app(emulator: Emulator) -> web.Application:
    """The control application."""
    app = web.Application(middlewares=[_guard], client_max_size=64 * 1024 * 1024)
    app[EMULATOR] = emulator
    for method, path, handler in _ROUTES:
        app.router.add_route(method, path, handler)
    return app
