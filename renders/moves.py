"""Move a render along its states: the only place that writes Render.state.

A claim says "I work on this until then"; a move says "this happened". Both are one UPDATE that names the state
and the version they start from: a worker that was paused for an hour finds another version and changes nothing.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from renders.models import ProviderAccount, Render, RenderEvent
from renders.states import ALLOWED, IN_FLIGHT, WORKING, Pause, State, Who
from tenants import live
from tenants.audit import actor_ref
from tenants.scope import require_org

# What a move clears unless it says otherwise.
_UNHINDERED = {"delayed_until_at": None, "crash_count": 0, "paused_for": "", "waits_for_lane": False}
_MOST_ANNOUNCED = 50  # single rows that open pages are told of; one word for the agency tells the rest
POISONED = 3  # workers that a render may take down before it is set aside


class Superseded(Exception):
    """Somebody else moved the render first. Nothing was written."""


class NoFreeSlot(Exception):
    """The provider account has as many renders in flight as it takes, or is held."""


def claim(render_id: UUID, state: State, *, lease_seconds: float) -> Render | None:
    """Take a due render for one step; None when it is not due, or somebody else has it.

    If the worker dies, the row falls due again when the lease ends. The crash counter is raised before the work,
    since a kill -9 passes every handler by; move() and put_off() clear it.
    """
    due = Render.objects.filter(pk=render_id, state=state, next_action_at__lte=Now())
    claimed = due.update(
        version=F("version") + 1,
        crash_count=F("crash_count") + 1,
        next_action_at=Now() + timedelta(seconds=lease_seconds),
    )
    if not claimed:
        return None
    render: Render = Render.objects.select_related("account", "brief__project", "brief_version").get(
        pk=render_id
    )
    return render


def move(
    render: Render,
    target: State,
    *,
    who: Who,
    by: object = "",
    note: str = "",
    after: float = 0,
    **changes: Any,
) -> None:
    """Go to the next state. Raises Superseded, NoFreeSlot, or ValueError for a move that is not in the table.

    `after`: seconds until the next action is due, in states that have one.
    """
    source = State(render.state)
    if (source.value, target.value) not in ALLOWED:
        raise ValueError(f"A render cannot go from {source} to {target}.")
    is_due = target in WORKING or changes.get("paused_for") == Pause.SAFETY_CHECK
    due = Now() + timedelta(seconds=after) if is_due else None
    fields = _UNHINDERED | changes
    _write(render, source, state=target, state_at=Now(), next_action_at=due, **fields)
    _count_slot(render, source, target)
    RenderEvent.objects.create(
        render=render,
        version=render.version,
        source=source,
        target=target,
        who=who,
        actor=actor_ref(by) if by else f"system:{who}",
        note=note[:300],
    )
    announce(render, target)


def pause_waiting(*, by: object, note: str) -> int:
    """Pause everything of the agency that was not sent, at once; how many renders those were.

    What waits for the safety check stays paused, but is not asked about any more.
    """
    waiting = list(
        Render.objects.select_for_update()
        .filter(state__in=[State.QUEUED, State.HELD])
        .exclude(paused_for=Pause.STOPPED)
        .order_by("pk")
        .values_list("pk", "version", "state")
    )
    rows = Render.objects.filter(pk__in=[pk for pk, _version, _state in waiting])
    rows.update(
        state=State.HELD,
        paused_for=Pause.STOPPED,
        state_at=Now(),
        next_action_at=None,
        delayed_until_at=None,
        version=F("version") + 1,
    )
    _write_events([row for row in waiting if row[2] == State.QUEUED], State.QUEUED, State.HELD, by, note)
    return len(waiting)


def release_stopped(*, by: object) -> int:
    """Put what was stopped back into the queue, at once; how many renders those were. The sweep rings for them."""
    stopped = list(
        Render.objects.select_for_update()
        .filter(state=State.HELD, paused_for=Pause.STOPPED)
        .order_by("pk")
        .values_list("pk", "version", "state")
    )
    rows = Render.objects.filter(pk__in=[pk for pk, _version, _state in stopped])
    rows.update(
        state=State.QUEUED, paused_for="", state_at=Now(), next_action_at=Now(), version=F("version") + 1
    )
    _write_events(stopped, State.HELD, State.QUEUED, by, "")
    return len(stopped)


def _write_events(rows: list[Any], source: State, target: State, by: object, note: str) -> None:
    RenderEvent.objects.bulk_create(
        RenderEvent(
            render_id=pk,
            version=version + 1,
            source=source,
            target=target,
            who=Who.STAFF,
            actor=actor_ref(by),
            note=note[:300],
        )
        for pk, version, _state in rows
    )
    for pk, _version, _state in rows[:_MOST_ANNOUNCED]:
        live.publish(require_org(), f"render:{pk}", str(target))


def put_off(render: Render, *, after: float, **changes: Any) -> None:
    """Stay in this state and look again in `after` seconds. Raises Superseded."""
    changed = any(getattr(render, name) != value for name, value in changes.items())
    due = Now() + timedelta(seconds=after)
    _write(render, State(render.state), next_action_at=due, **({"crash_count": 0} | changes))
    if changed:
        announce(render, "progress")


def _write(render: Render, source: State, **fields: Any) -> None:
    row = Render.objects.filter(pk=render.pk, state=source, version=render.version)
    if not row.update(version=F("version") + 1, **fields):
        raise Superseded(f"{render.public_id} was moved by somebody else.")
    render.version += 1
    for name, value in fields.items():
        if not hasattr(value, "resolve_expression"):
            setattr(render, name, value)


def _count_slot(render: Render, source: State, target: State) -> None:
    """Keep the account's number of renders in flight exact: it changes in the transaction of the move."""
    if source not in IN_FLIGHT and target in IN_FLIGHT:
        if not ProviderAccount.objects.take_slot(render.account_id):
            raise NoFreeSlot(f"{render.account.name} is full or held.")
    elif source in IN_FLIGHT and target not in IN_FLIGHT:
        ProviderAccount.objects.give_slot(render.account_id)


def announce_progress(render_ids: list[UUID]) -> None:
    """Tell open pages that takes of the agency in scope moved on, once the transaction has committed."""
    for pk in render_ids[:_MOST_ANNOUNCED]:
        live.publish(require_org(), f"render:{pk}", "progress")


def announce(render: Render, kind: str) -> None:
    """Tell open pages, once the transaction has committed."""
    live.publish(require_org(), f"render:{render.pk}", str(kind))
