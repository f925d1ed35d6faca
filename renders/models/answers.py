"""What may follow a refusal: a suggested wording, an appeal, and what it won."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from renders.models.briefs import Brief
from renders.models.policy import MAX_WORDS, PolicyCase, PolicyEvent
from tenants.models import AppendOnlyModel, OrgForeignKey, OrgModel, User


class Suggestion(OrgModel):
    """A wording that staff offer. The team takes it with one click; staff cannot spend."""

    prefix = "psg"

    case = OrgForeignKey(PolicyCase, on_delete=models.PROTECT, related_name="suggestions")
    brief = OrgForeignKey(Brief, on_delete=models.PROTECT, related_name="suggestions")
    texts = models.JSONField()
    note = models.CharField(max_length=MAX_WORDS, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by=None, taken_at=None) | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="taken_suggestion_names_who",
            )
        ]

    def __str__(self) -> str:
        return f"wording for {self.case_id}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be taken."""
        return self.taken_at is None and self.withdrawn_at is None


class AppealVerdict(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    UPHELD = "upheld", _("The refusal stands")
    OVERTURNED = "overturned", _("The refusal was wrong")


class Appeal(OrgModel):
    """The team's objection to a refusal, decided by somebody who has not decided about it before."""

    prefix = "apl"

    case = OrgForeignKey(PolicyCase, on_delete=models.PROTECT, related_name="appeals")
    event = OrgForeignKey(PolicyEvent, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=MAX_WORDS)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    # Who had decided the case when the appeal was decided: never the same person.
    case_decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    verdict = models.CharField(max_length=10, choices=AppealVerdict.choices, default=AppealVerdict.WAITING)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=MAX_WORDS, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "case"], condition=Q(verdict="waiting"), name="one_waiting_appeal_per_case"
            ),
            models.CheckConstraint(
                condition=Q(verdict="waiting", decided_by=None, decided_at=None, answer="")
                | (
                    ~Q(verdict="waiting")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(answer="")
                ),
                name="decided_appeal_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | (
                    ~Q(decided_by=F("made_by"))
                    & (Q(case_decided_by=None) | ~Q(decided_by=F("case_decided_by")))
                ),
                name="appeal_is_decided_by_a_second_person",
            ),
        ]
        indexes = [models.Index(fields=["verdict", "made_at"], name="appeal_queue")]

    def __str__(self) -> str:
        return f"appeal {self.verdict}"

    @property
    def tone(self) -> str:
        """Colour family of the status pill."""
        return {"waiting": "info", "upheld": "neutral", "overturned": "success"}[self.verdict]


class Allowance(AppendOnlyModel):
    """A rule that does not count for one exact text: what an appeal won."""

    prefix = "alw"

    appeal = OrgForeignKey(Appeal, on_delete=models.PROTECT, related_name="allowances")
    text_sha256 = models.CharField(max_length=64)
    rule_key = models.CharField(max_length=120)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "text_sha256", "rule_key"], name="one_allowance_per_text_and_rule"
            )
        ]

    def __str__(self) -> str:
        return self.rule_key
