"""Why a queued take is not sent yet, and what happens next, in words for its team."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from renders import gate, pace, places
from renders.gate import Closed, Why
from renders.models import QuotaWindow, Render
from renders.states import FailureClass, State


@dataclass(frozen=True)
class Waiting:
    """What keeps one take, in words. `seconds`: until its clip is there, as a range, when enough is known."""

    words: str
    seconds: tuple[float, float] | None = None


def explain(renders: Iterable[Render]) -> dict[UUID, Waiting]:
    """Of the queued ones among takes of the agency in scope. As many queries for fifty as for one, per account."""
    queued = [render for render in renders if render.state == State.QUEUED]
    if not queued:
        return {}
    now, standing = timezone.now(), places.places(queued)
    accounts = {render.account_id for render in queued}
    windows = {(row.account_id, row.model): row for row in QuotaWindow.objects.filter(account__in=accounts)}
    usual = {pk: pace.usual(pk) for pk in accounts}
    found = {}
    for render in queued:
        window = windows.get((render.account_id, render.model))
        closed = gate.closed_for(render.account, window, now)
        place = standing.get(render.pk, 1)
        took = usual[render.account_id].get((render.model, render.size, render.seconds))
        found[render.pk] = Waiting(_words(render, closed, place), _seconds(render, closed, place, took, now))
    return found


def at_once(render: Render) -> Waiting | None:
    """What is known without a query, of a take that is queued; explain() adds its place, its quota and a time."""
    if render.state != State.QUEUED:
        return None
    return Waiting(_words(render, gate.closed(render.account, timezone.now()), None))


def _words(render: Render, closed: Closed | None, place: int | None) -> str:
    if render.delayed_until_at and render.delayed_until_at > timezone.now():
        return _delayed(render, render.delayed_until_at)
    if render.account.moderates and render.moderated_at is None:
        return _(
            "Waiting for the provider’s safety check, which is asked before each take. It is sent after that"
        )
    if render.waits_for_lane:
        return _(
            "An equal request is at the provider and not answered yet. This one is sent once that is cleared up, so that "
            "you never pay twice"
        )
    return _gate(render, closed) + " " + _place(place) if closed else _place(place)


def _gate(render: Render, closed: Closed) -> str:
    name = {"account": render.account.name, "until": _clock(closed.until)}
    match closed.why:
        case Why.OFF:
            return (
                _("%(account)s is switched off. It waits until staff switch it on or move it elsewhere.")
                % name
            )
        case Why.HELD:
            return _("%(account)s refuses our account; staff know. It is tried again at %(until)s.") % name
        case Why.BROKEN:
            return (
                _(
                    "%(account)s gives no clear answers; nothing is lost. One request tries it again at %(until)s."
                )
                % name
            )
        case Why.QUOTA:
            return _("%(account)s takes no more %(model)s before %(until)s.") % (
                name | {"model": render.model}
            )
        case Why.FULL:
            numbers = {"n": render.account.in_flight, "most": render.account.max_in_flight}
            return _("All places at %(account)s are taken (%(n)d of %(most)d).") % (name | numbers)


def _place(place: int | None) -> str:
    if place is None:
        return _("Waiting for a slot")
    if place <= 1:
        return _("Waiting for a slot: you are next")
    return _("Waiting for a slot: about %(n)d go first") % {"n": place - 1}


def _delayed(render: Render, until: datetime) -> str:
    when = {"when": _clock(until)}
    if render.failure_class == FailureClass.RATE_LIMITED:
        return _("Delayed by the provider, next try %(when)s") % when
    if render.failure_class == FailureClass.AUTH_OR_QUOTA:
        return _("The provider refuses our account; staff know. Next try %(when)s") % when
    return _("The provider cannot be reached, next try %(when)s") % when


def _clock(until: datetime | None) -> str:
    return timezone.localtime(until).strftime("%H:%M:%S") if until else ""


def _seconds(
    render: Render, closed: Closed | None, place: int, took: pace.Usual | None, now: datetime
) -> tuple[float, float] | None:
    """Until its clip is made: those before it in the account's places, then itself. None when nobody can say."""
    if took is None or (closed is not None and closed.why in {Why.OFF, Why.HELD, Why.BROKEN}):
        return None
    until = closed.until if closed else None
    idle = max(0.0, (until - now).total_seconds()) if until else 0.0
    most = max(1, render.account.max_in_flight)
    free = max(0, most - render.account.in_flight)
    # Whoever does not fit into the free places waits for full turns of all places.
    low_turns, high_turns = max(0, place - free - 1) // most, -(-max(0, place - free) // most)
    return idle + (low_turns + 1) * took.low, idle + (high_turns + 1) * took.high
