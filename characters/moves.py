"""Move a character along its states: the only place that writes Character.state.

Claims and moves are one UPDATE that names the state and the version they start from, as a render's are.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from characters.models import Character, CharacterEvent
from characters.states import ALLOWED, WORKING, State, Who
from tenants import live
from tenants.models import User
from tenants.scope import require_org


class Superseded(Exception):
    """Somebody else moved the character first. Nothing was written."""


def claim(character_id: UUID, *, lease_seconds: float) -> Character | None:
    """Take a due character for one step; None when it is not due, or somebody else has it.

    If the worker dies, the row falls due again when the lease ends.
    """
    due = Character.objects.due().filter(pk=character_id, state=State.AWAITING)
    taken = due.order_by().update(
        version=F("version") + 1, next_action_at=Now() + timedelta(seconds=lease_seconds)
    )
    if not taken:
        return None
    found: Character = Character.objects.select_related("clip").get(pk=character_id)
    return found


def move(
    character: Character,
    target: State,
    *,
    who: Who,
    by: User | None = None,
    note: str = "",
    **changes: Any,
) -> None:
    """Go to the next state. Raises Superseded, or ValueError for a move that is not in the table."""
    source = State(character.state)
    if (source.value, target.value) not in ALLOWED:
        raise ValueError(f"A character cannot go from {source} to {target}.")
    due = Now() if target in WORKING else None
    note = note[:300]
    _write(character, source, state=target, state_at=Now(), next_action_at=due, note=note, **changes)
    CharacterEvent.objects.create(
        character=character,
        version=character.version,
        source=source,
        target=target,
        who=who,
        by=by,
        note=note,
    )
    announce(character, target)


def put_off(character: Character, *, after: float, note: str = "") -> None:
    """Stay in this state and look again in `after` seconds. Raises Superseded."""
    is_news = note != character.note
    _write(
        character, State(character.state), next_action_at=Now() + timedelta(seconds=after), note=note[:300]
    )
    if is_news:
        announce(character, "progress")


def _write(character: Character, source: State, **fields: Any) -> None:
    row = Character.objects.filter(pk=character.pk, state=source, version=character.version)
    if not row.update(version=F("version") + 1, **fields):
        raise Superseded(f"{character.public_id} was moved by somebody else.")
    character.version += 1
    for name, value in fields.items():
        if not hasattr(value, "resolve_expression"):
            setattr(character, name, value)


def announce(character: Character, kind: str) -> None:
    """Tell open pages, once the transaction has committed."""
    live.publish(require_org(), f"character:{character.pk}", str(kind))
