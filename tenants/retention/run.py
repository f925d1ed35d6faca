"""Find what is due under a rule, and let it go. Which rows those are is always asked of the database's clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, F, Q, QuerySet
from django.db.models.functions import Cast, Now

from tenants.retention.policy import Held, Rule

CHUNK = 200  # rows that one transaction lets go


@dataclass(frozen=True)
class Executor:
    """How one action works on the rows of a rule.

    `narrow`: of the rows past their period, those that can go. `held`: those that a hold keeps.
    `carry_out(rule, rows)`: inside the caller's transaction; how many rows went.
    """

    narrow: Callable[[Rule, QuerySet[Any]], QuerySet[Any]]
    carry_out: Callable[[Rule, list[Any]], int]
    held: Callable[[Rule, QuerySet[Any]], QuerySet[Any]] = lambda _rule, rows: rows.none()


_executors: dict[str, Executor] = {}


def register(action: str, executor: Executor) -> None:
    """A higher layer says how its action works (renders does so for delete_files)."""
    _executors[action] = executor


def _past(held: Held) -> QuerySet[Any]:
    """Rows of the rule whose period is over, the oldest first, with `clock_at`."""
    rule = held.rule
    over = {f"{rule.clock}__lte": Now() - held.length}
    rows = rule.model_class._default_manager.filter(**rule.where, **over)
    return rows.annotate(clock_at=Cast(F(rule.clock), DateTimeField())).order_by("clock_at", "pk")


def due(held: Held) -> QuerySet[Any]:
    """What would go now."""
    return _executors[held.rule.action].narrow(held.rule, _past(held))


def kept_by_hold(held: Held) -> QuerySet[Any]:
    """What would go, if no hold kept it."""
    return _executors[held.rule.action].held(held.rule, _past(held))


def carry_out(held: Held, *, most: int = CHUNK) -> int:
    """Let at most so many rows go, in the caller's transaction; how many those were."""
    rows = due(held).select_for_update(of=("self",), skip_locked=True)
    return _executors[held.rule.action].carry_out(held.rule, list(rows[:most]))


def _unstamped(rule: Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows that still hold something: a second run finds nothing."""
    if rule.stamp:
        return rows.filter(**{f"{rule.stamp}__isnull": True})
    still = Q()
    for name in rule.set:
        is_null = rows.model._meta.get_field(name).null
        still |= Q(**{f"{name}__isnull": False}) if is_null else Q(**{f"{name}__gt": ""})
    return rows.filter(still)


def erased_values(rule: Rule) -> dict[str, Any]:
    """What an erased row holds instead. TOML has no null: an empty text is one where the column allows it."""
    meta = rule.model_class._meta
    values = {
        name: None if value == "" and meta.get_field(name).null else value for name, value in rule.set.items()
    }
    return values | ({rule.stamp: Now()} if rule.stamp else {})


def _erase(rule: Rule, rows: Iterable[Any]) -> int:
    keys = [row.pk for row in rows]
    count: int = rule.model_class._default_manager.filter(pk__in=keys).update(**erased_values(rule))
    return count


def _delete(rule: Rule, rows: Iterable[Any]) -> int:
    keys = [row.pk for row in rows]
    count, _by_model = rule.model_class._default_manager.filter(pk__in=keys).delete()
    return count


register("erase", Executor(_unstamped, _erase))
register("delete_rows", Executor(lambda _rule, rows: rows, _delete))
