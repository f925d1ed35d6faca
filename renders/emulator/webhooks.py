"""Signed webhooks, Standard Webhooks style: queued in the database, retried with back-off, never followed.

``webhook-id`` (wh_…) names the delivery and stays the same over its retries; the body's own id (evt_…) is
another one. Signature: base64 HMAC-SHA256 over ``id.timestamp.body``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
import secrets
from typing import Any

import aiohttp

from renders.emulator.clock import Clock
from renders.emulator.faults import Faults
from renders.emulator.jobs import Job
from renders.emulator.store import Store

log = logging.getLogger("emulator")

# Seconds between tries (divided by the speed); the last one repeats until 72 hours are over.
BACKOFF = (1, 5, 30, 120, 600, 1800, 7200)
GIVE_UP_AFTER = 72 * 3600
_REPLY_TIMEOUT = 5.0
_AT_ONCE = 16


def new_secret() -> str:
    """A fresh signing secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key inside ``whsec_…``. Raises ValueError with a sentence."""
    try:
        if not secret.startswith("whsec_"):
            raise ValueError
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("A webhook secret is 'whsec_' and base64.") from error


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of the ``webhook-signature`` header."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()).decode()


def headers_for(
    secret: str, webhook_id: str, timestamp: int, body: bytes, forge: dict[str, Any] | None
) -> dict[str, str]:
    """Delivery headers, right or forged."""
    variant = forge["variant"] if forge else None
    if variant == "stale":
        timestamp -= 3600
    headers = {"content-type": "application/json", "user-agent": "videos-emulator-webhooks/1"}
    if variant == "unsigned":
        return headers
    signature = sign(new_secret() if variant == "signature" else secret, webhook_id, timestamp, body)
    if variant == "garbage":
        signature = "v1,not base64 at all"
    return {
        **headers,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }


class Webhooks:
    """The list of endpoints and the deliveries under way."""

    def __init__(self, store: Store, faults: Faults, clock: Clock, speed: float) -> None:
        self._store, self._faults, self._clock, self._speed = store, faults, clock, speed
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        # Deliveries held back by a reorder fault; the next one that goes out releases them.
        self._held: list[asyncio.Event] = []

    def add_endpoint(self, url: str, secret: str | None, key: str | None, source: str) -> dict[str, Any]:
        """Register an endpoint. ``key`` None means the events of every key."""
        secret = secret or new_secret()
        secret_bytes(secret)
        if not url.startswith(("http://", "https://")):
            raise ValueError("A webhook URL begins with http:// or https://.")
        # An endpoint of the command line keeps its id over a restart, for the deliveries that still wait for it.
        named = hashlib.sha256(url.encode()).hexdigest()[:16] if source == "cli" else secrets.token_hex(8)
        row = {"id": f"we_{named}", "url": url, "secret": secret, "key": key}
        self._store.run("insert or replace into endpoints values (?, ?, ?, ?, ?)", (*row.values(), source))
        return row

    def endpoints(self) -> list[dict[str, Any]]:
        """All endpoints."""
        return self._store.rows("select id, url, secret, key from endpoints")

    def announce(self, job: Job) -> None:
        """Queue the event of a job that has ended, once per endpoint that wants it; some servers have no events."""
        if "unannounced" in job.quirks:
            return
        event_id = f"evt_{secrets.token_hex(16)}"
        event = {
            "id": event_id,
            "object": "event",
            "created_at": int(self._clock.now()),
            "type": f"video.{job.status}",
            "data": {"id": job.id},
        }
        quirks = self._faults.for_webhook(job.operation, job.prompt, job.key, job.id)
        for endpoint in self.endpoints():
            if endpoint["key"] not in (None, job.key):
                continue
            webhook_id, now = f"wh_{secrets.token_hex(16)}", self._clock.wall()
            status = "dropped" if "webhook_drop" in quirks else "pending"
            self._store.run(
                "insert into deliveries (webhook_id, event_id, video_id, endpoint_id, body, status, attempts, first_wall, next_wall)"
                " values (?, ?, ?, ?, ?, ?, 0, ?, ?)",
                (webhook_id, event_id, job.id, endpoint["id"], json.dumps(event), status, now, now),
            )
            if status == "pending":
                self._spawn(webhook_id, quirks)

    def resume(self) -> None:
        """Take up what a former process left undelivered."""
        for row in self._store.rows("select webhook_id from deliveries where status = 'pending'"):
            self._spawn(row["webhook_id"], {})

    def deliveries(self) -> list[dict[str, Any]]:
        """The last thousand deliveries, newest first."""
        return self._store.rows(
            "select webhook_id, event_id, video_id, endpoint_id, status, attempts, last_result from deliveries order by seq desc limit 1000"
        )

    async def close(self) -> None:
        """Stop; what is pending stays pending in the database."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def cancel(self) -> None:
        """Drop every delivery under way."""
        for task in self._tasks:
            task.cancel()
        self._held.clear()

    def _spawn(self, webhook_id: str, quirks: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(webhook_id, quirks))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, webhook_id: str, quirks: dict[str, Any]) -> None:
        """Try until it is taken or given up."""
        if "webhook_delay" in quirks:
            await asyncio.sleep(quirks["webhook_delay"]["seconds"])
        if "webhook_reorder" in quirks:
            await self._hold(quirks["webhook_reorder"]["hold_seconds"])
        for _ in range(quirks.get("webhook_duplicate", {}).get("times", 0)):
            await self._attempt(webhook_id, quirks.get("webhook_forge"))
        while True:
            found = self._store.rows(
                "select * from deliveries where webhook_id = ? and status = 'pending'", (webhook_id,)
            )
            if not found and "webhook_duplicate" not in quirks:
                return
            if found:
                await asyncio.sleep(max(0.0, found[0]["next_wall"] - self._clock.wall()))
            taken = await self._attempt(webhook_id, quirks.get("webhook_forge"))
            if taken or not found:
                return

    async def _hold(self, longest: float) -> None:
        event = asyncio.Event()
        self._held.append(event)
        try:
            await asyncio.wait_for(event.wait(), longest)
        except TimeoutError:
            pass
        finally:
            if event in self._held:
                self._held.remove(event)

    async def _attempt(self, webhook_id: str, forge: dict[str, Any] | None) -> bool:
        """One try, recorded. True when there is nothing more to do."""
        found = self._store.rows(
            "select d.*, e.url, e.secret from deliveries d left join endpoints e on e.id = d.endpoint_id where webhook_id = ?",
            (webhook_id,),
        )
        if not found or found[0]["url"] is None:
            return True
        row = found[0]
        result = await self._post(row, forge)
        is_taken = result.isdigit() and 200 <= int(result) < 300
        now = self._clock.wall()
        wait = BACKOFF[min(row["attempts"], len(BACKOFF) - 1)] / self._speed
        given_up = now + wait - row["first_wall"] > GIVE_UP_AFTER
        status = (
            "delivered" if is_taken or row["status"] == "delivered" else "given up" if given_up else "pending"
        )
        self._store.run(
            "update deliveries set attempts = attempts + 1, status = ?, next_wall = ?, last_result = ? where webhook_id = ?",
            (status, now + wait, result, webhook_id),
        )
        log.info("webhook %s for %s: %s", webhook_id[:11], row["video_id"][:16], result)
        if is_taken:
            for event in self._held:
                event.set()
        return status != "pending"

    async def _post(self, row: dict[str, Any], forge: dict[str, Any] | None) -> str:
        """Send; the status as text, or the error's name. Redirects count as what they are: not 2xx."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_REPLY_TIMEOUT))
        body = row["body"].encode()
        headers = headers_for(row["secret"], row["webhook_id"], int(self._clock.wall()), body, forge)
        try:
            async with (
                self._gate,
                self._session.post(row["url"], data=body, headers=headers, allow_redirects=False) as reply,
            ):
                return str(reply.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return type(error).__name__
