"""Erase who a client's person is. What they decided stays, under a reference that leads to nobody."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from renders import tasks
from reviews.models import Comment, DecisionNote, Guest, PortalLink
from tenants import audit
from tenants.errors import Refused
from tenants.models import Chore, ChoreKind, Erasure, User
from tenants.queue import ring
from tenants.scope import require_org


class CannotErase(Refused):
    """Nothing was erased."""


@dataclass(frozen=True)
class Found:
    """What is known of a person, however many links they came through."""

    guests: list[Guest]
    comments: int
    notes: int
    decisions: int


def everything_of(guest: Guest) -> Found:
    """All that belongs to the same address in this agency."""
    rows = Guest.objects.filter(email=guest.email) if guest.email else Guest.objects.filter(pk=guest.pk)
    guests = list(rows.select_related("link").order_by("created_at"))
    return Found(
        guests,
        comments=Comment.objects.filter(guest__in=guests).exclude(body="").count(),
        notes=DecisionNote.objects.filter(decision__guest__in=guests, erased_at=None).count(),
        decisions=sum(each.decisions.count() for each in guests),
    )


@transaction.atomic
def erase_guest(*, guest: Guest, with_words: bool, typed: str, by: User) -> Found:
    """Erase name and address of a client's person everywhere in this agency; `with_words`: comments and notes, too.

    `typed`: the name, to confirm: nothing brings it back. The chains of decisions and of the audit trail stay whole,
    for they hold references and digests. Raises CannotErase.
    """
    row = Guest.objects.select_for_update(of=("self",)).get(pk=guest.pk)
    if row.erased_at is not None:
        raise CannotErase("This name was erased already.")
    if typed.strip() != row.name:
        raise CannotErase(f"Type “{row.name}” to confirm: nobody can bring it back.")
    found = everything_of(row)
    wipe([each.pk for each in found.guests], with_words=with_words)
    record_erasure([each.public_id for each in found.guests], with_words=with_words, by=by)
    audit.record(
        "guest.erased",
        by=by,
        on=row,
        guests=[each.public_id for each in found.guests],
        with_words=with_words,
    )
    return found


def wipe(guest_ids: list[Any], *, with_words: bool) -> None:
    """The writes alone: also what a restored database is told again. Harmless to repeat."""
    guests = Guest.objects.filter(pk__in=guest_ids)
    PortalLink.objects.filter(guests__in=guests).update(label="")
    guests.filter(erased_at=None).update(name="", email="", erased_at=Now())
    if with_words:
        Comment.objects.filter(guest__in=guest_ids).update(body="")
        notes = DecisionNote.objects.filter(decision__guest__in=guest_ids, erased_at=None)
        notes.update(body="", salt="", erased_at=Now())


def record_erasure(subjects: list[str], *, with_words: bool, by: User) -> None:
    """Write it down for the journal outside the database, and let a worker file it now."""
    Erasure.objects.create(subjects=subjects, with_words=with_words, asked_by=by)
    Chore.objects.update_or_create(kind=ChoreKind.AUDIT, defaults={"due_at": Now()})
    ring(tasks.chore, str(require_org()), ChoreKind.AUDIT.value)
