"""Tell open pages that something changed. The payload holds ids only; a page fetches what it may see.

A page opens its stream at the live process with a ticket, which says whose events and which topics it may hear.
docs/live.md describes both ends.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.db import connection

CHANNEL = "dailies_live"
# A ticket only has to last from the page to the first connection.
TICKET_SECONDS = 60
# Hears every event of the agency.
ORG_TOPIC = "org"
# Closes the streams of one person instead of reaching a page; see end_streams().
END = "end"
_SALT = "dailies.live"
_MOST_TOPICS = 50


class BadTicket(ValueError):
    """The ticket was not made by us, or is too old."""


@dataclass(frozen=True)
class Ticket:
    """What a stream may hear. `user` is a user's id, or what the portal calls its guest."""

    org: str
    topics: frozenset[str]
    user: str


def ticket(org_id: UUID, topics: Iterable[str], user_id: object) -> str:
    """A signed pass for one stream, to be used within TICKET_SECONDS. Raises ValueError for too many topics."""
    names = sorted(set(topics))
    if len(names) > _MOST_TOPICS:
        raise ValueError(
            f"A stream carries at most {_MOST_TOPICS} topics, not {len(names)}. Use the topic 'org'."
        )
    return signing.dumps([str(org_id), names, str(user_id)], salt=_SALT)


def read_ticket(text: str) -> Ticket:
    """What the ticket allows. Raises BadTicket."""
    try:
        org, topics, user = signing.loads(text, salt=_SALT, max_age=TICKET_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise BadTicket("The ticket is not valid, or is too old. Ask for a new one.") from error
    return Ticket(org=org, topics=frozenset(topics), user=user)


def end_streams(org_id: UUID, user_id: object) -> None:
    """Close this person's streams in the agency, when the present transaction commits: they lost their access."""
    publish(org_id, f"user:{user_id}", END)


def publish(org_id: UUID, topic: str, kind: str) -> None:
    """Announce a change; delivered when the present transaction commits. `topic` is render:<uuid> or round:<uuid>."""
    payload = json.dumps({"org": str(org_id), "topic": topic, "kind": kind})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
