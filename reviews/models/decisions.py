"""Decisions: who said what about which bytes. Written once, chained, never edited.

The chain holds references and digests. Words and names lie beside it, where they can be erased.
"""

from django.db import models
from django.db.models import Q

from reviews.models.portal import Guest
from reviews.models.rounds import Stage
from tenants.models import AppendOnlyModel, OrgForeignKey, OrgModel, OrgOneToOneField, User


class Verdict(models.TextChoices):
    """The four meanings."""

    APPROVED = "approved", "Approved"
    APPROVED_WITH_CHANGES = "approved_with_changes", "Approved with changes"
    CHANGES_REQUIRED = "changes_required", "Changes required"
    NOT_RELEVANT = "not_relevant", "Not relevant"


class Decision(AppendOnlyModel):
    """Binds a person, a moment, the SHA-256 of the original, and the digest of how it was made."""

    prefix = "dec"

    stage = OrgForeignKey(Stage, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=22, choices=Verdict.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    guest = OrgForeignKey(Guest, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    # One decision per form that was shown: a double click or Back decides once.
    form_key = models.CharField(max_length=64)
    asset_sha256 = models.CharField(max_length=64)
    params_digest = models.CharField(max_length=64)
    # HMAC-SHA256 of the note under a salt of its own: the chain holds this, so that the words can be erased.
    note_digest = models.CharField(max_length=64, blank=True)
    # 1: the chain holds the note itself (before 0020); 2: its digest.
    content_version = models.PositiveSmallIntegerField(default=2)
    decided_at = models.DateTimeField()
    seq = models.PositiveBigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "seq"], name="decision_seq_once_per_agency"),
            models.UniqueConstraint(fields=["org", "form_key"], name="one_decision_per_form"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, guest=None) | Q(user=None, guest__isnull=False),
                name="decision_has_one_decider",
            ),
        ]

    def __str__(self) -> str:
        return self.get_verdict_display()

    @property
    def note(self) -> str:
        """What was said along with it; empty when nothing was, and once it is erased."""
        return self.words.body if hasattr(self, "words") else ""

    @property
    def decider_name(self) -> str:
        """Who decided, as people read it."""
        return str(self.user or self.guest)

    @property
    def is_approval(self) -> bool:
        return self.verdict in {Verdict.APPROVED, Verdict.APPROVED_WITH_CHANGES}


class DecisionNote(OrgModel):
    """The words of a decision, and the salt without which its digest tells nothing. Both can be erased."""

    prefix = "dnt"

    decision = OrgOneToOneField(Decision, on_delete=models.PROTECT, related_name="words")
    body = models.TextField(max_length=2000, blank=True)
    salt = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(body="", salt=""), name="erased_note_holds_nothing"
            )
        ]

    def __str__(self) -> str:
        return self.body[:40]
