"""Read the policy, and an agency's choices within its bounds."""

import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.translation import ngettext

from tenants.models import RetentionChoice

FILE = Path(__file__).parent / "policy.toml"
UNDO = "undo_window"
# Actions that run by themselves, once their period is over.
EXECUTED = {
    "delete_files",
    "delete_character_files",
    "delete_picture_files",
    "erase",
    "delete_rows",
    "local_files",
}


@dataclass(frozen=True)
class Rule:
    """One rule as policy.toml has it; see the head of that file."""

    name: str
    title: str
    why: str
    action: str
    keeps: str
    model: str = ""
    scope: str = "agency"
    clock: str = ""
    unit: str = "days"
    period: int = 0
    min: int = 0
    max: int = 0
    starts_on: bool = True
    stamp: str = ""
    folder: str = ""
    files: str = ""
    where: dict[str, Any] = field(default_factory=dict)
    set: dict[str, Any] = field(default_factory=dict)

    @property
    def is_executed(self) -> bool:
        """Whether a worker carries it out."""
        return self.action in EXECUTED

    @property
    def is_agencys(self) -> bool:
        """Whether an agency may choose within bounds."""
        return self.scope == "agency" and self.max > 0

    @property
    def model_class(self) -> Any:
        """The model. Raises LookupError."""
        return apps.get_model(self.model)

    def words(self, period: int) -> str:
        """A period in the rule's unit, for people."""
        if self.unit == "hours":
            return ngettext("%(n)d hour", "%(n)d hours", period) % {"n": period}
        if period and period % 365 == 0:
            return ngettext("%(n)d year", "%(n)d years", period // 365) % {"n": period // 365}
        return ngettext("%(n)d day", "%(n)d days", period) % {"n": period}

    def length(self, period: int) -> timedelta:
        """The same as a duration."""
        return timedelta(hours=period) if self.unit == "hours" else timedelta(days=period)


@dataclass(frozen=True)
class Held:
    """A rule as it holds in one agency."""

    rule: Rule
    period: int
    is_on: bool
    is_own: bool  # the agency's own choice

    @property
    def words(self) -> str:
        """The period for people."""
        return self.rule.words(self.period)

    @property
    def length(self) -> timedelta:
        return self.rule.length(self.period)


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, in the order of the file."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: Rule(name=name, **fields) for name, fields in read["rules"].items()}


def holding() -> list[Held]:
    """Every rule as it holds in the agency in scope. One query."""
    chosen = {row.rule: row for row in RetentionChoice.objects.all()}
    return [_held(rule, chosen.get(rule.name)) for rule in rules().values()]


def holds(name: str) -> Held:
    """One rule as it holds in the agency in scope. Raises KeyError."""
    rule = rules()[name]
    return _held(rule, RetentionChoice.objects.filter(rule=name).first())


def _held(rule: Rule, row: RetentionChoice | None) -> Held:
    if row is None:
        return Held(rule, rule.period, rule.starts_on, is_own=False)
    # The file may have narrowed its bounds since.
    period = rule.period if row.period is None else min(max(row.period, rule.min), rule.max)
    return Held(rule, period, row.is_on, is_own=row.period is not None)


def undo_window() -> timedelta:
    """How long a deletion can be taken back in the agency in scope; DELETION_UNDO_SECONDS wins."""
    if settings.DELETION_UNDO_SECONDS is not None:
        return timedelta(seconds=settings.DELETION_UNDO_SECONDS)
    return holds(UNDO).length
