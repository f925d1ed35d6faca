"""What the first page says: what waits for whom."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from renders.models import Render
from renders.states import FAILURES, UNDER_WAY, State
from reviews.models import Decision
from tenants.models import Membership

RECENT = timedelta(days=7)
MOST = 12  # lines of one kind; the lists behind them show all
_FAILED = FAILURES - {State.CANCELLED}
# States, how the sentence begins with them, and how it goes on.
_PHRASES: tuple[tuple[frozenset[State], Any, Any], ...] = (
    (
        frozenset({State.IN_REVIEW}),
        ngettext_lazy("%(n)d clip waits for the team", "%(n)d clips wait for the team", "n"),
        ngettext_lazy("%(n)d waits for the team", "%(n)d wait for the team", "n"),
    ),
    (
        frozenset({State.CHANGES}),
        ngettext_lazy("%(n)d clip needs changes", "%(n)d clips need changes", "n"),
        ngettext_lazy("%(n)d needs changes", "%(n)d need changes", "n"),
    ),
    (
        UNDER_WAY | {State.NEEDS_HUMAN},
        ngettext_lazy("%(n)d clip is under way", "%(n)d clips are under way", "n"),
        ngettext_lazy("%(n)d is under way", "%(n)d are under way", "n"),
    ),
    (
        _FAILED,
        ngettext_lazy("%(n)d clip failed this week", "%(n)d clips failed this week", "n"),
        ngettext_lazy("%(n)d failed this week", "%(n)d failed this week", "n"),
    ),
)


def waiting(membership: Membership) -> dict[str, list[Render]]:
    """Takes that wait for this member, by reason. One query."""
    mine = Q(created_by=membership.user_id)
    wanted = Q(state=State.NEEDS_HUMAN) & mine
    wanted |= Q(state__in=sorted(_FAILED), state_at__gt=Now() - RECENT) & mine
    if membership.may("reviews.decide"):
        wanted |= Q(state=State.IN_REVIEW) & ~mine
    if membership.may("briefs.edit"):
        wanted |= Q(state=State.CHANGES)
    rows = Render.objects.on_lists().filter(wanted).select_related("brief__project__client", "created_by")
    found: dict[str, list[Render]] = {"decide": [], "changes": [], "failed": []}
    for row in rows.order_by("-state_at", "-pk")[: 3 * MOST]:
        kind = {State.IN_REVIEW: "decide", State.CHANGES: "changes"}.get(State(row.state), "failed")
        if len(found[kind]) < MOST:
            found[kind].append(row)
    return found


def answers() -> list[Decision]:
    """What clients decided lately, newest first. One query."""
    rows = Decision.objects.filter(guest__isnull=False, decided_at__gt=Now() - RECENT)
    return list(rows.select_related("guest", "stage__round__render__brief").order_by("-seq")[:6])


def summary() -> str:
    """One sentence: "2 clips wait for Acme, 1 under way, 1 failed." Empty for an agency with no takes. One query."""
    watched = sorted(
        UNDER_WAY | _FAILED | {State.IN_REVIEW, State.CLIENT_REVIEW, State.CHANGES, State.NEEDS_HUMAN}
    )
    recent = ~Q(state__in=sorted(_FAILED)) | Q(state_at__gt=Now() - RECENT)
    rows = (
        Render.objects.on_lists()
        .filter(recent, state__in=watched)
        .values_list("state", "brief__project__client__name")
    )
    return _sentence(Counter(rows.order_by()[:5000]))


def _sentence(counted: Counter[Any]) -> str:
    parts = []
    clients = Counter({client: n for (state, client), n in counted.items() if state == State.CLIENT_REVIEW})
    for client, n in clients.most_common(2):
        parts.append(
            ngettext("%(n)d clip waits for %(client)s", "%(n)d clips wait for %(client)s", n)
            % {"n": n, "client": client}
        )
    others = sum(clients.values()) - sum(n for _client, n in clients.most_common(2))
    if others:
        parts.append(ngettext("%(n)d for another client", "%(n)d for other clients", others) % {"n": others})
    for states, alone, after in _PHRASES:
        n = sum(amount for (state, _client), amount in counted.items() if state in states)
        if n:
            parts.append((after if parts else alone) % {"n": n})
    if not parts:
        return _("Nothing waits for anybody.")
    sentence = ", ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]
