"""The Videos API over httpx: no retry of a create, no redirects, a limit on every time and every byte."""

import functools
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from renders.providers import normalise
from renders.providers.encoding import data_url, encoded, segment
from renders.providers.errors import Ambiguous, Gone, RateLimited, Refused, Retired, Unexpected, Unreachable
from renders.providers.headers import limits_of, retry_after
from renders.providers.port import (
    CharacterRequest,
    Content,
    CreateRequest,
    Doorway,
    Limits,
    Page,
    Picture,
    ProviderCharacter,
    SafetyVerdict,
    Variant,
    Video,
)
from renders.providers.wire import Wire

MAX_JSON = 4 * 1024 * 1024  # bytes of one JSON answer; a hundred videos with long prompts fit
MAX_CONTENT = 4 * 1024 * 1024 * 1024  # bytes of one download
CALL_SECONDS = 60.0  # from the first byte of a call to the last, however slowly they come
CONTENT_SECONDS = 900.0
_TIMEOUT = httpx.Timeout(connect=5.0, read=30.0, write=30.0, pool=5.0)

# Failures in which not one byte of the request can have reached the provider.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

# An error's type that means the key, whatever the status: a proxy without a database answers a wrong key with 400.
_KEY_TYPES = {"no_db_connection", "auth_error", "authentication_error"}

Made = TypeVar("Made", Video, ProviderCharacter)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The authorities we trust. Reading them takes 30 ms of processor time: once a process, not once a call."""
    return httpx.create_ssl_context()


class VideosApi:
    """One account's client. Not shared between threads; close() when done."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        wire: Wire | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._wire = wire or Wire()
        self.limits = Limits()
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "dailies/1"},
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            transport=transport or httpx.HTTPTransport(retries=0, verify=_certificates()),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def create(self, request: CreateRequest, *, doorway: Doorway | None = None) -> Video:
        """One POST that makes a video: create, remix, edit or extend.

        Raises Unreachable or Withheld only when nothing was sent; Ambiguous when it may have been accepted.
        """
        with encoded(request, self._wire) as call:
            return _created(self._create(call.path, call.body, doorway), normalise.video)

    def create_character(
        self, request: CharacterRequest, *, doorway: Doorway | None = None
    ) -> ProviderCharacter:
        """POST /videos/characters, once, multipart. Raises what create() raises.

        The protocol has no list of characters and cannot delete one: what an unanswered call made stays unknown.
        """
        with request.video.open("rb") as file:
            form = [("name", (None, request.name)), ("video", ("character.mp4", file, "video/mp4"))]
            return _created(self._create("videos/characters", {"files": form}, doorway), normalise.character)

    def retrieve_character(self, character_id: str) -> ProviderCharacter:
        """GET /videos/characters/{id}."""
        status, headers, body = self._call("GET", f"videos/characters/{segment(character_id)}")
        _raise_for_read(status, headers, body)
        return normalise.character(_json(body))

    def _create(self, path: str, body: dict[str, Any], doorway: Doorway | None) -> bytes:
        """One POST that makes something; the body of a yes."""
        try:
            with _guarded(doorway) as extensions:
                status, headers, answer = self._call("POST", path, **body, extensions=extensions)
        except Unexpected as error:
            raise Ambiguous(str(error), detail=error.detail) from error
        _raise_for_create(status, headers, answer)
        return answer

    def moderate(
        self, text: str, *, picture: Picture | None = None, doorway: Doorway | None = None
    ) -> SafetyVerdict:
        """POST /moderations for a prompt, with the image that the clip opens with: one verdict for both.

        An answer that cannot be read is Unexpected: nothing passes by it.
        """
        given: Any = text
        if picture is not None:
            image = {"type": "image_url", "image_url": {"url": data_url(picture)}}
            given = [{"type": "text", "text": text}, image]
        with _guarded(doorway) as extensions:
            status, headers, body = self._call(
                "POST", "moderations", json={"input": given}, extensions=extensions
            )
        _raise_for_read(status, headers, body)
        return normalise.safety_verdict(_json(body))

    def retrieve(self, video_id: str) -> Video:
        """GET /videos/{id}. Some servers answer a failed job with 4xx or 5xx and a Video body: that counts."""
        status, headers, body = self._call("GET", f"videos/{segment(video_id)}")
        try:
            return normalise.video(_json(body))
        except Unexpected:
            _raise_for_read(status, headers, body)
            raise

    def list_videos(self, *, after: str | None = None, limit: int = 100) -> Page:
        """GET /videos, newest first."""
        params = {"limit": str(limit), "order": "desc"} | ({"after": after} if after else {})
        status, headers, body = self._call("GET", "videos", params=params)
        _raise_for_read(status, headers, body)
        return normalise.page(_json(body), limit=limit)

    def delete(self, video_id: str) -> None:
        """DELETE /videos/{id}. Gone counts as deleted for the caller to decide."""
        status, headers, body = self._call("DELETE", f"videos/{segment(video_id)}")
        _raise_for_read(status, headers, body)

    def models(self) -> list[str]:
        """GET /models: the ids."""
        status, headers, body = self._call("GET", "models")
        _raise_for_read(status, headers, body)
        data = _json(body)
        if not isinstance(data, dict) or not isinstance(data.get("data"), list):
            raise Unexpected("The provider's list of models has no data.", detail=data)
        return [str(item.get("id")) for item in data["data"] if isinstance(item, dict) and item.get("id")]

    @contextmanager
    def content(self, video_id: str, variant: Variant) -> Iterator[Content]:
        """GET /videos/{id}/content as a stream. Raises while reading, too: Unreachable, Unexpected."""
        # Some servers take any `variant` for an index and answer 404: the plain video is asked for without one.
        params = {} if variant is Variant.VIDEO else {"variant": variant.value}
        path = f"videos/{segment(video_id)}/content"
        with _translated():
            with self._client.stream("GET", path, params=params) as response:
                if response.status_code != 200:
                    body = _bounded(response, MAX_JSON, time.monotonic() + CALL_SECONDS)
                    _raise_for_read(response.status_code, response.headers, body)
                length = response.headers.get("content-length", "")
                yield Content(
                    content_type=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
                    length=int(length) if length.isdecimal() else None,
                    chunks=_chunks(response, MAX_CONTENT, time.monotonic() + CONTENT_SECONDS),
                )

    def _call(self, method: str, path: str, **kwargs: Any) -> tuple[int, httpx.Headers, bytes]:
        with _translated(), self._client.stream(method, path, **kwargs) as response:
            self.limits = limits_of(response.headers)
            body = _bounded(response, MAX_JSON, time.monotonic() + CALL_SECONDS)
            return response.status_code, response.headers, body


@contextmanager
def _guarded(doorway: Doorway | None) -> Iterator[dict[str, Any]]:
    """The request's extensions that lead it through the doorway, when there is one."""
    if doorway is None:
        yield {}
        return
    with ExitStack() as passing:

        def trace(event: str, _info: object) -> None:
            # The connection stands by now: whoever holds the doorway waits for a few packets, not for a provider.
            if event == "http11.send_request_headers.started":
                passing.enter_context(doorway())
            elif event.startswith("http11.send_request_headers."):
                passing.close()

        yield {"trace": trace}


@contextmanager
def _translated() -> Iterator[None]:
    """Let no httpx error out: not sent is Unreachable, anything else may have been accepted."""
    try:
        yield
    except _NOT_SENT as error:
        raise Unreachable(
            f"The provider cannot be reached ({type(error).__name__}).", detail=str(error)
        ) from error
    except httpx.HTTPError as error:
        raise Ambiguous(f"The connection broke ({type(error).__name__}).", detail=str(error)) from error


def _chunks(response: httpx.Response, limit: int, deadline: float) -> Iterator[bytes]:
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        if received > limit:
            raise Unexpected(f"The provider sent more than {limit} bytes.")
        if time.monotonic() > deadline:
            raise Unexpected("The provider's answer took too long.")
        yield chunk


def _bounded(response: httpx.Response, limit: int, deadline: float) -> bytes:
    return b"".join(_chunks(response, limit, deadline))


def _json(body: bytes) -> object:
    """Decoded, without what PostgreSQL's jsonb and text refuse: NaN, infinities and NUL."""
    try:
        return json.loads(body.replace(b"\\u0000", b""), parse_constant=lambda _name: None)
    except (ValueError, RecursionError) as error:
        raise Unexpected(
            "The provider's answer is not JSON.",
            detail=body[:500].decode("utf-8", "replace").replace("\x00", ""),
        ) from error


@dataclass(frozen=True)
class _Said:
    """What an error body says, in any of the shapes that are seen. `detail` is all of it, for staff."""

    code: str = ""
    kind: str = ""
    message: str = ""
    detail: object = None


def _said(body: bytes) -> _Said:
    try:
        data: Any = _json(body)
    except Unexpected as nonsense:
        return _Said(detail=nonsense.detail)
    error = data.get("error", data.get("detail", data)) if isinstance(data, dict) else data
    if not isinstance(error, dict):
        return _Said(message=str(error), detail=error)
    message = str(error.get("message") or "")
    # A proxy puts the vendor's own error, as JSON, into the sentence that it makes of it.
    inner = _quoted_error(message)
    if inner is not None:
        return _Said(
            str(inner.get("code") or ""), str(inner.get("type") or ""), str(inner.get("message") or ""), inner
        )
    return _Said(str(error.get("code") or ""), str(error.get("type") or ""), message, error)


def _quoted_error(message: str) -> dict[str, Any] | None:
    start = message.find('{"error"')
    if start < 0:
        return None
    try:
        found, _end = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError):
        return None
    inner = found.get("error")
    return inner if isinstance(inner, dict) else None


def _created(body: bytes, read: Callable[[object], Made]) -> Made:
    """What a yes says was made. Nonsense after a yes is Ambiguous: something was made, and nobody can name it."""
    try:
        return read(_json(body))
    except Unexpected as error:
        raise Ambiguous(
            "The provider accepted, but its answer makes no sense.", detail=error.detail
        ) from error


def _raise_for_create(status: int, headers: httpx.Headers, body: bytes) -> None:
    if status in {200, 201, 202}:
        return
    said = _said(body)
    text, detail = said.message or f"The provider answered {status}.", said.detail
    if status == 429:
        raise RateLimited(text, retry_after=retry_after(headers), detail=detail, status=status)
    if status == 410:
        raise Retired(text, detail=detail, status=status)
    if normalise.is_policy(said.code, said.message):
        raise Refused(text, reason=Refused.POLICY, detail=detail, status=status)
    if status in {401, 402, 403} or said.kind in _KEY_TYPES:
        raise Refused(text, reason=Refused.ACCESS, detail=detail, status=status)
    # 408 and 409 may come from a proxy in between, after the request went through.
    if 400 <= status < 500 and status not in {408, 409}:
        raise Refused(text, reason=Refused.INVALID, detail=detail, status=status)
    raise Ambiguous(text, detail=detail, status=status)


def _raise_for_read(status: int, headers: httpx.Headers, body: bytes) -> None:
    if status == 200:
        return
    said = _said(body)
    text, detail = said.message or f"The provider answered {status}.", said.detail
    if status in {404, 410}:
        raise Gone(text, detail=detail, status=status)
    if status == 429:
        raise RateLimited(text, retry_after=retry_after(headers), detail=detail, status=status)
    if status in {401, 402, 403} or said.kind in _KEY_TYPES:
        raise Refused(text, reason=Refused.ACCESS, detail=detail, status=status)
    if 400 <= status < 500:
        raise Refused(text, reason=Refused.INVALID, detail=detail, status=status)
    raise Unexpected(text, detail=detail, status=status)
