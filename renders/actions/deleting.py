"""What deletions of takes, of characters and of pictures have in common for whoever asks for one, or takes it back."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from renders import tasks
from renders.models import Deletion, DeletionState
from tenants.errors import Refused
from tenants.queue import ring

# The sweep looks every half minute; below that a message is worth its while.
_SOON = timedelta(minutes=1)


class CannotDelete(Refused):
    """Nothing was deleted; the text is the disabled item's reason."""


class CannotUndo(Refused):
    """The files stay deleted."""


def ring_purge(deletion: Deletion, window: timedelta) -> None:
    """Wake the worker when the window is over. A window of hours is left to the sweep, which asks the database."""
    if window > _SOON:
        return
    delay = int(window.total_seconds() * 1000)
    name, pk = deletion.subject
    ring(tasks.PURGE_OF[name], str(deletion.org_id), str(pk), delay_ms=delay)


def undoable(deletions: Any) -> Deletion:
    """The one of these deletions that can be taken back, under lock. Raises CannotUndo once the removal has begun."""
    found: Deletion | None = deletions.open().select_for_update(of=("self",)).first()
    if found is None:
        raise CannotUndo("There is no deletion to undo.")
    is_over = Deletion.objects.filter(pk=found.pk, begins_at__lte=Now()).exists()
    if is_over or found.state != DeletionState.WAITING:
        raise CannotUndo(
            "The undo window is over: the files are being removed, and nobody can bring them back."
        )
    return found
