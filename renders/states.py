"""The life of a render, as data. docs/states.md is drawn from it; models and steps obey it.

A transition is one UPDATE that names the state and version it starts from. Zero rows mean that somebody else
was quicker; nothing is ever overwritten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a render stands. The words are what people read."""

    AWAITING_APPROVAL = "awaiting", _("Waiting for approval")
    QUEUED = "queued", _("Queued")
    HELD = "held", _("Paused")
    SUBMITTING = "submitting", _("Sending")
    RECONCILING = "reconciling", _("Checking with the provider")
    NEEDS_HUMAN = "needs_human", _("Needs a person")
    RENDERING = "rendering", _("Rendering")
    DOWNLOADING = "downloading", _("Fetching")
    STORED = "stored", _("Preparing")
    IN_REVIEW = "in_review", _("In review")
    CLIENT_REVIEW = "client_review", _("With the client")
    CHANGES = "changes", _("Changes asked for")
    REJECTED = "rejected", _("Rejected")
    DELIVERABLE = "deliverable", _("Approved")
    DECLINED = "declined", _("Spend not approved")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired at the provider")
    LOST = "lost", _("Lost by the provider")
    FAILED = "failed", _("Failed")


class Pause(TextChoices):
    """Why a render is paused. Nothing is sent, and its price stays set aside."""

    STOPPED = "stopped", _("Generation is switched off")
    SAFETY_CHECK = "safety_check", _("Waiting for the safety check")


class Who(TextChoices):
    """Who makes a transition."""

    STAFF = "staff"

    DISPATCHER = "dispatcher"
    WORKER = "worker"
    RECONCILER = "reconciler"
    FETCHER = "fetcher"
    AUTHOR = "author"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    CLIENT = "client"


@dataclass(frozen=True)
class Transition:
    source: State
    target: State
    who: Who
    when: str


def _from(source: State, who: Who, **targets: str) -> Iterable[Transition]:
    return (Transition(source, State(target), who, when) for target, when in targets.items())


TRANSITIONS: tuple[Transition, ...] = (
    *_from(
        State.AWAITING_APPROVAL,
        Who.APPROVER,
        queued="its price is approved, and set aside now",
        declined="its price is not approved; nothing was set aside",
    ),
    *_from(
        State.AWAITING_APPROVAL,
        Who.AUTHOR,
        cancelled="the author withdraws it, or the brief was edited, which voids the question",
    ),
    *_from(
        State.QUEUED, Who.DISPATCHER, submitting="a slot is free: the intent is written before the first byte"
    ),
    *_from(State.QUEUED, Who.AUTHOR, cancelled="the author withdraws it; nothing was sent"),
    *_from(
        State.QUEUED,
        Who.WORKER,
        failed="the quarantine, the safety check, a newer rule, or a character or an image that may not be used any more",
        held="the safety check cannot be asked: nothing passes unasked",
    ),
    *_from(State.QUEUED, Who.STAFF, held="generation is switched off for the agency"),
    *_from(State.HELD, Who.STAFF, queued="generation is switched on again"),
    *_from(
        State.HELD,
        Who.WORKER,
        queued="the safety check let it through",
        failed="the safety check refused it",
    ),
    *_from(State.HELD, Who.AUTHOR, cancelled="the author withdraws it; nothing was sent"),
    *_from(
        State.SUBMITTING,
        Who.WORKER,
        rendering="the provider answered with an id",
        queued="proved not sent, or a rate limit",
        held="generation was switched off before the first byte left",
        reconciling="no clear answer, or the worker died",
        failed="refused: parameters, policy, or access",
    ),
    *_from(
        State.RECONCILING,
        Who.RECONCILER,
        rendering="found in the provider's list",
        queued="proved absent after the grace period",
        needs_human="the provider cannot be asked",
        cancelled="proved absent, and nobody wants it any more",
    ),
    *_from(
        State.NEEDS_HUMAN,
        Who.STAFF,
        rendering="two people found it at the provider, and its id is adopted",
        queued="two people declare that it never arrived: it is sent again",
        lost="two people write it off",
    ),
    *_from(
        State.RENDERING,
        Who.WORKER,
        downloading="the provider says completed: settled once",
        failed="the provider says failed",
        lost="the id is unknown, confirmed, or the hard limit passed",
    ),
    *_from(
        State.DOWNLOADING,
        Who.FETCHER,
        stored="length, SHA-256 and probe agree",
        expired="the provider no longer has the file",
        failed="what came was never a playable clip",
    ),
    *_from(State.STORED, Who.WORKER, in_review="the review copy is ready"),
    *_from(
        State.IN_REVIEW,
        Who.REVIEWER,
        client_review="approved inside",
        changes="changes asked for",
        rejected="turned down",
    ),
    *_from(
        State.CLIENT_REVIEW,
        Who.CLIENT,
        deliverable="signed off",
        changes="changes asked for",
        rejected="turned down",
    ),
    *_from(State.CLIENT_REVIEW, Who.REVIEWER, in_review="taken back by the team"),
    *_from(State.CHANGES, Who.REVIEWER, in_review="the decision was superseded"),
)

ALLOWED: frozenset[tuple[str, str]] = frozenset((t.source.value, t.target.value) for t in TRANSITIONS)
SOURCES: dict[str, frozenset[str]] = {
    target.value: frozenset(t.source.value for t in TRANSITIONS if t.target == target) for target in State
}
TERMINAL: frozenset[State] = frozenset(s for s in State if not any(t.source == s for t in TRANSITIONS))

# States in which work is under way: the row has a next_action_at, and the sweep rings for it.
WORKING = frozenset(
    {State.QUEUED, State.SUBMITTING, State.RECONCILING, State.RENDERING, State.DOWNLOADING, State.STORED}
)
# Not at its end and not yet a clip: at work, or paused.
UNDER_WAY = WORKING | {State.HELD, State.AWAITING_APPROVAL}
# States in which the provider holds a slot of ours.
IN_FLIGHT = frozenset({State.SUBMITTING, State.RECONCILING, State.RENDERING})
# Nothing was sent yet, so it can be withdrawn.
UNSENT = frozenset({State.AWAITING_APPROVAL, State.QUEUED, State.HELD})
# Sent, and not here yet: the protocol cannot call it back, so that it can only be abandoned.
SENT = frozenset(
    {State.SUBMITTING, State.RECONCILING, State.NEEDS_HUMAN, State.RENDERING, State.DOWNLOADING, State.STORED}
)
# A playable clip is there.
REVIEWABLE = frozenset(
    {State.IN_REVIEW, State.CLIENT_REVIEW, State.CHANGES, State.REJECTED, State.DELIVERABLE}
)
FAILURES = frozenset({State.DECLINED, State.CANCELLED, State.EXPIRED, State.LOST, State.FAILED})

TONES: dict[State, str] = {
    State.AWAITING_APPROVAL: "warning",
    State.QUEUED: "neutral",
    State.HELD: "warning",
    State.SUBMITTING: "progress",
    State.RECONCILING: "warning",
    State.NEEDS_HUMAN: "warning",
    State.RENDERING: "progress",
    State.DOWNLOADING: "progress",
    State.STORED: "progress",
    State.IN_REVIEW: "info",
    State.CLIENT_REVIEW: "info",
    State.CHANGES: "warning",
    State.REJECTED: "danger",
    State.DELIVERABLE: "success",
    State.DECLINED: "neutral",
    State.CANCELLED: "neutral",
    State.EXPIRED: "danger",
    State.LOST: "danger",
    State.FAILED: "danger",
}


class FailureClass(TextChoices):
    """Why an attempt or a render failed. Each class has one message for the team, the client and staff."""

    RATE_LIMITED = "rate_limited", _("Delayed by the provider")
    UNREACHABLE = "unreachable", _("Provider out of reach")
    AMBIGUOUS_SUBMIT = "ambiguous_submit", _("No clear answer")
    NOT_ACCEPTED = "not_accepted", _("Never arrived")
    INVALID_PARAMS = "invalid_params", _("Parameters refused")
    AUTH_OR_QUOTA = "auth_or_quota", _("Account refused")
    POLICY_PREFLIGHT = "policy_preflight", _("Refused before it was sent")
    POLICY_INPUT = "policy_input", _("Brief refused by policy")
    POLICY_OUTPUT = "policy_output", _("Result refused by policy")
    RENDER_FAILED = "render_failed", _("The provider failed")
    EXPIRED_BEFORE_DOWNLOAD = "expired_before_download", _("Gone before it was fetched")
    PROVIDER_LOST = "provider_lost", _("Lost by the provider")
    PROVIDER_SUNSET = "provider_sunset", _("Provider retired")
    STORAGE_FAILED = "storage_failed", _("Our storage failed")
    UNPLAYABLE = "unplayable", _("Not a playable clip")
    QUARANTINED = "quarantined", _("Set aside")
    CHARACTER_WITHDRAWN = "character_withdrawn", _("Character withdrawn")
    SOURCE_GONE = "source_gone", _("The clip it starts from is gone")
    PICTURE_GONE = "picture_gone", _("Its opening image is gone")


# Refusals by policy: recorded apart from failures of the system.
POLICY_FAILURES = frozenset(
    {FailureClass.POLICY_PREFLIGHT, FailureClass.POLICY_INPUT, FailureClass.POLICY_OUTPUT}
)


class Kind(TextChoices):
    """What the provider is asked for. Remix, edit and extend start from the clip of the parent."""

    CREATE = "create", _("New clip")
    REMIX = "remix", _("Remix")
    EDIT = "edit", _("Edit")
    EXTEND = "extend", _("Extension")


def diagram() -> str:
    """docs/states.md: a table and a Mermaid diagram of TRANSITIONS."""
    lines = [
        "# The life of a render",
        "",
        "Drawn by `manage.py render_states` from `renders/states.py`. Do not edit.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "  [*] --> queued: submitted, price reserved",
        "  [*] --> awaiting: submitted, above the threshold of approval",
        *(f"  {t.source.value} --> {t.target.value}: {t.who.value}" for t in TRANSITIONS),
        *(f"  {s.value} --> [*]" for s in State if s in TERMINAL),
        "```",
        "",
        "| state | people read | leaves to | who | when |",
        "|---|---|---|---|---|",
    ]
    for state in State:
        leaving = [t for t in TRANSITIONS if t.source == state]
        if not leaving:
            lines.append(f"| {state.value} | {state.label} | – | – | the end |")
        lines += [
            f"| {state.value} | {state.label} | {t.target.value} | {t.who.value} | {t.when} |"
            for t in leaving
        ]
    return "\n".join(lines) + "\n"
