"""Refusals by policy, apart from failures of the system: what was refused, what was decided, and what was appealed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from renders.models.briefs import Brief, BriefVersion
from renders.models.renders import Render
from renders.policy.phrases import LONGEST
from renders.policy.rules import Category, Effect, Rule
from tenants.models import AppendOnlyModel, Client, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User

MAX_WORDS = 1000  # characters of a reason, an appeal, an answer


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


UNRESOLVED = (CaseState.OPEN, CaseState.ASSIGNED)
RESOLVED = (CaseState.DISMISSED, CaseState.REWRITTEN, CaseState.ESCALATED)
CASE_TONES = {
    CaseState.OPEN: "warning",
    CaseState.ASSIGNED: "progress",
    CaseState.DISMISSED: "neutral",
    CaseState.REWRITTEN: "success",
    CaseState.ESCALATED: "danger",
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
    # {"texts": {field: text}, "hits": [Hit.as_dict(), …]}
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
