"""How long clips take, learned from those that were made: by account, model, size and seconds, never by agency."""

import statistics
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from renders.models import Pace, Render

ENOUGH = 5  # clips, before anything is said or decided by them

Kind = tuple[str, str, int]


@dataclass(frozen=True)
class Usual:
    """Of the latest clips of one kind, in seconds: the quickest twentieth, the median, the slowest twentieth."""

    count: int
    low: float
    middle: float
    high: float


def usual(account_id: int) -> dict[Kind, Usual]:
    """What an account usually takes, by (model, size, seconds); only kinds of which enough is known. One query."""
    rows = Pace.objects.filter(account=account_id)
    return {(row.model, row.size, row.seconds): _of(row.latest) for row in rows if len(row.latest) >= ENOUGH}


def _of(latest: list[float]) -> Usual:
    twentieths = statistics.quantiles(latest, n=20, method="inclusive")
    return Usual(len(latest), twentieths[0], statistics.median(latest), twentieths[-1])


@transaction.atomic
def learn(render: Render, seconds: float) -> None:
    """Remember one more clip; the oldest one is forgotten."""
    kind: dict[str, Any] = {
        "account_id": render.account_id,
        "model": render.model,
        "size": render.size,
        "seconds": render.seconds,
    }
    Pace.objects.get_or_create(**kind)
    row = Pace.objects.select_for_update().get(**kind)
    row.latest = [*row.latest, round(seconds, 1)][-Pace.KEPT :]
    row.save(update_fields=["latest"])
