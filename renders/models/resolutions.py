"""What people decide about a request that nobody could clear up: two of them, with a reason."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from renders.models.renders import Attempt, Render
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class Remedy(models.TextChoices):
    ADOPT = "adopt", "It is there: adopt its id"
    ABSENT = "absent", "It never arrived: send it again"
    UNPAID = "unpaid", "Write it off, not charged"
    PAID = "paid", "Write it off, charged"


class ResolutionVerdict(models.TextChoices):
    WAITING = "waiting", "Waits for a second person"
    CONFIRMED = "confirmed", "Carried out"
    REFUSED = "refused", "Refused"


class ResolutionQuerySet(OrgQuerySet):
    def waiting(self) -> Any:
        return self.filter(verdict=ResolutionVerdict.WAITING)


class Resolution(OrgModel):
    """One person's proposal, and what a second one made of it. The row stays: it is the evidence."""

    prefix = "res"

    render = OrgForeignKey(Render, on_delete=models.PROTECT, related_name="resolutions")
    attempt = OrgForeignKey(Attempt, on_delete=models.PROTECT, related_name="+")
    remedy = models.CharField(max_length=8, choices=Remedy.choices)
    # Only to be adopted.
    video_id = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    verdict = models.CharField(
        max_length=10, choices=ResolutionVerdict.choices, default=ResolutionVerdict.WAITING
    )
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(ResolutionQuerySet)

    class Meta:
        ordering = ["proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "render"], condition=Q(verdict="waiting"), name="one_proposal_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(verdict="waiting", decided_by=None, decided_at=None)
                | (~Q(verdict="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="resolution_decided_by_a_person",
            ),
            # Whoever proposes may take it back, and never carries it out.
            models.CheckConstraint(
                condition=~Q(verdict="confirmed") | ~Q(decided_by=F("proposed_by")),
                name="resolution_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(remedy="adopt") & ~Q(video_id="") | ~Q(remedy="adopt") & Q(video_id=""),
                name="adoption_names_its_video",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_remedy_display()}: {self.render}"
