"""What an agency chose within the bounds of the retention policy."""

from django.db import models
from django.db.models import Q

from tenants.models.base import OrgModel
from tenants.models.people import User


class RetentionChoice(OrgModel):
    """One rule of tenants/retention/policy.toml as this agency wants it. Without a row the policy's own values hold."""

    prefix = "rtc"

    rule = models.CharField(max_length=40)
    # In the rule's unit; empty: the policy's own period.
    period = models.PositiveIntegerField(null=True, blank=True)
    is_on = models.BooleanField(default=False)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "rule"], name="one_choice_per_retention_rule"),
            models.CheckConstraint(
                condition=Q(period=None) | Q(period__gte=0), name="retention_period_is_no_debt"
            ),
        ]

    def __str__(self) -> str:
        return self.rule
