"""How long clips take, learned from those that were made: by account, model, size and seconds, never by agency."""

import statistics
from dataclasses import dataclass
from typing import Any

from django.db import connection

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


def learn(render: Render, seconds: float) -> None:
    """Remember one more clip; the oldest one is forgotten."""
    values: dict[str, Any] = {
        "account": render.account_id,
        "model": render.model,
        "size": render.size,
        "seconds": render.seconds,
        "took": [round(seconds, 1)],
        "kept": Pace.KEPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, values)


# One statement, so that two workers lose neither's.
_LEARN = f"""
INSERT INTO {Pace._meta.db_table} AS known (account_id, model, size, seconds, latest)
VALUES (%(account)s, %(model)s, %(size)s, %(seconds)s, %(took)s)
ON CONFLICT (account_id, model, size, seconds) DO UPDATE
SET latest = (known.latest || excluded.latest)[greatest(1, cardinality(known.latest) + 2 - %(kept)s):]
"""  # noqa: S608 - our own table
