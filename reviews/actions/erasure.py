"""Erase who a client's person is. What they decided stays, under a reference that leads to nobody."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
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
    """What goes: everybody who gave one address, under whatever name and through whatever link."""

    guests: list[Guest]  # each with its link and take, and .decided and .said
    comments: int
    notes: int
    decisions: int

    @property
    def names(self) -> list[str]:
        """Each name once, as they first came."""
        return list(dict.fromkeys(each.name for each in self.guests))

    @property
    def links(self) -> int:
        """How many links lose their label."""
        return len({each.link_id for each in self.guests})

    @property
    def to_type(self) -> str:
        """What confirms: the name; the address when it stands for several."""
        return self.names[0] if len(self.names) == 1 else self.guests[0].email


def everything_of(guest: Guest) -> Found:
    """All that belongs to the same address in this agency."""
    rows = Guest.objects.filter(email=guest.email) if guest.email else Guest.objects.filter(pk=guest.pk)
    guests = list(
        rows.select_related("link__round__render__brief__project__client")
        .annotate(
            decided=Count("decisions", distinct=True),
            said=Count("comments", filter=~Q(comments__body=""), distinct=True),
        )
        .order_by("created_at", "pk")
    )
    return Found(
        guests,
        comments=sum(each.said for each in guests),
        notes=DecisionNote.objects.filter(decision__guest__in=guests, erased_at=None).count(),
        decisions=sum(each.decided for each in guests),
    )


@transaction.atomic
def erase_guest(
    *, guest: Guest, with_words: bool, typed: str, by: User, shown: Collection[str] | None = None
) -> Found:
    """Erase name and address of a client's person everywhere in this agency; `with_words`: comments and notes, too.

    `typed`: Found.to_type, to confirm: nothing brings it back. `shown`: the ids that the page named; when somebody has
    come with this address since, nothing goes that nobody has read. The chains of decisions and of the audit trail stay whole,
    for they hold references and digests. Raises CannotErase.
    """
    row = Guest.objects.select_for_update(of=("self",)).get(pk=guest.pk)
    if row.erased_at is not None:
        raise CannotErase("This name was erased already.")
    found = everything_of(row)
    if shown is not None and set(shown) != {each.public_id for each in found.guests}:
        raise CannotErase(
            "Somebody came or was erased with this address while the page was open. Nothing was erased: "
            "read the list again, then confirm."
        )
    if typed.strip() != found.to_type:
        raise CannotErase(f"Type “{found.to_type}” to confirm: nobody can bring it back.")
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
