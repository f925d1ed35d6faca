"""The kill switch: whether anything may be sent for an agency.

Once a stop has committed, no byte of a new request leaves. A worker looks twice: when it claims a render, and at the
doorway, when the connection stands and the first byte would go. The doorway is a shared advisory lock of the agency;
a stop takes the same lock alone, so that it waits for whoever is just passing (milliseconds) and nobody passes after.

Locks are taken in this order: an account's turns, the agency's switch, renders, the account's slots, its quotas, budgets, the audit chain.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from renders import moves
from renders.models import Attempt, PolicyEvent, RefusalKind, Render
from renders.providers.errors import Withheld
from renders.states import IN_FLIGHT, Pause, State
from tenants import audit, live
from tenants.errors import Refused
from tenants.models import Agency, User
from tenants.scope import org_transaction, require_org

log = structlog.get_logger(__name__)

# A worker that was frozen in the doorway must not keep the switch from being thrown.
_WAIT_MS = 1500
BREAKER_LIMIT = 5  # results blocked by a provider's policy …
BREAKER_WINDOW = timedelta(
    hours=24
)  # … within so long stop an agency, before the provider suspends the account


class GenerationStopped(Refused):
    """Generation is switched off for this agency. Nothing was sent, nothing is spent."""


def _lock(org_id: UUID, function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"generation:{org_id}"])


def is_stopped() -> bool:
    """Whether generation is switched off for the agency in scope. One query."""
    return Agency.objects.filter(pk=require_org(), stopped_at__isnull=False).exists()


def look() -> bool:
    """As is_stopped(), and it stays so until the transaction ends. For workers; takes the first lock of the order."""
    _lock(require_org(), "pg_advisory_xact_lock_shared")
    return is_stopped()


def refuse_when_stopped() -> None:
    """Raises GenerationStopped, with words for the team."""
    agency = Agency.objects.get(pk=require_org())
    if agency.is_stopped:
        raise GenerationStopped(words(agency))


def words(agency: Agency) -> str:
    """What the team reads while its agency is stopped."""
    return _(
        "Generation is switched off for your agency: %(reason)s Review, downloads and client links work as always; "
        "nothing is lost, and nothing new is spent."
    ) % {"reason": _sentence(agency.stop_reason)}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


@contextmanager
def doorway(org_id: UUID) -> Iterator[None]:
    """Held while the first byte of a request leaves. Raises Withheld when generation is switched off."""
    _lock(org_id, "pg_advisory_lock_shared")
    try:
        with org_transaction(org_id):
            stopped = is_stopped()
        if stopped:
            raise Withheld("Generation is switched off for this agency.")
        yield
    finally:
        _lock(org_id, "pg_advisory_unlock_shared")


@dataclass(frozen=True)
class Effect:
    """What a stop does, or did, in numbers of renders; `committed_microusd` is what those in flight will cost."""

    waiting: int
    in_flight: int
    committed_microusd: int

    def sentence(self) -> str:
        """For whoever is about to throw the switch."""
        stops = ngettext("Stops %(n)d render that waits", "Stops %(n)d renders that wait", self.waiting) % {
            "n": self.waiting
        }
        if not self.waiting:
            stops = _("No render waits")
        if not self.in_flight:
            return _("%(stops)s; none is in flight.") % {"stops": stops}
        paid = ngettext(
            "%(n)d in flight will still be paid", "%(n)d in flight will still be paid", self.in_flight
        ) % {"n": self.in_flight}
        return f"{stops}; {paid}."


def dry_run() -> Effect:
    """What a stop would do now to the agency in scope. Changes nothing. Two queries."""
    waiting = Render.objects.filter(state=State.QUEUED).count()
    waiting += Render.objects.filter(state=State.HELD, paused_for=Pause.SAFETY_CHECK).count()
    sent = Render.objects.filter(state__in=sorted(IN_FLIGHT))
    costs = Attempt.objects.filter(render__in=sent, settled_microusd=None).values_list(
        "reserved_microusd", flat=True
    )
    return Effect(waiting, sent.count(), sum(costs))


@transaction.atomic
def stop(*, reason: str, by: User | None) -> Effect:
    """Switch generation off for the agency in scope. `by` None: a rule of the platform did it.

    What waits is paused and keeps its reservation; what was sent goes on, for it is paid.
    """
    org_id = require_org()
    _take_alone(org_id)
    Agency.objects.filter(pk=org_id).update(stopped_at=Now(), stopped_by=by, stop_reason=reason)
    actor: object = by or "system:breaker"
    held = moves.pause_waiting(by=actor, note=reason)
    effect = dry_run()
    effect = Effect(held, effect.in_flight, effect.committed_microusd)
    agency = Agency.objects.get(pk=org_id)
    audit.record(
        "generation.stopped", by=actor, on=agency, reason=reason, paused=held, in_flight=effect.in_flight
    )
    live.publish(org_id, live.ORG_TOPIC, "generation")
    log.warning("generation_stopped", agency=agency.slug, paused=held, in_flight=effect.in_flight)
    return effect


def _take_alone(org_id: UUID) -> None:
    """The switch's lock, alone. Whoever does not let go in time is frozen, and counts as in flight."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT_MS}ms'")
            _lock(org_id, "pg_advisory_xact_lock")
            cursor.execute("SET LOCAL lock_timeout = 0")
    except OperationalError:
        log.warning("switch_thrown_past_a_frozen_worker", org=str(org_id))


@transaction.atomic
def resume(*, by: User) -> int:
    """Switch generation on again for the agency in scope; how many renders go back to the queue."""
    org_id = require_org()
    _take_alone(org_id)
    agency = Agency.objects.get(pk=org_id)
    if not agency.is_stopped:
        return 0
    Agency.objects.filter(pk=org_id).update(
        stopped_at=None, stopped_by=None, stop_reason="", breaker_from_at=Now()
    )
    released = moves.release_stopped(by=by)
    audit.record("generation.resumed", by=by, on=agency, released=released)
    live.publish(org_id, live.ORG_TOPIC, "generation")
    return released


def trip_breaker(org_id: UUID) -> bool:
    """Stop an agency whose results are blocked again and again; True when this call did."""
    with org_transaction(org_id):
        agency = Agency.objects.get(pk=org_id)
        if agency.is_stopped:
            return False
        blocked = PolicyEvent.objects.filter(
            kind=RefusalKind.PROVIDER_OUTPUT, happened_at__gt=Now() - BREAKER_WINDOW
        )
        if agency.breaker_from_at:
            blocked = blocked.filter(happened_at__gt=agency.breaker_from_at)
        if blocked.count() < BREAKER_LIMIT:
            return False
        reason = _(
            "The provider’s policy blocked %(n)d results within a day. The platform’s staff look at them and switch "
            "generation on again."
        ) % {"n": BREAKER_LIMIT}
        stop(reason=reason, by=None)
        return True
