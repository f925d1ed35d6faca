"""An order: one submit of several takes, or one whose price somebody else has to approve."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from renders.models.briefs import Brief, BriefVersion, Project
from renders.models.storyboards import Storyboard
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class OrderVerdict(models.TextChoices):
    """What became of the question whether this may be spent."""

    NOT_NEEDED = "not_needed", "No approval needed"
    WAITING = "waiting", "Waiting for approval"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Not approved"
    VOID = "void", "Void"


_BY_A_PERSON = (OrderVerdict.APPROVED, OrderVerdict.DECLINED)


class OrderQuerySet(OrgQuerySet):
    def waiting(self) -> Any:
        """Those that somebody has to decide, longest waiting first."""
        return self.filter(verdict=OrderVerdict.WAITING).order_by("created_at", "pk")

    def listed(self) -> Any:
        """With what a list shows."""
        return self.select_related(
            "brief__project__client",
            "brief_version__picture__picture__take__brief",
            "created_by",
            "storyboard__brief",
            "decided_by",
        )


class Order(OrgModel):
    """One submit. `digest` names the brief's version, the settings, the number and the price: it is what is approved."""

    prefix = "ord"

    brief = OrgForeignKey(Brief, on_delete=models.PROTECT, related_name="orders")
    brief_version = OrgForeignKey(BriefVersion, on_delete=models.PROTECT, related_name="+")
    # The storyboard that it pays for: its takes come one after the other, `count` scenes in all.
    storyboard = OrgForeignKey(
        Storyboard, on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    count = models.PositiveSmallIntegerField()
    total_microusd = models.PositiveBigIntegerField()
    # The threshold that it passed, as it was then.
    threshold_microusd = models.PositiveBigIntegerField(null=True, blank=True)
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    verdict = models.CharField(max_length=10, choices=OrderVerdict.choices, default=OrderVerdict.NOT_NEEDED)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects: ClassVar[Any] = OrgManager.of(OrderQuerySet)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1), name="order_has_takes"),
            models.CheckConstraint(
                condition=Q(verdict__in=_BY_A_PERSON, decided_by__isnull=False, decided_at__isnull=False)
                | (~Q(verdict__in=_BY_A_PERSON) & Q(decided_by=None)),
                name="order_decided_by_a_person",
            ),
            # Whoever asks does not answer.
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("created_by")), name="order_decided_by_another"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "created_at"], name="order_waiting", condition=Q(verdict="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.brief.title}, {self.count} × take" if self.count > 1 else self.brief.title


class ApprovalRule(OrgModel):
    """From which price on a second person has to approve: of the agency (no project), or of one project."""

    prefix = "apr"

    project = OrgForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    above_microusd = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "project"], nulls_distinct=False, name="one_approval_rule_per_target"
            )
        ]

    def __str__(self) -> str:
        return f"above {self.above_microusd} µ$"
