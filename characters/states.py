"""The life of a character, as data. docs/character-states.md is drawn from it; models and actions obey it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a character stands. The words are what people read."""

    DRAFT = "draft", _("Draft")
    LIKENESS = "likeness", _("With the platform’s staff")
    VALIDATED = "validated", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    AWAITING = "awaiting", _("Being registered")
    REGISTERED = "registered", _("Ready")
    RETIRED = "retired", _("Retired")
    REVOKED = "revoked", _("Revoked")


class Who(TextChoices):
    """Who makes a transition."""

    MAKER = "maker"
    APPROVER = "approver"
    STAFF = "staff"
    WORKER = "worker"


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
        State.DRAFT,
        Who.MAKER,
        validated="every rule holds, and the maker attests that nobody’s likeness is in it",
        likeness="somebody, or the face detector, is not sure",
        retired="not needed",
        revoked="the rights are gone",
    ),
    *_from(
        State.LIKENESS,
        Who.STAFF,
        validated="no likeness, or one that a provider has agreed to",
        draft="refused: another clip is needed, and this one never leaves our server",
    ),
    *_from(State.LIKENESS, Who.MAKER, draft="taken back", revoked="the rights are gone"),
    *_from(State.VALIDATED, Who.APPROVER, approved="somebody else has looked", draft="changes asked for"),
    *_from(
        State.VALIDATED, Who.MAKER, draft="taken back", retired="not needed", revoked="the rights are gone"
    ),
    *_from(
        State.APPROVED,
        Who.MAKER,
        awaiting="to be registered with the provider",
        draft="taken back to be changed",
        retired="not needed any more",
        revoked="the rights are gone",
    ),
    *_from(
        State.AWAITING,
        Who.WORKER,
        registered="the provider knows it",
        approved="refused, or no clear answer twice: a person decides",
    ),
    *_from(State.AWAITING, Who.MAKER, retired="not needed any more", revoked="the rights are gone"),
    *_from(
        State.REGISTERED,
        Who.MAKER,
        awaiting="another account is to know it, or the provider has lost it",
        retired="not needed any more: takes in the queue go on",
        revoked="the rights are gone: takes in the queue end",
    ),
    *_from(State.RETIRED, Who.MAKER, validated="wanted again: approved anew", revoked="the rights are gone"),
)

ALLOWED: frozenset[tuple[str, str]] = frozenset((t.source.value, t.target.value) for t in TRANSITIONS)
TERMINAL: frozenset[State] = frozenset(s for s in State if not any(t.source == s for t in TRANSITIONS))

# A worker has something to do: the row has a next_action_at, and the sweep rings for it.
WORKING = frozenset({State.AWAITING})
# May be in a brief once the account that would render it knows it.
USABLE = frozenset({State.APPROVED, State.AWAITING, State.REGISTERED})
# Off the list unless it is asked for.
PUT_AWAY = frozenset({State.RETIRED, State.REVOKED})

TONES: dict[State, str] = {
    State.DRAFT: "neutral",
    State.LIKENESS: "warning",
    State.VALIDATED: "warning",
    State.APPROVED: "info",
    State.AWAITING: "progress",
    State.REGISTERED: "success",
    State.RETIRED: "neutral",
    State.REVOKED: "danger",
}


def can(source: str, target: State) -> bool:
    """Whether the table has this transition."""
    return (str(source), target.value) in ALLOWED


def diagram() -> str:
    """docs/character-states.md: a table and a Mermaid diagram of TRANSITIONS."""
    lines = [
        "# The life of a character",
        "",
        "Drawn by `manage.py render_states` from `characters/states.py`. Do not edit.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "  [*] --> draft: named",
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
