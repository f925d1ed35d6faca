"""The life of a storyboard, as data: a first scene and its extensions, made one after the other.

A transition is one UPDATE that names the state and version it starts from, as with renders.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Progress(TextChoices):
    """Where a storyboard stands. The words are what people read."""

    PLANNED = "planned", _("Planned")
    AWAITING = "awaiting", _("Waiting for approval")
    RUNNING = "running", _("Being made")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Stopped by a failure")
    DONE = "done", _("All scenes made")


# From each state, where to and when.
TRANSITIONS: dict[Progress, dict[Progress, str]] = {
    Progress.PLANNED: {
        Progress.AWAITING: "started, above the threshold of approval",
        Progress.RUNNING: "started",
    },
    Progress.AWAITING: {
        Progress.RUNNING: "a second person approves the total",
        Progress.STOPPED: "not approved, withdrawn, or changed, which voids the question",
    },
    Progress.RUNNING: {
        Progress.STOPPED: "somebody stops or changes it, or turns a scene down",
        Progress.FAILED: "a scene failed or was refused: what is made stays",
        Progress.DONE: "every scene is stored",
    },
    Progress.STOPPED: {
        Progress.AWAITING: "resumed at what was not agreed",
        Progress.RUNNING: "resumed",
    },
    Progress.FAILED: {
        Progress.AWAITING: "resumed at what was not agreed",
        Progress.RUNNING: "resumed at the failed scene",
    },
    Progress.DONE: {
        Progress.AWAITING: "longer by a scene",
        Progress.RUNNING: "longer by a scene",
    },
}

TONES: dict[Progress, str] = {
    Progress.PLANNED: "neutral",
    Progress.AWAITING: "warning",
    Progress.RUNNING: "progress",
    Progress.STOPPED: "warning",
    Progress.FAILED: "danger",
    Progress.DONE: "success",
}

# Somebody may start it, or go on with it.
STARTABLE = frozenset(source for source, targets in TRANSITIONS.items() if Progress.AWAITING in targets)


def diagram() -> str:
    """docs/storyboard-states.md: a table and a Mermaid diagram of TRANSITIONS."""
    rows = [(s, t, when) for s, targets in TRANSITIONS.items() for t, when in targets.items()]
    lines = [
        "# The life of a storyboard",
        "",
        "Drawn by `manage.py render_states` from `renders/storyboard_states.py`. Do not edit.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "  [*] --> planned: its first scene is written",
        *(f"  {source.value} --> {target.value}" for source, target, _when in rows),
        "  done --> [*]",
        "```",
        "",
        "| state | people read | leaves to | when |",
        "|---|---|---|---|",
        *(f"| {s.value} | {s.label} | {t.value} | {when} |" for s, t, when in rows),
    ]
    return "\n".join(lines) + "\n"
