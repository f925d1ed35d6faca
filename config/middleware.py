"""One log line per request, and the request's id on every line that is written while it runs."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

log = structlog.get_logger("dailies.request")

_GIVEN_ID = re.compile(r"[A-Za-z0-9\-]{8,64}")
_QUIET = ("/health/", "/static/")


class RequestLogMiddleware:
    """Binds request_id for the request's time and writes the access line when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A proxy's id is kept when it looks like one; anything else could forge log lines.
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            self._write(request, response, time.perf_counter() - started)
        finally:
            structlog.contextvars.clear_contextvars()
        return response

    def _write(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        if request.path.startswith(_QUIET) and response.status_code < 400:
            return
        user = getattr(request, "user", None)
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            bytes=len(response.content) if isinstance(response, HttpResponse) else None,
            # The session is read only if the view read it: asking here would cost a query per request.
            user=user.pk if user is not None and "_wrapped" in vars(user) and _is_loaded(user) else None,
        )


class FormOnlyMiddleware:
    """Words for whoever reloads the address that a form was sent to, where a browser would show a page of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or request.method != "GET":
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


def _is_loaded(user: object) -> bool:
    """Whether the lazy user behind `request.user` was looked up already."""
    wrapped = vars(user).get("_wrapped")
    return hasattr(wrapped, "pk")
