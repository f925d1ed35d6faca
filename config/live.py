"""Live updates: `GET /live?ticket=…` is a stream of server-sent events, one small process for thousands of pages.

Raw ASGI on purpose: a Django view would pin a thread and a database connection per open page. This process has
one database connection, which LISTENs. What it sends are hints; pages fetch the content from Django, which asks
who they are. docs/live.md describes the other end.
"""

import asyncio
import contextlib
import json
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.postgres.settings import connect_arguments
from tenants.live import CHANNEL, END, ORG_TOPIC, BadTicket, Ticket, read_ticket

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HEARTBEAT_SECONDS = 15
# A page that does not take its events for so long is dropped; it connects again and fetches everything.
QUEUE_EVENTS = 64
# Nobody hears longer than this without a new ticket, which Django gives only to who may still have one.
STREAM_SECONDS = 30 * 60
MOST_CLIENTS = 20_000
_HELLO = b"event: hello\ndata: connected\n\n"
_HEARTBEAT = b": still here\n\n"


class Client:
    """One open page: what it may hear, and what it has not taken yet."""

    __slots__ = ("ends_at", "is_closed", "queue", "ticket")

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_EVENTS)
        self.is_closed = False
        # Spread, so that a restart of this process does not make all pages come back at once for ever.
        self.ends_at = time.monotonic() + STREAM_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311

    def put(self, data: bytes) -> None:
        """Queue an event. A full queue ends the stream."""
        if self.is_closed:
            return
        try:
            self.queue.put_nowait(data)
        except asyncio.QueueFull:
            self.close()

    def close(self) -> None:
        """End the stream after what is queued; what a slow page has not taken is thrown away."""
        if self.is_closed:
            return
        self.is_closed = True
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)

    async def take(self) -> bytes | None:
        """Everything that is queued, as one piece; None at the end."""
        parts = [await self.queue.get()]
        while parts[-1] is not None and not self.queue.empty():
            parts.append(self.queue.get_nowait())
        if parts[-1] is None:
            # A dropped page has to fetch everything anyway.
            return None
        return b"".join(part for part in parts if part is not None)


class Hub:
    """All open pages of this process, by agency, and the one database connection that feeds them."""

    def __init__(self) -> None:
        self.clients: dict[str, set[Client]] = {}
        self.count = 0
        self.is_listening = False
        self._tasks: list[asyncio.Task[None]] = []

    def ensure_started(self) -> None:
        """Start listening with the first request: before it there is no event loop."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        """End every stream and stop listening."""
        for client in self.everybody():
            client.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    @contextlib.contextmanager
    def joined(self, client: Client) -> Iterator[None]:
        """The client hears events inside."""
        group = self.clients.setdefault(client.ticket.org, set())
        group.add(client)
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1
            group.discard(client)
            if not group:
                self.clients.pop(client.ticket.org, None)

    def everybody(self) -> list[Client]:
        return [client for group in self.clients.values() for client in group]

    def deliver(self, payload: str) -> None:
        """Hand one notification to the pages that may hear it. Anything malformed is ignored."""
        try:
            event = json.loads(payload)
            org, topic, kind = str(event["org"]), str(event["topic"]), str(event["kind"])
        except (ValueError, KeyError, TypeError):
            return
        if "\n" in topic + kind or "\r" in topic + kind:
            return
        exact = f"event: {topic}\ndata: {kind}\n\n".encode()
        broad = f"event: {ORG_TOPIC}\ndata: {topic} {kind}\n\n".encode()
        for client in list(self.clients.get(org, ())):
            if kind == END:
                if topic == f"user:{client.ticket.user}":
                    client.close()
                continue
            if topic in client.ticket.topics:
                client.put(exact)
            if ORG_TOPIC in client.ticket.topics:
                client.put(broad)

    async def _listen(self) -> None:
        pause = 0.2
        while True:
            try:
                arguments = connect_arguments(settings.DATABASES["default"]) | {
                    "application_name": "dailies-live"
                }
                connection = await psycopg.AsyncConnection.connect(**arguments, autocommit=True)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.is_listening = True
                    pause = 0.2
                    # Whatever happened while nobody listened is made good by fetching.
                    self._tell_everybody(_HELLO)
                    await self._follow(connection)
            except psycopg.Error:
                self.is_listening = False
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def _follow(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            async for notification in connection.notifies(timeout=30):
                self.deliver(notification.payload)
            # Nothing for a while: is the server still there?
            await connection.execute("SELECT 1")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            now = time.monotonic()
            for client in self.everybody():
                if now > client.ends_at:
                    client.close()
                else:
                    client.put(_HEARTBEAT)

    def _tell_everybody(self, data: bytes) -> None:
        for client in self.everybody():
            client.put(data)


hub = Hub()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI entry: /live, /health/live and /health/ready."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    hub.ensure_started()
    path = scope["path"]
    if path == "/live" and scope["method"] == "GET":
        await _live(scope, receive, send)
    elif path == "/health/live":
        await _answer(send, 200, "alive\n")
    elif path == "/health/ready":
        await _answer(send, *((200, "ready\n") if hub.is_listening else (503, "database\n")))
    else:
        await _answer(send, 404, "not here\n")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.ensure_started()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _live(scope: Scope, receive: Receive, send: Send) -> None:
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and origin != settings.PUBLIC_URL:
        await _answer(send, 403, "another site's page\n")
        return
    allowed = [(b"access-control-allow-origin", settings.PUBLIC_URL.encode()), (b"vary", b"origin")]
    try:
        ticket = read_ticket(parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0])
    except BadTicket as error:
        await _answer(send, 401, f"{error}\n", allowed)
        return
    if hub.count >= MOST_CLIENTS:
        await _answer(send, 503, "too many streams\n", [*allowed, (b"retry-after", b"30")])
        return
    client = Client(ticket)
    with hub.joined(client):
        watch = asyncio.ensure_future(_close_when_gone(client, receive))
        try:
            await _stream(client, send, allowed)
        finally:
            watch.cancel()


async def _stream(client: Client, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    streaming = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": streaming + headers})
    # `retry` is for browsers that connect again by themselves before the page has a new ticket.
    await send({"type": "http.response.body", "body": b"retry: 3000\n" + _HELLO, "more_body": True})
    while (data := await client.take()) is not None:
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _close_when_gone(client: Client, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.close()


async def _answer(
    send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": plain + (headers or [])})
    await send({"type": "http.response.body", "body": text.encode()})
