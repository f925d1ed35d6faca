"""Refusals by policy, apart from failures of the system: what was refused, and what was decided."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from renders.models.briefs import Brief, BriefVersion
from renders.models.renders import Render
from renders.policy.rules import Category
from tenants.models import AppendOnlyModel, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User

MAX_WORDS = 1000  # characters of a reason, an appeal, an answer


class RefusalKind(models.TextChoices):
    """Who refused."""

    PREFLIGHT = "preflight", _("Our rules")
    SAFETY_CHECK = "safety_check", _("Safety check")
    PROVIDER_INPUT = "provider_input", _("Provider, the brief")
    PROVIDER_OUTPUT = "provider_output", _("Provider, the result")


class CaseState(models.TextChoices):
    OPEN = "open", _("Open")
    ASSIGNED = "assigned", _("Assigned")
    DISMISSED = "dismissed", _("Dismissed")
    REWRITTEN = "rewritten", _("Wording suggested")
    ESCALATED = "escalated", _("Escalated")
    LIFTED = "lifted", _("Lifted by an appeal")


UNRESOLVED = (CaseState.OPEN, CaseState.ASSIGNED)
RESOLVED = (CaseState.DISMISSED, CaseState.REWRITTEN, CaseState.ESCALATED, CaseState.LIFTED)
CASE_TONES = {
    CaseState.OPEN: "warning",
    CaseState.ASSIGNED: "progress",
    CaseState.DISMISSED: "neutral",
    CaseState.REWRITTEN: "success",
    CaseState.ESCALATED: "danger",
    CaseState.LIFTED: "success",
}


class PolicyCaseQuerySet(OrgQuerySet):
    def unresolved(self) -> Any:
        return self.filter(state__in=UNRESOLVED)

    def listed(self) -> Any:
        """What a list shows."""
        return self.select_related("org", "brief__project__client", "assigned_to")


class PolicyCase(OrgModel):
    """Equal refusals of one brief, together: looked at once, decided once."""

    prefix = "pca"

    kind = models.CharField(max_length=15, choices=RefusalKind.choices)
    category = models.CharField(max_length=12, choices=Category.choices, blank=True)
    # A rule of ours, or the provider's code.
    rule_key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    brief = OrgForeignKey(Brief, on_delete=models.PROTECT, related_name="cases")
    render = OrgForeignKey(Render, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    # What the team reads about the decision.
    answer = models.CharField(max_length=MAX_WORDS, blank=True)
    seen_count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = OrgManager.of(PolicyCaseQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "fingerprint"], name="one_case_per_fingerprint"),
            models.CheckConstraint(
                condition=Q(state__in=UNRESOLVED, decided_by=None, decided_at=None)
                | Q(state__in=RESOLVED, decided_by__isnull=False, decided_at__isnull=False),
                name="resolved_case_names_who_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="assigned") | Q(assigned_to__isnull=False), name="assigned_case_names_whom"
            ),
        ]
        indexes = [
            models.Index(fields=["-last_seen_at", "-id"], name="case_newest"),
            models.Index(fields=["state", "-last_seen_at", "-id"], name="case_by_state"),
            models.Index(fields=["org", "-last_seen_at", "-id"], name="case_of_agency"),
            models.Index(
                fields=["rule_key", "-decided_at"],
                name="case_precedents",
                condition=Q(decided_at__isnull=False),
            ),
            # What is to do stays quick beside a hundred thousand that are done.
            models.Index(
                fields=["-last_seen_at", "-id"], name="case_to_do", condition=Q(state__in=UNRESOLVED)
            ),
            models.Index(fields=["org"], name="case_to_do_of_agency", condition=Q(state__in=UNRESOLVED)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.rule_key}"

    @property
    def tone(self) -> str:
        """Colour family of the status pill."""
        return CASE_TONES[CaseState(self.state)]

    @property
    def is_resolved(self) -> bool:
        return self.state in RESOLVED

    @property
    def is_ours(self) -> bool:
        """Whether a rule of ours refused, which an allowance can lift; a provider's no cannot be."""
        return self.kind in {RefusalKind.PREFLIGHT, RefusalKind.SAFETY_CHECK}


class PolicyEvent(AppendOnlyModel):
    """One refusal as it happened. The same text under the same rules is the same event; its case counts the tries."""

    prefix = "pev"

    case = OrgForeignKey(PolicyCase, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=15, choices=RefusalKind.choices)
    rule_key = models.CharField(max_length=120)
    brief = OrgForeignKey(Brief, on_delete=models.PROTECT, related_name="+")
    # None when pre-flight refused: nothing was submitted, so nothing was frozen.
    brief_version = OrgForeignKey(BriefVersion, on_delete=models.PROTECT, null=True, related_name="+")
    render = OrgForeignKey(Render, on_delete=models.PROTECT, null=True, related_name="policy_events")
    text_sha256 = models.CharField(max_length=64)
    rules_version = models.CharField(max_length=40, blank=True)
    # {"texts": {field: text}, "hits": [Hit.as_dict(), …], "keys": [every rule or category], "more": {field: places
    # that are refused besides its hits}}
    evidence = models.JSONField(default=dict)
    # The provider's own words: for staff only.
    provider_code = models.CharField(max_length=80, blank=True)
    provider_text = models.CharField(max_length=2000, blank=True)
    happened_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "brief", "text_sha256", "rules_version"],
                condition=Q(kind="preflight"),
                name="one_event_per_text_and_rules",
            ),
            models.UniqueConstraint(
                fields=["org", "render"], condition=Q(render__isnull=False), name="one_refusal_per_render"
            ),
        ]
        indexes = [models.Index(fields=["org", "kind", "-happened_at"], name="refusal_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.rule_key}"

    @property
    def hits(self) -> list[dict[str, Any]]:
        """What was found, as Hit.as_dict() wrote it."""
        return list(self.evidence.get("hits", []))


class PolicyMove(AppendOnlyModel):
    """One step of a case. The newest can be undone, by another step."""

    prefix = "pmv"

    case = OrgForeignKey(PolicyCase, on_delete=models.PROTECT, related_name="moves")
    source = models.CharField(max_length=10, choices=CaseState.choices)
    target = models.CharField(max_length=10, choices=CaseState.choices)
    was_assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=MAX_WORDS, blank=True)
    is_undo = models.BooleanField(default=False)
    happened_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["org", "case", "-happened_at"], name="moves_of_case")]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
