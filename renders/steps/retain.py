"""Carry the retention policy out for one agency. What is due is asked of the database's clock, row by row."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from renders import tombstones
from renders.models import Asset, AssetState, Cause
from renders.states import WORKING, State
from renders.steps import chores
from renders.steps.character_files import remove_character_files
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
    remove_character_files(org_id)
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


def _takes_with_files(_rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    kept = Asset.objects.filter(render=OuterRef("pk")).exclude(state=AssetState.DELETED)
    return rows.filter(Exists(kept))


def _may_go(rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    busy = Q(state__in=sorted(WORKING)) | Q(state__in=[State.NEEDS_HUMAN, State.CLIENT_REVIEW])
    return _takes_with_files(rule, rows).filter(held_at=None).exclude(busy)


def _kept_by_hold(rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    return _takes_with_files(rule, rows).filter(held_at__isnull=False)


def _lay_tombstones(rule: policy.Rule, takes: Iterable[Any]) -> int:
    """The policy's deletions can be undone for as long as anybody's."""
    undo, count = policy.undo_window(), 0
    for row in takes:
        take = tombstones.locked(row.pk)
        if take.is_held:
            continue
        files = tombstones.locked_files(take)
        tombstones.lay(take, files, cause=Cause.RETENTION, undo=undo, by="system:retention", rule=rule.name)
        count += 1
    return count


run.register("delete_files", run.Executor(_may_go, _lay_tombstones, _kept_by_hold))
