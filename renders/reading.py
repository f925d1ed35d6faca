"""What a page says about a render under way: why it waits, and for how long."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from renders import pace
from renders.messages import MESSAGES
from renders.models import Attempt, Render
from renders.states import UNSENT, FailureClass, Pause, State
from renders.waiting import Waiting


def sentence(render: Render, waiting: Waiting | None) -> str:
    """One line in words for the progress bar. `waiting`: why it waits, of one that is queued."""
    if waiting is not None:
        return waiting.words
    match State(render.state):
        case State.AWAITING_APPROVAL:
            return _("Waiting for somebody else to approve its price; nothing is set aside yet")
        case State.HELD:
            return _paused(render)
        case State.SUBMITTING:
            return _("Sending it to the provider")
        case State.NEEDS_HUMAN:
            return _(
                "Nobody could find out whether the provider accepted it. The platform’s staff are looking; its price "
                "stays set aside, and nothing is sent again before they know"
            )
        case State.RECONCILING:
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


def retries(render: Render) -> str:
    """How often it was tried to be sent in vain, and how often it still is; empty when each try got through.

    Of sending alone: the count begins anew once the provider has it. The most is the account's.
    """
    failed, most = render.retry_count, render.account.max_retries
    if render.state == State.FAILED and render.failure_class == FailureClass.UNREACHABLE:
        return ngettext(
            "It was tried %(n)d time, as often as its account allows. Nothing is paid",
            "It was tried %(n)d times, as often as its account allows. Nothing is paid",
            failed + 1,
        ) % {"n": failed + 1}
    if render.state not in UNSENT or not failed:
        return ""
    return _("Not reached so far: retry %(n)d of %(most)d is next, %(left)d left after it. None is paid") % {
        "n": failed,
        "most": max(failed, most),
        "left": max(0, most - failed),
    }


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


def eta(render: Render, waiting: Waiting | None) -> str:
    """How much longer, as a range learned from clips of the same kind, or that it is late, or that nobody knows yet."""
    if waiting is not None:
        return _range(*waiting.seconds) if waiting.seconds else ""
    if render.state not in {State.SUBMITTING, State.RENDERING}:
        return ""
    took = pace.usual(render.account_id).get((render.model, render.size, render.seconds))
    if took is None:
        return _("Too few clips like it were made to say how long it takes")
    gone = (timezone.now() - render.state_at).total_seconds()
    # Only a word: what is lost is decided by the account's limit.
    if render.state == State.RENDERING and gone > took.high:
        return _("Taking longer than usual; nothing is lost")
    return _range(max(0.0, took.low - gone), max(5.0, took.high - gone))


def _range(low: float, high: float) -> str:
    if high < 60:
        return _("about %(low)d–%(high)d s left") % {"low": low // 5 * 5, "high": -(-high // 5) * 5}
    if low < 60:
        return _("at most about %(high)d min left") % {"high": -(-high // 60)}
    return _("about %(low)d–%(high)d min left") % {"low": low // 60, "high": -(-high // 60)}


def expires_soon(attempt: Attempt | None) -> timedelta | None:
    """How long the provider still keeps its copy, while ours is not stored; None when that is not a question."""
    if attempt is None or attempt.expires_at is None or attempt.render.state != State.DOWNLOADING:
        return None
    return attempt.expires_at - timezone.now()
