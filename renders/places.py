"""How many takes are sent before one that waits: its place in the fair queue, if nothing else came.

The same rule as turns.py, counted instead of carried out: agencies by their tags and shares, clients of the own agency
one after another, the oldest take of a client first. Numbers only: nobody learns who else waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from renders.models import AgencyTurn, ClientTurn, ProviderAccount, Render
from renders.models.accounts import Mode
from renders.states import State
from tenants import scope
from tenants.models import Agency
from tenants.scope import require_org

ONE = AgencyTurn.ONE


@dataclass(frozen=True)
class Line:
    """An agency's takes that wait for an account. `tag`: its place on the account's virtual clock."""

    count: int
    tag: int
    weight: int

    def before(self, tag: float) -> int:
        """How many of them are sent before an agency that stands at `tag`."""
        if tag <= self.tag:
            return 0
        return min(self.count, -(-int(tag - self.tag) * self.weight // ONE))


def places(renders: Iterable[Render]) -> dict[UUID, int]:
    """Render -> its place, 1 for the next one, of queued renders of the agency in scope. Three statements per account."""
    found: dict[UUID, int] = {}
    queued = [render for render in renders if render.state == State.QUEUED]
    for account in {render.account_id: render.account for render in queued}.values():
        wanted = {render.pk for render in queued if render.account_id == account.pk}
        found |= _at(account, wanted)
    return found


def _at(account: ProviderAccount, wanted: set[UUID]) -> dict[UUID, int]:
    lines, own = _read(account, wanted)
    mine = lines.pop(require_org(), Line(0, account.turn_clock, 1))
    return {pk: 1 + ahead + _others(lines.values(), mine, ahead) for pk, ahead in own.items()}


def _others(lines: Iterable[Line], mine: Line, ahead: int) -> int:
    tag = mine.tag + ahead * ONE / mine.weight
    return sum(line.before(tag) for line in lines)


def _read(account: ProviderAccount, wanted: set[UUID]) -> tuple[dict[UUID, Line], dict[UUID, int]]:
    """(agency -> its line, render -> how many of its own agency's go before it)."""
    values: dict[str, Any] = {
        "account": account.pk,
        "clock": account.turn_clock,
        "org": require_org(),
        "wanted": list(wanted),
    }
    with scope.platform_reading("places: takes that wait, by agency"), connection.cursor() as cursor:
        cursor.execute(_STANDING, values)
        rows: list[Any] = cursor.fetchall()
    lines = {pk: Line(number, tag, weight) for pk, number, tag, weight in rows if weight is not None}
    return lines, {pk: number for pk, number, _tag, weight in rows if weight is None}


_NAMES = {
    "renders": Render._meta.db_table,
    "agencies": Agency._meta.db_table,
    "turns": AgencyTurn._meta.db_table,
    "client_turns": ClientTurn._meta.db_table,
    "queued": f"'{State.QUEUED.value}'",
    "standard": f"'{Mode.STANDARD.value}'",
}
# Of a client with more takes as many go before as of the own one, and one more if it is served first.
_STANDING = """
WITH mine AS (
  SELECT id, client_id, created_at,
         row_number() OVER (PARTITION BY client_id ORDER BY created_at, id) - 1 AS before
  FROM {renders} WHERE account_id = %(account)s AND org_id = %(org)s AND state = {queued} AND mode = {standard}
), clients AS (
  SELECT m.client_id, count(*) AS waiting,
         row_number() OVER (ORDER BY max(coalesce(t.served, 0)), min(m.created_at)) AS rank
  FROM mine m LEFT JOIN {client_turns} t ON t.client_id = m.client_id AND t.account_id = %(account)s
  GROUP BY m.client_id
)
SELECT q.org_id AS id, q.waiting, greatest(coalesce(t.passed, 0), %(clock)s) AS tag, a.dispatch_weight AS weight
FROM (SELECT org_id, count(*) AS waiting FROM {renders}
      WHERE account_id = %(account)s AND state = {queued} AND mode = {standard} GROUP BY org_id) q
JOIN {agencies} a ON a.id = q.org_id
LEFT JOIN {turns} t ON t.agency_id = q.org_id AND t.account_id = %(account)s
UNION ALL
SELECT m.id, m.before + coalesce((SELECT sum(least(c.waiting, m.before + (c.rank < own.rank)::int)) FROM clients c
                                  WHERE c.client_id <> m.client_id), 0)::bigint, NULL, NULL
FROM mine m JOIN clients own ON own.client_id = m.client_id WHERE m.id = ANY(%(wanted)s)
""".format(**_NAMES)  # noqa: S608 - names of our own tables
