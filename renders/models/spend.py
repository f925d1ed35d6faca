"""Budgets and the ledger. All amounts are integer micro-dollars (1 USD = 1,000,000)."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from renders.models.briefs import Project
from renders.models.renders import Attempt, Render
from tenants.models import AppendOnlyModel, Client, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet


class Level(models.TextChoices):
    """Whom a budget binds; reservations are taken in this order."""

    AGENCY = "1_agency", "Agency"
    CLIENT = "2_client", "Client"
    PROJECT = "3_project", "Project"


class Period(models.TextChoices):
    MONTH = "month", "per month"
    TOTAL = "total", "in total"


class BudgetQuerySet(OrgQuerySet):
    def in_force(self) -> Any:
        """Those that bind; a removed one is kept for what was reserved under it."""
        return self.filter(removed_at=None)


class Budget(OrgModel):
    """A limit. Posted + reserved never pass it."""

    prefix = "bud"

    level = models.CharField(max_length=10, choices=Level.choices)
    client = OrgForeignKey(Client, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    project = OrgForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    period = models.CharField(max_length=6, choices=Period.choices, default=Period.MONTH)
    limit_microusd = models.PositiveBigIntegerField()
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = OrgManager.of(BudgetQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "level", "client", "project", "period"],
                condition=Q(removed_at=None),
                nulls_distinct=False,
                name="one_budget_per_target_and_period",
            ),
            models.CheckConstraint(
                condition=Q(level="1_agency", client=None, project=None)
                | Q(level="2_client", client__isnull=False, project=None)
                | Q(level="3_project", client=None, project__isnull=False),
                name="budget_names_its_target",
            ),
            models.CheckConstraint(
                condition=~Q(level="1_agency") | Q(removed_at=None), name="agency_budget_is_never_removed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.get_period_display()}"

    @property
    def target_name(self) -> str:
        """Whom it binds, by name."""
        if self.project:
            return f"{self.project.client.name} · {self.project.name}"
        return self.client.name if self.client else _("The whole agency")


class BudgetPeriodQuerySet(OrgQuerySet):
    def current(self, month: date) -> Any:
        """Of budgets in force: those of the month that begins on `month`, and those in total."""
        now = Q(budget__period=Period.TOTAL) | Q(budget__period=Period.MONTH, starts_on=month)
        return self.filter(now, budget__removed_at=None)


class BudgetPeriod(OrgModel):
    """What is set aside and spent under one budget in one period (the epoch for a total)."""

    prefix = "bpe"

    budget = OrgForeignKey(Budget, on_delete=models.PROTECT, related_name="periods")
    starts_on = models.DateField()
    reserved_microusd = models.BigIntegerField(default=0)
    posted_microusd = models.BigIntegerField(default=0)

    objects: ClassVar[Any] = OrgManager.of(BudgetPeriodQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "budget", "starts_on"], name="one_row_per_budget_period"),
            models.CheckConstraint(condition=Q(reserved_microusd__gte=0), name="reserved_is_not_negative"),
            models.CheckConstraint(condition=Q(posted_microusd__gte=0), name="posted_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts_on}"

    @property
    def used_microusd(self) -> int:
        """Spent and set aside."""
        return self.posted_microusd + self.reserved_microusd


class Book(models.TextChoices):
    """Where money stands. The entries of one transaction sum to zero."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    SPENT = "spent"


class LedgerEntry(AppendOnlyModel):
    """One line of one money transaction; the key says which, and makes it happen once."""

    prefix = "led"

    key = models.CharField(max_length=80)
    book = models.CharField(max_length=10, choices=Book.choices)
    amount_microusd = models.BigIntegerField()
    render = OrgForeignKey(Render, on_delete=models.PROTECT, related_name="+")
    attempt = OrgForeignKey(Attempt, on_delete=models.PROTECT, related_name="ledger")
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "key", "book"], name="one_entry_per_key_and_book")
        ]
        indexes = [models.Index(fields=["org", "-posted_at"], name="ledger_newest")]

    def __str__(self) -> str:
        return f"{self.key} {self.book} {self.amount_microusd}"
