"""Ringing for background jobs. A ring is a hint: the row says what is to be done, the sweep rings again."""

import time
from typing import Any

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)

# After a failed ring we leave the broker alone for so long: an outage must cost a request now and then, not each.
_QUIET_SECONDS = 5.0
_quiet_until = 0.0


def ring(actor: Any, *args: Any, delay_ms: int = 0) -> None:
    """Send a message to `actor` (a dramatiq actor) when the present transaction commits, or now outside of one.

    Arguments must be ids: JSON, and few. Never raises because of the broker.
    """
    transaction.on_commit(lambda: _send(actor, args, delay_ms), robust=True)


def _send(actor: Any, args: tuple[Any, ...], delay_ms: int) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        actor.send_with_options(args=args, delay=delay_ms or None)
    except Exception as error:  # noqa: BLE001 - whatever the broker's library raises, the row is safe
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        log.warning("ring_failed", actor=actor.actor_name, error=str(error), remedy="the sweep rings again")
