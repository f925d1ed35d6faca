"""An agency's own rules: tried on what was written before, then switched on as a new version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from renders.models import BriefVersion, PolicyRule, RulesVersion
from renders.policy.matcher import Matcher, search
from renders.policy.phrases import BadPhrase, check_phrase
from renders.policy.rules import Category, Effect, Rule
from renders.policy.starter import ordinary_briefs
from renders.preflight import current_number, sent_texts
from tenants import audit
from tenants.errors import Refused
from tenants.models import Client, User

MOST_RULES = 10_000  # of one agency
PAST = 500  # latest briefs that a new rule is tried on
# A rule that refuses more of these says nothing about any of them.
TOO_MANY_ORDINARY = 0.25
TOO_MANY_PAST, ENOUGH_PAST = 0.5, 8
_EXAMPLES = 5


class BadRule(Refused):
    """The rule was not switched on."""


@dataclass(frozen=True)
class Trial:
    """What a rule would have refused: of the agency's latest briefs, and of everyday sentences."""

    phrase: str
    past: int
    past_hit: int
    ordinary: int
    ordinary_hit: int
    examples: list[str]

    @property
    def is_too_much(self) -> bool:
        """Whether it would stop ordinary work."""
        if self.past >= ENOUGH_PAST and self.past_hit > TOO_MANY_PAST * self.past:
            return True
        return self.ordinary_hit > TOO_MANY_ORDINARY * self.ordinary

    def sentence(self) -> str:
        """For the person who is about to switch it on."""
        if not self.past:
            return f"No brief of yours to try it on; of {self.ordinary} everyday sentences it finds {self.ordinary_hit}."
        return f"It would have refused {self.past_hit} of your latest {self.past} briefs."


def _phrase(text: str) -> str:
    try:
        return check_phrase(text)
    except BadPhrase as error:
        raise BadRule(str(error)) from error


def try_rule(*, phrase: str, client: Client | None = None) -> Trial:
    """Try a phrase on what was written before; nothing is changed. Two queries. Raises BadRule for no phrase."""
    phrase = _phrase(phrase)
    matcher = Matcher([Rule("try", Category.CUSTOM, phrase)])
    versions = BriefVersion.objects.select_related("brief").order_by("-created_at")
    if client is not None:
        versions = versions.filter(brief__project__client=client)
    past = list(versions[:PAST])
    hit = [version for version in past if search(sent_texts(version), [matcher])]
    ordinary = ordinary_briefs()
    ordinary_hit = sum(bool(search({"text": text}, [matcher])) for text in ordinary)
    titles = list(dict.fromkeys(version.brief.title for version in hit))[:_EXAMPLES]
    return Trial(phrase, len(past), len(hit), len(ordinary), ordinary_hit, titles)


@transaction.atomic
def add_rule(
    *,
    phrase: str,
    by: User,
    client: Client | None = None,
    effect: str = Effect.BLOCK,
    rewrite: str = "",
    reason: str = "",
) -> RulesVersion:
    """Switch a rule on, as a new version. Raises BadRule for a phrase that would refuse too much, or none."""
    trial = try_rule(phrase=phrase, client=client)
    if effect == Effect.BLOCK and trial.is_too_much:
        raise BadRule(
            f"“{trial.phrase}” would stop ordinary work. {trial.sentence()} Add the word that makes it special."
        )
    rewrite, reason = " ".join(rewrite.split())[:120], " ".join(reason.split())[:200]
    if rewrite and search({"text": rewrite}, [Matcher([Rule("try", Category.CUSTOM, trial.phrase)])]):
        raise BadRule("The suggested wording holds the phrase itself, so it would be refused as well.")
    same = PolicyRule.objects.current().filter(phrase__iexact=trial.phrase, client=client, effect=effect)
    if same.exists():
        raise BadRule(f"“{trial.phrase}” is a rule already.")
    if PolicyRule.objects.current().count() >= MOST_RULES:
        raise BadRule(f"An agency keeps {MOST_RULES:,} rules. Remove some first.")
    version = _next_version(note=f"added “{trial.phrase}”", by=by)
    rule = PolicyRule.objects.create(
        client=client,
        effect=effect,
        phrase=trial.phrase,
        rewrite=rewrite,
        reason=reason,
        added_in=version.number,
        created_by=by,
    )
    audit.record(
        "policy_rule.added",
        by=by,
        on=rule,
        version=version.number,
        effect=str(effect),
        would_refuse=trial.past_hit,
    )
    return version


@transaction.atomic
def drop_rule(*, rule: PolicyRule, by: User) -> RulesVersion | None:
    """Switch a rule off, as a new version; the old ones keep it."""
    if not PolicyRule.objects.current().filter(pk=rule.pk).exists():
        return None
    version = _next_version(note=f"removed “{rule.phrase}”", by=by)
    PolicyRule.objects.filter(pk=rule.pk, dropped_in=None).update(dropped_in=version.number)
    audit.record("policy_rule.removed", by=by, on=rule, version=version.number)
    return version


def _next_version(*, note: str, by: User) -> RulesVersion:
    """The number after the latest one. Raises BadRule when somebody else was quicker."""
    try:
        with transaction.atomic():
            made: RulesVersion = RulesVersion.objects.create(
                number=current_number() + 1, note=note[:200], created_by=by
            )
    except IntegrityError as error:
        raise BadRule(
            "Somebody else changed the rules at this moment. Look at them, then do it again."
        ) from error
    return made


def rules_page() -> dict[str, Any]:
    """The rules in force and the latest versions, for the editor. Two queries."""
    rules: Sequence[PolicyRule] = list(
        PolicyRule.objects.current().select_related("client", "created_by").order_by("phrase", "pk")[:500]
    )
    versions = list(RulesVersion.objects.select_related("created_by").order_by("-number")[:20])
    return {"rules": rules, "versions": versions, "number": versions[0].number if versions else 0}
