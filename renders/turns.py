"""Whose turn it is at an account: weighted-fair across agencies, then their clients, least recently served first.

Start-time fair queueing (Goyal, Vin and Cheng, 1996) with the database as its memory, so that all workers share it. An
agency's tag is the later one of where it stands and the account's clock: nobody saves turns up while having nothing to
send, and whoever comes anew stands in front of everybody who was served already. The smallest tag is next; a send moves
it by ONE / weight. Everything here happens under the account's turn lock, which comes before all others: see switch.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from renders.models import AgencyTurn, ClientTurn, ProviderAccount, Render
from renders.models.accounts import Mode
from renders.states import State
from tenants import scope
from tenants.models import Agency


@dataclass(frozen=True)
class Turn:
    """A render whose turn it is. `tag`: its agency's place on the virtual clock; `weight`: the agency's.

    `is_last`: nothing else is queued for the account, due or not.
    """

    org_id: UUID
    client_id: UUID
    render_id: UUID
    tag: int
    weight: int
    is_last: bool


def lock(account_id: int) -> None:
    """Until the transaction ends nobody else picks for this account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"turns:{account_id}"])


def pick(account: ProviderAccount, *, without_models: Sequence[str] = ()) -> Turn | None:
    """Whose turn it is; None when nothing that may go is due. Three statements whatever the length of the queue."""
    with scope.platform_reading("dispatch: whose turn it is"), connection.cursor() as cursor:
        cursor.execute(
            _PICK,
            {
                "account": account.pk,
                "clock": account.turn_clock,
                "asks": account.moderates,
                "without": list(without_models),
            },
        )
        row = cursor.fetchone()
    return Turn(*row) if row else None


def served(account: ProviderAccount, turn: Turn) -> None:
    """The render was sent: its agency and its client stand behind the others now."""
    passed = turn.tag + AgencyTurn.ONE // turn.weight
    AgencyTurn.objects.bulk_create(
        [AgencyTurn(account=account, agency_id=turn.org_id, passed=passed)],
        update_conflicts=True,
        unique_fields=["account", "agency"],
        update_fields=["passed"],
    )
    ClientTurn.objects.bulk_create(
        [ClientTurn(account=account, client_id=turn.client_id, served=account.turns + 1)],
        update_conflicts=True,
        unique_fields=["account", "client"],
        update_fields=["served"],
    )
    ProviderAccount.objects.filter(pk=account.pk).update(
        turn_clock=turn.tag, turns=F("turns") + 1, turn_at=Now()
    )
    account.turn_clock, account.turns = turn.tag, account.turns + 1


# Tables of ours, as constants of this module: nothing of a user's gets into the text of a statement.
_NAMES = {
    "renders": Render._meta.db_table,
    "agencies": Agency._meta.db_table,
    "agency_turns": AgencyTurn._meta.db_table,
    "client_turns": ClientTurn._meta.db_table,
    "accounts": ProviderAccount._meta.db_table,
    "queued": f"'{State.QUEUED.value}'",
    "standard": f"'{Mode.STANDARD.value}'",
}
_MAY_GO = """
    r.account_id = %(account)s AND r.state = {queued} AND r.mode = {standard} AND r.next_action_at <= now()
    AND (NOT %(asks)s OR r.moderated_at IS NOT NULL) AND r.model <> ALL(%(without)s::text[])
"""
# Skips along the index from agency to agency, and inside the chosen one from client to client: PostgreSQL has no
# skip scan of its own, and a DISTINCT would read ten thousand rows to find two names.
_PICK = f"""
WITH RECURSIVE orgs(org_id) AS (
  (SELECT org_id FROM {{renders}} WHERE account_id = %(account)s AND state = {{queued}} ORDER BY org_id LIMIT 1)
  UNION ALL
  SELECT (SELECT r.org_id FROM {{renders}} r WHERE r.account_id = %(account)s AND r.state = {{queued}}
           AND r.org_id > o.org_id ORDER BY r.org_id LIMIT 1)
  FROM orgs o WHERE o.org_id IS NOT NULL
), chosen AS (
  SELECT o.org_id, a.dispatch_weight AS weight, greatest(coalesce(t.passed, 0), %(clock)s) AS tag
  FROM orgs o JOIN {{agencies}} a ON a.id = o.org_id
  LEFT JOIN {{agency_turns}} t ON t.agency_id = o.org_id AND t.account_id = %(account)s
  WHERE EXISTS (SELECT 1 FROM {{renders}} r WHERE r.org_id = o.org_id AND {_MAY_GO})
  ORDER BY tag, coalesce(t.passed, 0), o.org_id LIMIT 1
), clients(client_id) AS (
  (SELECT r.client_id FROM {{renders}} r, chosen c WHERE r.account_id = %(account)s AND r.state = {{queued}}
    AND r.org_id = c.org_id ORDER BY r.client_id LIMIT 1)
  UNION ALL
  SELECT (SELECT r.client_id FROM {{renders}} r, chosen c WHERE r.account_id = %(account)s AND r.state = {{queued}}
           AND r.org_id = c.org_id AND r.client_id > k.client_id ORDER BY r.client_id LIMIT 1)
  FROM clients k WHERE k.client_id IS NOT NULL
)
SELECT c.org_id, head.client_id, head.id, c.tag, c.weight,
       NOT EXISTS (SELECT 1 FROM {{renders}} r WHERE r.account_id = %(account)s AND r.state = {{queued}}
                   AND r.id <> head.id)
FROM chosen c CROSS JOIN clients k
LEFT JOIN {{client_turns}} t ON t.client_id = k.client_id AND t.account_id = %(account)s
CROSS JOIN LATERAL (
  SELECT r.id, r.client_id, r.created_at FROM {{renders}} r
  WHERE r.org_id = c.org_id AND r.client_id = k.client_id AND {_MAY_GO}
  ORDER BY r.created_at, r.id LIMIT 1
) head
ORDER BY coalesce(t.served, 0), head.created_at, head.id LIMIT 1
""".format(**_NAMES)  # noqa: S608 - names of our own tables
