"""Where a take stands in its review. Reviews call this; renders keep the one state table."""

from renders.models import Render
from renders.moves import move
from renders.states import State, Who


def set_review_state(render: Render, target: State, *, who: Who, by: object, note: str = "") -> None:
    """Move a reviewable take. Raises moves.Superseded, or ValueError for a move that the table does not have."""
    move(render, target, who=who, by=by, note=note)
