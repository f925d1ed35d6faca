"""Carry the retention policy out for one agency. What is due is asked of the database's clock, row by row."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from renders.steps import chores
from tenants import audit
from tenants.models import ChoreKind
from tenants.retention import policy, run
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
_MOST_ROUNDS = 50  # of run.CHUNK rows a rule; the next hour goes on


def retain(org_id: UUID) -> None:
    """One round through every rule that is switched on. Safe to repeat, and to be killed anywhere."""
    with org_transaction(org_id):
        if not chores.claim(ChoreKind.RETENTION, every=EVERY):
            return
        rules = [held for held in policy.holding() if held.rule.is_executed and held.rule.scope == "agency"]
    outcome: dict[str, Any] = {}
    for held in rules:
        if held.is_on:
            outcome[held.rule.name] = _let_go(org_id, held)
    with org_transaction(org_id):
        chores.done(ChoreKind.RETENTION, {name: n for name, n in outcome.items() if n})


def _let_go(org_id: UUID, held: policy.Held) -> int:
    """Rows of one rule, a transaction for each so many; how many went."""
    total = 0
    for _ in range(_MOST_ROUNDS):
        with org_transaction(org_id):
            gone = run.carry_out(held)
            if gone:
                audit.record(
                    "retention.carried_out",
                    by="system:retention",
                    rule=held.rule.name,
                    rows=gone,
                    after=held.words,
                )
        if not gone:
            break
        total += gone
        log.info("retention_carried_out", rule=held.rule.name, rows=gone)
    return total
