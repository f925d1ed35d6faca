"""What is done for each agency again and again, by the database's clock."""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now

from tenants.models.base import OrgManager, OrgModel, OrgQuerySet


class ChoreKind(models.TextChoices):
    AUDIT = "audit"  # walk the trail, and export its signed head
    RETENTION = "retention"  # carry the retention policy out


class ChoreQuerySet(OrgQuerySet):
    def due(self) -> Any:
        return self.filter(due_at__lte=Now())


class Chore(OrgModel):
    """When one of them is due next, and what came of it last."""

    prefix = "job"

    kind = models.CharField(max_length=12, choices=ChoreKind.choices)
    due_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    # Counts and sentences for the page; no personal data.
    outcome = models.JSONField(default=dict, blank=True)

    objects: ClassVar[Any] = OrgManager.of(ChoreQuerySet)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "kind"], name="one_chore_of_a_kind")]
        indexes = [models.Index(fields=["due_at"], name="chore_due")]

    def __str__(self) -> str:
        return self.kind
