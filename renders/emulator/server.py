"""The two web applications and the life of the process."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import secrets
import signal
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from renders.emulator.api import ROUTES, gated, refusal
from renders.emulator.control import control_app
from renders.emulator.dialects import DIALECTS
from renders.emulator.errors import ApiError, error_body
from renders.emulator.state import EMULATOR, Emulator, Settings, build
from renders.emulator.submits import create_at_half_price

log = logging.getLogger("emulator")

# The longest data URL allowed, plus room for the rest; uploads of clips are larger than images.
_MAX_BODY = 256 * 1024 * 1024


_LONG_ID = re.compile(r"((?:video|char)_[0-9a-f]{11})[0-9a-f]+")


class PortInUse(Exception):
    """Somebody else listens there."""


@web.middleware
async def _frame(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Record, name and log a request, and turn every refusal into an error body."""
    emulator = request.app[EMULATOR]
    begun = time.perf_counter()
    request["id"] = f"req_{secrets.token_hex(16)}"
    entry = request["entry"] = emulator.recorder.begin(request)
    try:
        response = await handler(request)
    except ApiError as error:
        response = refusal(request.get("dialect", emulator.dialect), error)
    except web.HTTPNotFound:
        message = f"Unknown request URL: {request.method} {request.path[:200]}."
        response = web.json_response(
            error_body(message, "invalid_request_error", None, "unknown_url"), status=404
        )
    except web.HTTPMethodNotAllowed as error:
        message = f"Not allowed to {request.method} on {request.path[:200]}."
        body = error_body(message, "invalid_request_error", None, "method_not_supported")
        response = web.json_response(body, status=405, headers={"allow": error.headers.get("allow", "")})
    except web.HTTPException as error:
        response = web.json_response(error_body(error.reason, "invalid_request_error"), status=error.status)
    except Exception:
        log.exception("%s %s", request.method, request.path)
        response = web.json_response(error_body("The server had an error.", "server_error"), status=500)
    entry["status"] = response.status
    fault = f" [{entry['fault']}]" if entry["fault"] else ""
    log.info(
        "%s %s %s%s %.0f ms",
        request.method,
        _LONG_ID.sub(r"\1…", request.path)[:80],
        response.status,
        fault,
        (time.perf_counter() - begun) * 1000,
    )
    return response


async def _stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Headers that every reply has."""
    response.headers["x-request-id"] = request.get("id", f"req_{secrets.token_hex(16)}")
    window, who = request.get("rates") or (request.app[EMULATOR].rate, request.get("key"))
    for name, value in window.headers(who).items():
        response.headers.setdefault(name, value)


def public_app(emulator: Emulator) -> web.Application:
    """The application under /v1, and under /as/DIALECT/v1."""
    app = web.Application(middlewares=[_frame], client_max_size=_MAX_BODY)
    app[EMULATOR] = emulator
    for method, path, name, operation in ROUTES:
        app.router.add_route(method, path, gated(name, operation))
        # Any dialect by its address, whatever the profile: one process serves tests of all of them.
        for dialect in DIALECTS.values():
            app.router.add_route(method, f"/as/{dialect.name}{path}", gated(name, operation, dialect))
    app.on_response_prepare.append(_stamp)
    return app


async def _listen(runner: web.AppRunner, host: str, port: int, option: str) -> int:
    """Start listening; returns the port (chosen by the system for 0). Raises PortInUse."""
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=512)
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} on {host} is in use: stop the program that holds it, or choose another with {option}."
            ) from error
        raise PortInUse(
            f"Cannot listen on {host}:{port} ({error.strerror or error}): choose another with {option} or --host."
        ) from error
    return int(runner.addresses[-1][1])


async def serve(
    settings: Settings, host: str, port: int, control_port: int, endpoints: list[tuple[str, str | None]]
) -> None:
    """Run until SIGTERM or SIGINT. Raises PortInUse before anything is touched."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    emulator = build(settings)
    emulator.store.run("delete from endpoints where source = 'cli'")
    for url, secret in endpoints:
        emulator.webhooks.add_endpoint(url, secret, None, "cli")
    public = web.AppRunner(public_app(emulator), access_log=None, shutdown_timeout=0.3)
    control = web.AppRunner(control_app(emulator), access_log=None, shutdown_timeout=0.3)
    try:
        bound = await _listen(public, host, port, "--port")
        # The control surface has no key, so it never leaves this machine.
        steering = await _listen(
            control, "127.0.0.1", control_port or (bound + 1 if port else 0), "--control-port"
        )
        if not settings.canned:
            emulator.pool.warm()
        resumed = emulator.runner.resume()
        emulator.batches.resume(emulator, create_at_half_price)
        emulator.webhooks.resume()
        log.info(
            "listening on http://%s:%d/v1, control on http://127.0.0.1:%d%s",
            host,
            bound,
            steering,
            f", {resumed} jobs resumed" if resumed else "",
        )
        await stop.wait()
        log.info("stopping")
    finally:
        await emulator.batches.close()
        await emulator.runner.close()
        await emulator.webhooks.close()
        await asyncio.gather(public.cleanup(), control.cleanup())
        emulator.pool.close()
        emulator.store.close()
