"""Where a worker is killed, and what brings a render to that place."""

from dataclasses import dataclass, field
from typing import Any

Fault = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """`step.moment`. `first` are points that strike the same render before; `faults` bend its way there."""

    name: str
    first: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = field(default=())

    @property
    def step(self) -> str:
        return self.name.partition(".")[0]


_LOST_REPLY: Fault = {"kind": "accept_then_drop", "operation": "create"}
_NEVER_SENT: Fault = {"kind": "drop_before", "operation": "create"}
_SLOW_REPLY: Fault = {"kind": "delay", "operation": "create", "when": "after", "seconds": 1.5}

POINTS: tuple[Point, ...] = (
    Point("submit.before_claim"),
    Point("submit.before_intent_commit"),
    Point("submit.before_post"),
    Point("submit.mid_post", faults=(_SLOW_REPLY,)),
    Point("submit.after_post"),
    Point("submit.before_record_commit"),
    Point("submit.after_commit"),
    Point("suspect.before_commit", first=("submit.after_post",)),
    Point("suspect.after_commit", first=("submit.before_post",)),
    Point("reconcile.before_scan", faults=(_LOST_REPLY,)),
    Point("reconcile.after_scan", faults=(_LOST_REPLY,)),
    Point("reconcile.before_adopt_commit", faults=(_LOST_REPLY,)),
    Point("reconcile.after_commit", faults=(_LOST_REPLY,)),
    Point("reconcile.before_replace_commit", faults=(_NEVER_SENT,)),
    Point("poll.before_get"),
    Point("poll.after_get"),
    Point("poll.before_settle"),
    Point("poll.after_settle"),
    Point("poll.before_commit"),
    Point("poll.after_commit"),
    Point("fetch.before_download"),
    Point("fetch.mid_download"),
    Point("fetch.before_put"),
    Point("fetch.after_put"),
    Point("fetch.before_commit"),
    Point("fetch.inside_commit"),
    Point("fetch.after_commit"),
    Point("derive.before_media"),
    Point("derive.mid_media"),
    Point("derive.after_media"),
    Point("derive.before_commit"),
    Point("derive.inside_commit"),
    Point("derive.after_commit"),
    Point("forget.before_delete"),
    Point("forget.after_delete"),
    Point("forget.after_commit"),
)
# The deletion of a take that is there already: these strike when its files are to go.
PURGE_POINTS: tuple[Point, ...] = (
    Point("purge.before_claim"),
    Point("purge.after_claim"),
    Point("purge.before_journal"),
    Point("purge.after_journal"),
    Point("purge.before_delete"),
    Point("purge.after_delete"),
    Point("purge.before_remove"),
    Point("purge.after_remove"),
    Point("purge.before_last_file"),
    Point("purge.before_receipt"),
    Point("purge.after_paper"),
    Point("purge.before_receipt_commit"),
    Point("purge.after_commit"),
)
# The pages and the sweep work for many rows at once: whoever comes by first dies.
CROWD_POINTS = ("hook.before_commit", "hook.after_commit", "sweep.before_ring", "sweep.after_ring")
BY_NAME = {point.name: point for point in (*POINTS, *PURGE_POINTS)}
