"""The talk of a room in windows: where each thread is, and the words of those that are shown.

A room of a thousand comments is opened in no more time than one of sixty: what is further down is a row of links to
its frames, for the player's markers, until somebody scrolls there.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from reviews.models import Comment, Round, Visibility
from reviews.visibility import Viewer, comments_for
from tenants import public_ids

WINDOW = 60  # threads


@dataclass
class Entry:
    """A thread's place and what filters ask of it, without its words."""

    pk: UUID
    frame_in: int | None
    frame_out: int | None
    is_open: bool
    is_team_only: bool
    has_client: bool

    @property
    def public_id(self) -> str:
        """The top comment's id: cmt_…"""
        return public_ids.encode(Comment.prefix, self.pk)

    def fits(self, show: str) -> bool:
        """Whether the filter lets it through."""
        return {"open": self.is_open, "team": self.is_team_only, "client": self.has_client}.get(show, True)


@dataclass
class Window:
    """Up to WINDOW threads in a row; `threads` is filled for those whose words are shown."""

    entries: list[Entry]
    threads: list[Comment] = field(default_factory=list)

    @property
    def first_id(self) -> str:
        """By which it is asked for."""
        return self.entries[0].public_id

    @property
    def links(self) -> SafeString:
        """Where its threads are, for the player: it makes its markers of such links."""
        places = ((e.public_id, e.frame_in, e.frame_out or e.frame_in) for e in self.entries)
        link = '<a href="#c={0}" data-comment-id="{0}" data-frame-in="{1}" data-frame-out="{2}"></a>'
        return format_html_join("", link, (place for place in places if place[1] is not None))

    def holds(self, pks: Collection[UUID]) -> bool:
        """Whether one of these threads is in it."""
        return any(entry.pk in pks for entry in self.entries)


def outline(viewer: Viewer, round_: Round | None) -> list[Entry]:
    """Every thread that the viewer may read, in the order of their frames. One query, and no words."""
    rows = comments_for(viewer, round_).order_by("created_at", "pk")
    tops: dict[UUID, Entry] = {}
    for pk, parent, frame_in, frame_out, visibility, guest, resolved_at in rows.values_list(
        "pk", "parent_id", "frame_in", "frame_out", "visibility", "guest_id", "resolved_at"
    ):
        if parent is None:
            is_team_only = visibility == Visibility.TEAM
            tops[pk] = Entry(pk, frame_in, frame_out, resolved_at is None, is_team_only, guest is not None)
        elif parent in tops and guest is not None:
            tops[parent].has_client = True
    return sorted(tops.values(), key=lambda entry: (entry.frame_in is None, entry.frame_in or 0))


def windows(entries: list[Entry]) -> list[Window]:
    """The same, cut into windows."""
    return [Window(entries[n : n + WINDOW]) for n in range(0, len(entries), WINDOW)]


def load(viewer: Viewer, round_: Round | None, chosen: list[Window]) -> list[Comment]:
    """Fill these windows with their threads, and return all of those. One query."""
    wanted = [entry.pk for window in chosen for entry in window.entries]
    rows: Any = comments_for(viewer, round_).filter(Q(pk__in=wanted) | Q(parent__in=wanted))
    tops: dict[UUID, Comment] = {}
    for row in rows.order_by("created_at", "pk"):
        if row.parent_id is None:
            row.thread = []
            tops[row.pk] = row
        elif row.parent_id in tops:
            tops[row.parent_id].thread.append(row)
    for window in chosen:
        window.threads = [tops[entry.pk] for entry in window.entries if entry.pk in tops]
    return list(tops.values())
