"""What a page says about a render under way: why it waits, and for how long."""

import statistics
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from renders.messages import MESSAGES
from renders.models import Attempt, AttemptStatus, Render
from renders.states import FailureClass, Pause, State

LEARN_FROM = 20  # latest clips of the same kind
ENOUGH_FOR_LATE = 5  # of them, before anything is called late


def sentence(render: Render) -> str:
    """One line in words for the progress bar."""
    if render.delayed_until_at and render.state == State.QUEUED:
        return _delayed(render, render.delayed_until_at)
    match State(render.state):
        case State.AWAITING_APPROVAL:
            return _("Waiting for somebody else to approve its price; nothing is set aside yet")
        case State.QUEUED:
            return _waiting(render)
        case State.HELD:
            return _paused(render)
        case State.SUBMITTING:
            return _("Sending it to the provider")
        case State.RECONCILING | State.NEEDS_HUMAN:
            return str(MESSAGES[FailureClass.AMBIGUOUS_SUBMIT].team)
        case State.RENDERING:
            return _("Rendering at the provider")
        case State.DOWNLOADING:
            if render.failure_class:
                return str(MESSAGES[render.failure_class].team)
            return _("Fetching the clip into our storage")
        case State.STORED:
            return _("Making the review copy")
    if render.failure_class:
        return str(MESSAGES[render.failure_class].team)
    return str(State(render.state).label)


def _delayed(render: Render, until: datetime) -> str:
    when = timezone.localtime(until).strftime("%H:%M:%S")
    if render.failure_class == FailureClass.RATE_LIMITED:
        return _("Delayed by the provider, next try %(when)s") % {"when": when}
    if render.failure_class == FailureClass.AUTH_OR_QUOTA:
        return _("The provider refuses our account; staff know. Next try %(when)s") % {"when": when}
    return _("The provider cannot be reached, next try %(when)s") % {"when": when}


def _paused(render: Render) -> str:
    if render.paused_for != Pause.SAFETY_CHECK:
        return _(
            "Paused: generation is switched off for your agency. Nothing is sent; its price stays set aside until it "
            "goes on or you withdraw it"
        )
    if render.next_action_at is None:
        return _("Waiting for the safety check")
    when = timezone.localtime(render.next_action_at).strftime("%H:%M:%S")
    return _("Waiting for the safety check, next try %(when)s. Nothing is sent before it answers") % {
        "when": when
    }


def _waiting(render: Render) -> str:
    ahead = Render.objects.filter(state=State.QUEUED, created_at__lt=render.created_at).count()
    if not ahead:
        return _("Waiting for a slot: you are next")
    return ngettext(
        "Waiting for a slot: %(n)d take ahead of you", "Waiting for a slot: %(n)d takes ahead of you", ahead
    ) % {"n": ahead}


def eta(render: Render) -> str:
    """How much longer, as a range learned from the same model, size and length, or that it is late; else empty."""
    if render.state not in {State.SUBMITTING, State.RENDERING}:
        return ""
    seconds = _learned(render)
    if len(seconds) < 2:
        return ""
    gone = (timezone.now() - render.state_at).total_seconds()
    if _is_late(render, seconds, gone):
        return _("Taking longer than usual; nothing is lost")
    low, high = seconds[len(seconds) // 4], statistics.quantiles(seconds, n=10, method="inclusive")[-1]
    return _range(max(0.0, low - gone), max(5.0, high - gone))


def _is_late(render: Render, seconds: list[float], gone: float) -> bool:
    """Longer at the provider than 95 of 100 like it. Only a word: what is lost is decided by the account's limit."""
    if render.state != State.RENDERING or len(seconds) < ENOUGH_FOR_LATE:
        return False
    return gone > statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def _learned(render: Render) -> list[float]:
    """How many seconds the latest clips of the same model, size and length took, shortest first."""
    same = Attempt.objects.filter(
        status=AttemptStatus.COMPLETED,
        render__model=render.model,
        render__size=render.size,
        render__seconds=render.seconds,
        completed_at__isnull=False,
    )
    took = same.order_by("-created_at").values_list("intent_at", "completed_at")[:LEARN_FROM]
    return sorted((end - start).total_seconds() for start, end in took)


def _range(low: float, high: float) -> str:
    if high < 60:
        return _("about %(low)d–%(high)d s left") % {"low": low // 5 * 5, "high": -(-high // 5) * 5}
    return _("about %(low)d–%(high)d min left") % {"low": low // 60, "high": -(-high // 60)}


def expires_soon(attempt: Attempt | None) -> timedelta | None:
    """How long the provider still keeps its copy, while ours is not stored; None when that is not a question."""
    if attempt is None or attempt.expires_at is None or attempt.render.state != State.DOWNLOADING:
        return None
    return attempt.expires_at - timezone.now()
