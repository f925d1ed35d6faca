"""An agency's own rules, version by version."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from renders.policy.phrases import LONGEST
from renders.policy.rules import Category, Effect, Rule
from tenants.models import AppendOnlyModel, Client, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class RulesVersion(AppendOnlyModel):
    """One state of an agency's own rules. Every change makes a new one; the old ones stay."""

    prefix = "plv"

    number = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "number"], name="rules_version_number_once")]

    def __str__(self) -> str:
        return f"rules {self.number}"


class PolicyRuleQuerySet(OrgQuerySet):
    def in_version(self, number: int) -> Any:
        """The rules as they were in a version."""
        return self.filter(added_in__lte=number).filter(Q(dropped_in=None) | Q(dropped_in__gt=number))

    def current(self) -> Any:
        return self.filter(dropped_in=None)


class PolicyRule(OrgModel):
    """One phrase of an agency, for all of its clients or for one. It lives from a version to a version."""

    prefix = "plr"

    client = OrgForeignKey(Client, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    effect = models.CharField(max_length=5, choices=Effect.choices, default=Effect.BLOCK)
    category = models.CharField(max_length=12, choices=Category.choices, default=Category.CUSTOM)
    phrase = models.CharField(max_length=LONGEST)
    rewrite = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    added_in = models.PositiveIntegerField()
    dropped_in = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrgManager.of(PolicyRuleQuerySet)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(dropped_in=None) | Q(dropped_in__gt=F("added_in")),
                name="rule_ends_after_it_began",
            )
        ]
        indexes = [models.Index(fields=["org", "dropped_in"], name="rule_by_end")]

    def __str__(self) -> str:
        return self.phrase

    def as_rule(self) -> Rule:
        """For the matcher."""
        return Rule(
            f"own/{self.public_id}", self.category, self.phrase, self.rewrite, self.reason, effect=self.effect
        )
