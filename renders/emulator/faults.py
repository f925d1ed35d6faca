"""Faults: what can go wrong on purpose, how a test asks for it, and which request it hits.

A fault is one-shot unless ``count`` says otherwise. It is matched by operation, and if given by a substring
of the prompt, by key and by video id; ``skip`` lets the first matches pass.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

Stage = Literal["reply", "job", "batch", "webhook"]

SUBMITS = ("create", "remix", "edit", "extend")
OPERATIONS = (
    *SUBMITS, "list", "retrieve", "delete", "content", "character_create", "character_retrieve",
    "models", "moderation", "file_create", "file_retrieve", "file_content", "batch_create", "batch_list",
    "batch_retrieve",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of fault: where it strikes, its parameters with defaults, and the operation if none is given."""

    stage: Stage
    params: dict[str, Any] = field(default_factory=dict)
    operation: str = "any"


KINDS: dict[str, Kind] = {
    # Replies. ``accepted``: the request is really carried out (and billed) before the reply goes wrong.
    "status": Kind(
        "reply",
        {"status": 500, "body": None, "headers": {}, "message": None, "code": None, "accepted": False},
    ),
    "delay": Kind("reply", {"seconds": 1.0, "when": "before"}),
    "accept_then_drop": Kind("reply", {}, "submit"),
    "drop_before": Kind("reply"),
    "truncate": Kind("reply", {"at": 0.5, "content_length": True}, "content"),
    "malformed": Kind("reply", {"variant": "html", "status": 200, "accepted": True}),
    "redirect": Kind("reply", {"location": "http://127.0.0.1:9/elsewhere", "status": 302, "accepted": False}),
    "slowloris": Kind("reply", {"interval": 0.5, "chunk": 1, "accepted": True}),
    "endless": Kind("reply", {"interval": 0.01, "accepted": True}),
    "expire": Kind("reply", {}, "content"),
    # Jobs. They stick to the job that was accepted, restarts included.
    "lose": Kind("job", {"after_seconds": 0.0}, "submit"),
    "fail": Kind(
        "job", {"code": "processing_error", "message": "The video could not be generated."}, "submit"
    ),
    "moderation_block": Kind(
        "job",
        {"code": "moderation_blocked", "message": "Your request was blocked by our moderation system."},
        "submit",
    ),
    "stuck": Kind("job", {}, "submit"),
    "unknown_status": Kind("job", {"text": "processing", "phase": "pending"}, "submit"),
    "odd_progress": Kind("job", {"values": ["NaN", -5, 250, 3]}, "submit"),
    "list_lag": Kind("job", {"seconds": 30.0}, "submit"),
    "credentials": Kind("job", {"variant": "broken"}, "submit"),
    # Batches. They stick to the batch that was accepted, restarts included; a prompt is looked for in its input file.
    "batch_reject": Kind(
        "batch", {"lines": [1], "code": "invalid_request", "message": "This line is wrong."}
    ),
    "batch_expire": Kind("batch", {"lines": 1}),
    "batch_cancel": Kind("batch", {"lines": 1}),
    "batch_line_error": Kind(
        "batch", {"lines": 1, "status": 500, "code": "server_error", "message": "The server had an error."}
    ),
    "batch_shuffle": Kind("batch"),
    "batch_missing": Kind("batch", {"lines": 1}),
    "batch_strange_lines": Kind("batch", {"unknown": 1, "malformed": 4, "duplicate": 1}),
    "batch_early_answers": Kind("batch"),
    "batch_stuck": Kind("batch"),
    "batch_lose": Kind("batch"),
    "batch_list_lag": Kind("batch", {"seconds": 30.0}),
    # Webhooks of a job's end.
    "webhook_drop": Kind("webhook"),
    "webhook_duplicate": Kind("webhook", {"times": 1}),
    "webhook_reorder": Kind("webhook", {"hold_seconds": 5.0}),
    "webhook_forge": Kind("webhook", {"variant": "signature"}),
    "webhook_delay": Kind("webhook", {"seconds": 1.0}),
}

CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("delay", "when"): ("before", "after"),
    ("malformed", "variant"): ("html", "broken_json", "no_id", "empty", "array", "json"),
    ("unknown_status", "phase"): ("pending", "completed", "all"),
    ("credentials", "variant"): ("broken", "absent"),
    ("webhook_forge", "variant"): ("signature", "unsigned", "stale", "garbage"),
}

_COMMON = ("kind", "operation", "prompt", "key", "video_id", "count", "skip")


_SHOWN = 500


class BadFault(ValueError):
    """A fault that cannot be scheduled; the message says what is wrong."""


@dataclass
class Fault:
    """A scheduled fault. ``count`` None means until it is deleted."""

    id: str
    kind: str
    operation: str
    params: dict[str, Any]
    prompt: str | None = None
    key: str | None = None
    video_id: str | None = None
    count: int | None = 1
    skip: int = 0
    hits: int = 0

    @property
    def stage(self) -> Stage:
        """Where it strikes."""
        return KINDS[self.kind].stage

    @property
    def is_spent(self) -> bool:
        """Nothing left to do."""
        return self.count is not None and self.hits >= self.count

    def matches(self, operation: str, prompt: str | None, key: str | None, video_id: str | None) -> bool:
        """Whether it is meant for this request or event."""
        groups = {"any": True, "submit": operation in SUBMITS}
        if not groups.get(self.operation, self.operation == operation):
            return False
        if self.prompt is not None and self.prompt not in (prompt or ""):
            return False
        return self.key in (None, key) and self.video_id in (None, video_id)

    def to_dict(self) -> dict[str, Any]:
        """As shown by the control surface."""
        return {**vars(self), "stage": self.stage}


def _same_type(value: Any, default: Any) -> bool:
    if default is None:
        return True
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, (int, float)):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, type(default))


def parse_fault(data: Any) -> Fault:
    """A fault from its JSON form. Raises BadFault."""
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        raise BadFault("A fault is an object with a 'kind'.")
    kind = KINDS.get(data["kind"])
    if kind is None:
        raise BadFault(f"Unknown kind '{data['kind']}'. Known: {', '.join(KINDS)}.")
    operation = data.get("operation", kind.operation)
    if operation not in ("any", "submit", *OPERATIONS):
        raise BadFault(f"Unknown operation '{operation}'. Known: any, submit, {', '.join(OPERATIONS)}.")
    count, skip = data.get("count", 1), data.get("skip", 0)
    if not (count is None or (isinstance(count, int) and count > 0)) or not isinstance(skip, int):
        raise BadFault(
            "'count' is a positive whole number or null (until deleted); 'skip' is a whole number."
        )
    params = dict(kind.params)
    for name, value in data.items():
        if name in _COMMON:
            continue
        if name not in params:
            raise BadFault(
                f"'{data['kind']}' has no parameter '{name}'. It has: {', '.join(params) or 'none'}."
            )
        if not _same_type(value, params[name]):
            raise BadFault(f"'{name}' of '{data['kind']}' has the wrong type.")
        allowed = CHOICES.get((data["kind"], name))
        if allowed and value not in allowed:
            raise BadFault(f"'{name}' of '{data['kind']}' is one of {', '.join(allowed)}.")
        params[name] = value
    return Fault(
        id=f"fault_{secrets.token_hex(6)}",
        kind=data["kind"],
        operation=operation,
        params=params,
        prompt=data.get("prompt"),
        key=data.get("key"),
        video_id=data.get("video_id"),
        count=count,
        skip=skip,
    )


class Faults:
    """The schedule. Kept in memory: a restarted emulator has no faults but those its jobs carry."""

    def __init__(self) -> None:
        self.scheduled: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Schedule one. Used-up ones are shown until there are too many of them."""
        if len(self.scheduled) >= _SHOWN:
            self.scheduled = [old for old in self.scheduled if not old.is_spent]
        self.scheduled.append(fault)

    def remove(self, fault_id: str | None = None) -> int:
        """Forget one, or all; returns how many."""
        before = len(self.scheduled)
        self.scheduled = [fault for fault in self.scheduled if fault_id is not None and fault.id != fault_id]
        return before - len(self.scheduled)

    def _take(
        self,
        stage: Stage,
        operation: str,
        prompt: str | None,
        key: str | None,
        video_id: str | None,
        most: int,
    ) -> list[Fault]:
        taken: list[Fault] = []
        for fault in self.scheduled:
            if fault.stage != stage or fault.is_spent or not fault.matches(operation, prompt, key, video_id):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.hits += 1
            taken.append(fault)
            if len(taken) == most:
                break
        return taken

    def for_reply(self, operation: str, prompt: str | None, key: str, video_id: str | None) -> Fault | None:
        """The first fault for a request, used up by this."""
        taken = self._take("reply", operation, prompt, key, video_id, 1)
        return taken[0] if taken else None

    def for_job(self, operation: str, prompt: str, key: str) -> dict[str, Any]:
        """Everything that shall stick to a job being accepted: kind to parameters."""
        return {fault.kind: fault.params for fault in self._take("job", operation, prompt, key, None, 99)}

    def for_batch(self, text: str, key: str) -> dict[str, Any]:
        """Everything that shall stick to a batch being accepted. ``text``: its input file."""
        return {
            fault.kind: fault.params for fault in self._take("batch", "batch_create", text, key, None, 99)
        }

    def for_webhook(self, operation: str, prompt: str, key: str, video_id: str) -> dict[str, Any]:
        """Everything that shall happen to a job's event: kind to parameters."""
        return {
            fault.kind: fault.params for fault in self._take("webhook", operation, prompt, key, video_id, 99)
        }
