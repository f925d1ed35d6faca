"""How much may come through one link: enough for people, too little for a script."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from reviews.models import Comment, Decision, Guest
from tenants.errors import Refused


class TooMany(Refused):
    """The link was used too often in a short time."""


@dataclass(frozen=True)
class Pace:
    """At most so many rows of one kind within a time."""

    model: Any
    link: str
    at: str
    most: int
    within: timedelta


COMMENTS = Pace(Comment, "guest__link", "created_at", 20, timedelta(minutes=1))
DECISIONS = Pace(Decision, "guest__link", "decided_at", 20, timedelta(hours=1))
GUESTS = Pace(Guest, "link", "created_at", 60, timedelta(hours=1))


def check_pace(link_id: UUID, pace: Pace) -> None:
    """Raises TooMany."""
    recent = {pace.link: link_id, f"{pace.at}__gt": Now() - pace.within}
    if pace.model.objects.filter(**recent).count() >= pace.most:
        raise TooMany("A lot came through this link just now. Wait a minute, then send it again.")
