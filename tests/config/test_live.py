"""Live updates: a raw ASGI client against the app, with the real database behind it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signing
from django.test import Client as Browser

from config import live as app_module
from config.live import Client, Hub
from tenants import live

ORG, OTHER = uuid.UUID(int=5), uuid.UUID(int=6)


class Page:
    """One GET, as a server would hand it to the app."""

    def __init__(self, ticket: str, origin: str | None = None, path: str = "/live") -> None:
        headers = [(b"origin", origin.encode())] if origin else []
        query = f"ticket={ticket}".encode()
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query,
            "headers": headers,
        }
        self.gone = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.news = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        self.news.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def header(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent[1:]).decode()

    async def until(self, text: str) -> None:
        async with asyncio.timeout(5):
            while text not in self.body:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def opened(page: Page) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(app_module.app(page.scope, page.receive, page.send))
    try:
        yield task
    finally:
        page.gone.set()
        async with asyncio.timeout(5):
            await task


def run(test: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with a hub of the test's own, stopped afterwards."""

    async def whole() -> None:
        hub = Hub()
        monkeypatch.setattr(app_module, "hub", hub)
        try:
            await test()
            assert hub.clients == {}
            assert hub.count == 0
        finally:
            await hub.stop()

    asyncio.run(whole())


def _publish(org: uuid.UUID, topic: str, kind: str) -> None:
    live.publish(org, topic, kind)


@pytest.mark.django_db(transaction=True)
def test_a_page_hears_its_topics_and_nothing_of_another_agency(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        narrow = Page(live.ticket(ORG, ["render:1"], 7), origin=settings.PUBLIC_URL)
        broad = Page(live.ticket(ORG, [live.ORG_TOPIC], 8))
        foreign = Page(live.ticket(OTHER, [live.ORG_TOPIC, "render:1"], 9))
        async with opened(narrow), opened(broad), opened(foreign):
            await narrow.until("event: hello")
            while not app_module.hub.is_listening:
                await asyncio.sleep(0.01)
            publish = sync_to_async(_publish)
            await publish(ORG, "render:2", "state")
            await publish(ORG, "render:1", "progress")
            await narrow.until("event: render:1\ndata: progress\n\n")
            await broad.until("event: org\ndata: render:2 state\n\n")
            await broad.until("event: org\ndata: render:1 progress\n\n")
            assert "render:2" not in narrow.body
            assert "render" not in foreign.body
        assert narrow.status == 200
        assert narrow.header[b"content-type"].startswith(b"text/event-stream")
        assert narrow.header[b"access-control-allow-origin"] == settings.PUBLIC_URL.encode()

    run(story, monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_a_person_who_lost_access_is_cut_off_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        out, stays = Page(live.ticket(ORG, ["org"], 7)), Page(live.ticket(ORG, ["org"], 8))
        async with opened(out) as ended, opened(stays) as open_still:
            await stays.until("hello")
            while not app_module.hub.is_listening:
                await asyncio.sleep(0.01)
            await sync_to_async(live.end_streams)(ORG, 7)
            async with asyncio.timeout(5):
                await ended
            assert not open_still.done()

    run(story, monkeypatch)


@pytest.mark.parametrize("bad", ["", "nonsense", "forged", "old"])
def test_a_bad_ticket_is_401_and_readable_by_the_page(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = live.ticket(ORG, ["org"], 7)
    if bad == "forged":
        ticket = ticket[:-1] + ("A" if ticket[-1] != "A" else "B")
    elif bad == "old":
        monkeypatch.setattr(live, "TICKET_SECONDS", -1)
    else:
        ticket = bad

    async def story() -> None:
        page = Page(ticket, origin=settings.PUBLIC_URL)
        async with opened(page):
            pass
        assert page.status == 401
        # Without this header the page could not tell an old ticket from a network that is down.
        assert b"access-control-allow-origin" in page.header

    run(story, monkeypatch)


def test_another_sites_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        page = Page(live.ticket(ORG, ["org"], 7), origin="https://evil.example")
        async with opened(page):
            pass
        assert page.status == 403

    run(story, monkeypatch)


def test_a_page_that_takes_nothing_is_dropped_and_costs_bounded_memory() -> None:
    async def story() -> None:
        hub, client = Hub(), Client(live.read_ticket(live.ticket(ORG, ["org"], 7)))
        with hub.joined(client):
            for number in range(1000):
                hub.deliver(f'{{"org": "{ORG}", "topic": "render:{number}", "kind": "state"}}')
            assert client.is_closed
            assert client.queue.qsize() <= app_module.QUEUE_EVENTS
            assert await client.take() is None

    asyncio.run(story())


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "nonsense",
        "[]",
        "7",
        "{}",
        '{"org": 1}',
        f'{{"org": "{ORG}", "topic": "org\\ndata: x", "kind": "y"}}',
    ],
)
def test_a_malformed_notification_reaches_nobody(payload: str) -> None:
    async def story() -> None:
        hub, client = Hub(), Client(live.read_ticket(live.ticket(ORG, ["org"], 7)))
        with hub.joined(client):
            hub.deliver(payload)
            assert client.queue.empty()

    asyncio.run(story())


def test_a_ticket_says_whose_and_which_and_no_more_than_fifty() -> None:
    read = live.read_ticket(live.ticket(ORG, ["b", "a", "a"], 7))
    assert (read.org, read.topics, read.user) == (str(ORG), frozenset({"a", "b"}), "7")
    with pytest.raises(ValueError, match="at most 50"):
        live.ticket(ORG, [str(n) for n in range(51)], 7)
    # Something else that we signed is no ticket.
    with pytest.raises(live.BadTicket):
        live.read_ticket(signing.dumps([str(ORG), ["org"], "7"]))


@pytest.mark.django_db
def test_an_outsider_gets_no_ticket(client: Browser) -> None:
    assert client.get("/a/nobodys-agency/live/ticket").status_code == 302
