"""Take what is due for an agency, by the database's clock, and write down what came of it."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from tenants.models import Chore, ChoreKind


def claim(kind: ChoreKind, *, every: timedelta) -> bool:
    """True for one caller when it is due in the agency in scope; the next time is booked before the work begins."""
    Chore.objects.bulk_create([Chore(kind=kind)], ignore_conflicts=True)
    return bool(Chore.objects.due().filter(kind=kind).update(due_at=Now() + every))


def done(kind: ChoreKind, outcome: dict[str, Any]) -> None:
    """For the page."""
    Chore.objects.filter(kind=kind).update(done_at=Now(), outcome=outcome)


def call_for(kind: ChoreKind) -> None:
    """Let it be due now."""
    Chore.objects.update_or_create(kind=kind, defaults={"due_at": Now()})
