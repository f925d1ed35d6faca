"""Speaks to a Videos API server without any of the product's code: plain httpx, a cap on what may be bought, short names."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

PROMPT = "A paper boat drifts over a still lake at dawn"


class Spent(Exception):
    """One more job would pass the cap."""


class Broken(Exception):
    """The server cannot be examined any further."""


@dataclass
class Server:
    """A server under examination. `most_jobs` bounds how many requests that may be charged are sent."""

    base_url: str
    key: str
    most_jobs: int
    seconds_to_wait: float = 300.0
    http: httpx.Client = field(init=False)
    jobs: int = 0
    words: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.http = self._client(self.key)

    def _client(self, key: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.base_url.rstrip("/") + "/", headers=headers, timeout=60)

    def stranger(self) -> httpx.Client:
        """Somebody with another key."""
        return self._client("sk-this-key-is-wrong")

    def buy(self, path: str, **body: Any) -> httpx.Response:
        """A POST that may cost money. Raises Spent."""
        if self.jobs >= self.most_jobs:
            raise Spent
        self.jobs += 1
        reply = self.http.post(path, **body)
        if reply.status_code >= 300:
            # A refusal costs nothing.
            self.jobs -= 1
        return reply

    def ended(self, video_id: str) -> httpx.Response:
        """Poll until the status is a final one. Raises Broken past the time to wait."""
        deadline, pause = time.monotonic() + self.seconds_to_wait, 0.05
        while time.monotonic() < deadline:
            reply = self.http.get(f"videos/{video_id}")
            body = body_of(reply)
            word = str(body.get("status", ""))
            self.words.add(word)
            if word.strip().lower() in {
                "completed", "succeeded", "succeed", "success", "done", "failed", "failure", "error", "cancelled",
                "canceled", "expired",
            }:  # fmt: skip
                return reply
            if not word and reply.status_code >= 400:
                raise Broken(f"GET of a job answers {reply.status_code}: {reply.text[:200]}")
            time.sleep(pause)
            pause = min(pause * 1.5, 5.0)
        raise Broken(f"A job did not end within {self.seconds_to_wait:.0f} s.")


def body_of(reply: httpx.Response) -> dict[str, Any]:
    """The decoded body, or nothing when it is no object."""
    with contextlib.suppress(ValueError):
        found = reply.json()
        if isinstance(found, dict):
            return found
    return {}


def as_form(fields: dict[str, Any]) -> list[tuple[str, Any]]:
    """Multipart without a file."""
    return [(name, (None, str(value))) for name, value in fields.items()]


def no(reply: httpx.Response) -> str:
    """How an operation that is not there is answered, in two words."""
    return f"no ({reply.status_code})"


@contextlib.contextmanager
def closing(client: httpx.Client) -> Iterator[httpx.Client]:
    """Close it."""
    try:
        yield client
    finally:
        client.close()
