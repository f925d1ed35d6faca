"""What was charged, for whom, and at what pace. Reads only; all amounts are integer micro-dollars.

A charge counts in the month in which it is booked (UTC). Approved: the take is approved as it stands now; a take that
was not approved so far may still be, and moves over then.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import gettext as _

from renders.models import Attempt, Book, Budget, LedgerEntry, PriceRow, Render
from renders.pricing import today
from renders.states import FAILURES, State
from tenants.models import User
from tenants.public_ids import decode, encode

PACE_DAYS = 7  # a shorter time says nothing about the next one
YEAR_DAYS = 365

_PROJECT = ("brief__project__client__name", "brief__project__name")

# Tab: what makes a group, as fields of a take; the last one is what the filter takes.
GROUPS: dict[str, tuple[str, ...]] = {
    "client": ("brief__project__client__name", "brief__project__client_id"),
    "project": (*_PROJECT, "brief__project_id"),
    "model": ("model",),
    "person": ("created_by__name", "created_by__email", "created_by_id"),
}
_PREFIXES = {"client": "cli", "project": "prj"}


@dataclass(frozen=True)
class Scope:
    """One month, and of what: the filters of the page and of both downloads."""

    month: date
    client: UUID | None = None
    project: UUID | None = None
    model: str = ""
    person: int | None = None

    def _of_takes(self, prefix: str) -> Q:
        wanted = {
            "brief__project__client_id": self.client,
            "brief__project_id": self.project,
            "model": self.model,
            "created_by_id": self.person,
        }
        return Q(**{f"{prefix}{field}": value for field, value in wanted.items() if value})

    def lines(self) -> Any:
        """The ledger's lines of this scope: what was set aside, given back and charged."""
        start = datetime.combine(self.month, time.min, UTC)
        end = datetime.combine(next_month(self.month), time.min, UTC)
        rows = LedgerEntry.objects.exclude(book=Book.AVAILABLE)
        return rows.filter(self._of_takes("render__"), posted_at__gte=start, posted_at__lt=end)

    def charges(self) -> Any:
        """The lines that are charges."""
        return self.lines().filter(book=Book.SPENT)

    def approved(self) -> Any:
        """Approved takes with a charge in this scope."""
        return Render.objects.filter(pk__in=self.charges().values("render_id"), state=State.DELIVERABLE)


def next_month(month: date) -> date:
    """First day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def read_month(text: str) -> date:
    """The first day of `2026-11`; of this month when it makes no sense, or is still to come."""
    this = today().replace(day=1)
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return this
    return min(max(month, date(2000, 1, 1)), this)


def public_key(group: str, value: Any) -> str:
    """What a group is called in an address."""
    return encode(_PREFIXES[group], value) if group in _PREFIXES else str(value)


def read_key(group: str, text: str) -> Any:
    """The reverse of public_key(); None for what is not one."""
    try:
        if group in _PREFIXES:
            return decode(_PREFIXES[group], text)
        return text[:80] if group == "model" else int(text[:9])
    except ValueError:
        return None


@dataclass(frozen=True)
class Sums:
    """Charges of a scope or of one group in it."""

    names: tuple[str, ...]
    key: str
    takes: int
    charged: int
    approved: int
    failed: int
    approved_seconds: int

    @property
    def label(self) -> str:
        """Client · project."""
        return " · ".join(self.names)

    @property
    def open(self) -> int:
        """Charged for clips that were not approved so far, rejected ones included."""
        return self.charged - self.approved - self.failed

    @property
    def waste(self) -> int:
        """Everything that is not in an approved clip."""
        return self.charged - self.approved

    @property
    def per_approved_second(self) -> int | None:
        """Everything charged, for each second that was approved, to the nearest micro-dollar; None without one."""
        return round(self.charged / self.approved_seconds) if self.approved_seconds else None


_SUMS = {
    "takes": Count("render", distinct=True),
    "charged": Sum("amount_microusd", default=0),
    "approved": Sum("amount_microusd", filter=Q(render__state=State.DELIVERABLE), default=0),
    "failed": Sum("amount_microusd", filter=Q(render__state__in=sorted(FAILURES)), default=0),
}


def total(groups: list[Sums]) -> Sums:
    """Of all groups: each charge is in one of them."""
    fields = ("takes", "charged", "approved", "failed", "approved_seconds")
    return Sums(names=(), key="", **{name: sum(getattr(row, name) for row in groups) for name in fields})


def by(group: str, scope: Scope) -> list[Sums]:
    """The scope's groups, dearest first. Two statements, however many groups."""
    fields = GROUPS[group]
    seconds = {
        tuple(row[:-1]): row[-1]
        for row in scope.approved().values_list(*fields).annotate(sum=Sum("seconds")).order_by()
    }
    names = [f"render__{field}" for field in fields]
    rows = scope.charges().values(*names).annotate(**_SUMS).order_by("-charged", *names)
    found = []
    for row in rows:
        values = tuple(row.pop(name) for name in names)
        found.append(
            Sums(
                names=_names(group, values),
                key=public_key(group, values[-1]),
                approved_seconds=seconds.get(values, 0),
                **row,
            )
        )
    return found


def _names(group: str, values: tuple[Any, ...]) -> tuple[str, ...]:
    if group == "person":
        return (User(name=values[0], email=values[1]).display_name,)
    return values[:2] if group == "project" else (str(values[0]),)


@dataclass(frozen=True)
class Forecast:
    """Where a monthly budget is heading at the month's mean pace. All days are whole days, today included."""

    used: int
    limit: int
    day: date

    @property
    def days(self) -> int:
        """Days of the month so far."""
        return self.day.day

    @property
    def per_day(self) -> int:
        """The mean of a day, to the nearest cent."""
        return round(self.used / self.days / 10_000) * 10_000

    @property
    def last_day(self) -> date:
        """The month's last day."""
        return self.day.replace(day=monthrange(self.day.year, self.day.month)[1])

    @property
    def by_end(self) -> int:
        """Used by the end of the month, to the nearest cent."""
        return round(self.used * self.last_day.day / self.days / 10_000) * 10_000

    @property
    def reached_on(self) -> date | None:
        """The day on which the limit is reached; today when it is, None when not in this month."""
        if self.used >= self.limit:
            return self.day
        # The first day n with used / days × n ≥ limit, in whole numbers.
        day = -(-self.limit * self.days // self.used) if self.used else self.last_day.day + 1
        return self.day.replace(day=day) if day <= self.last_day.day else None


@dataclass(frozen=True)
class Pace:
    """Where a budget in total is heading at the mean pace since its first take. All days are whole days, today included."""

    used: int
    limit: int
    since: date
    day: date

    @property
    def days(self) -> int:
        """Days since the first take, both included."""
        return (self.day - self.since).days + 1

    @property
    def per_day(self) -> int:
        """The mean of a day, to the nearest cent."""
        return round(self.used / self.days / 10_000) * 10_000

    @property
    def reached_on(self) -> date | None:
        """The day on which the limit is reached; today when it is, None when not within a year."""
        if self.used >= self.limit:
            return self.day
        # The first day n with used / days × n ≥ limit, in whole numbers.
        ahead = -(-self.limit * self.days // self.used) - self.days
        return self.day + timedelta(days=ahead) if ahead <= YEAR_DAYS else None


class Paces:
    """When each project's first take was paid for or set aside: asked once, and only where somebody wants to know."""

    def __init__(self, is_wanted: bool) -> None:
        paid = Attempt.objects.exclude(settled_microusd=0).order_by()
        keys = ("render__brief__project_id", "render__brief__project__client_id")
        self._first = list(paid.values_list(*keys).annotate(Min("reserved_on"))) if is_wanted else []

    def of(self, budget: Budget, used: int) -> Pace | None:
        """Silent while nothing is used, or its first take is less than PACE_DAYS old: that is no pace."""
        days = [
            first
            for project, client, first in self._first
            if budget.project_id in (None, project) and budget.client_id in (None, client)
        ]
        pace = Pace(used, budget.limit_microusd, min(days), today()) if days and used else None
        return pace if pace and pace.days >= PACE_DAYS else None


def percent_words(percent: int) -> tuple[str, str]:
    """(tone, words) of a budget of which so much is used, in whole per cent."""
    if percent >= 100:
        return "danger", _("100 % used: new takes are refused")
    if percent >= 80:
        return "warning", _("over 80 % used")
    if percent >= 50:
        return "info", _("over 50 % used")
    return "success", _("under 50 % used")


def oldest_price_check() -> date | None:
    """When the oldest price in force was compared with its provider's list, if that is too long ago."""
    day = today()
    stale = PriceRow.objects.on(day).unverified(day).filter(account__is_active=True)
    found: date | None = stale.aggregate(oldest=Min("verified_on"))["oldest"]
    return found
