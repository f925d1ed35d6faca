"""Write and verify the audit trail. Every action calls record() in its own transaction."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.utils import timezone

from tenants import scope
from tenants.canonical import canonical
from tenants.models import AuditEvent, User

GENESIS = "0" * 64


class HasPublicId(Protocol):
    @property
    def public_id(self) -> str: ...


def actor_ref(by: object) -> str:
    """Who acts, as the trail writes it: user:<id>, guest:<id>, or system:<which worker>."""
    if isinstance(by, User):
        return f"user:{by.pk}"
    if isinstance(by, str):
        return by
    return f"guest:{by.pk}"  # type: ignore[attr-defined]


def chain_hash(prev_hash: str, content: dict[str, Any]) -> str:
    """SHA-256 over the previous link and this link's canonical content."""
    return hashlib.sha256(prev_hash.encode() + b"\n" + canonical(content)).hexdigest()


def _content(
    seq: int, at: datetime, actor: str, action: str, subject: str, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": at.isoformat(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "data": json.loads(canonical(data)),
    }


def lock_chain(name: str, org_id: UUID) -> None:
    """One writer at a time per agency and chain, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{name}:{org_id}"])


def record(action: str, *, by: object, on: HasPublicId | None = None, **data: Any) -> AuditEvent:
    """Append one event to the trail of the agency in scope, inside the caller's transaction.

    `action` is noun.verb in the past (render.submitted). `data` must not hold secrets or personal data.
    """
    org_id = scope.require_org()
    lock_chain("audit", org_id)
    last = AuditEvent.objects.order_by("-seq").values_list("seq", "hash").first()
    seq, prev_hash = (last[0] + 1, last[1]) if last else (1, GENESIS)
    now = timezone.now()
    content = _content(seq, now, actor_ref(by), action, on.public_id if on else "", data)
    link = chain_hash(prev_hash, content)
    del content["at"]
    return AuditEvent.objects.create(**content, happened_at=now, prev_hash=prev_hash, hash=link)


@dataclass(frozen=True)
class Break:
    """Where a chain stops being whole, and how."""

    seq: int
    problem: str


def first_break(events: Iterable[AuditEvent]) -> Break | None:
    """The first event, in order of seq, that was edited, removed or reordered; None when the chain is whole."""
    prev_hash, expected = GENESIS, 1
    for event in events:
        if event.seq != expected:
            return Break(expected, f"event {expected} is missing")
        content = _content(event.seq, event.happened_at, event.actor, event.action, event.subject, event.data)
        if event.prev_hash != prev_hash or event.hash != chain_hash(prev_hash, content):
            return Break(event.seq, f"event {event.seq} was changed after it was written")
        prev_hash, expected = event.hash, expected + 1
    return None
