"""Put rows into a state along the table of transitions, which the database insists on."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from renders.models import Render
from renders.states import TRANSITIONS, WORKING, Pause, State


def way(source: str, target: str) -> list[str]:
    """The states of a shortest way, without the first. Raises AssertionError when there is none."""
    ways: dict[str, list[str]] = {source: []}
    waiting = [source]
    while waiting and target not in ways:
        here = waiting.pop(0)
        for step in TRANSITIONS:
            if step.source == here and step.target not in ways:
                ways[step.target.value] = [*ways[here], step.target.value]
                waiting.append(step.target.value)
    assert target in ways, f"no way leads from {source} to {target}"
    return ways[target]


def walk(renders: QuerySet[Render], target: State | str, **fields: Any) -> None:
    """Bring each row to `target` and set `fields` there. Events are not written: the story is the caller's."""
    rows = list(renders.values_list("pk", "state"))
    for source in {state for _pk, state in rows}:
        some = Render.objects.filter(pk__in=[pk for pk, state in rows if state == source])
        for state in way(source, State(target).value):
            some.update(state=state, **asked_of(State(state)))
        if fields:
            some.update(**fields)


def asked_of(state: State) -> dict[str, Any]:
    """What else the database asks of a row in this state."""
    due = Now() if state in WORKING else None
    return {"next_action_at": due, "paused_for": Pause.STOPPED if state == State.HELD else ""}
