"""Ask the provider how a render is doing. A webhook only makes this happen sooner: the answer here is the truth.

Where an account can list, rounds find out whom to ask (see rounds.py), and this is the net under them.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models.functions import Now
from django.utils import timezone

from renders import ledger, pace, rhythm, switch
from renders.models import Attempt, AttemptStatus, InboundEvent, ProviderAccount, Render
from renders.moves import Superseded, claim, move, put_off
from renders.providers import normalise
from renders.providers.errors import Ambiguous, Gone, ProviderError, RateLimited
from renders.providers.port import Status, Video
from renders.states import IN_FLIGHT, FailureClass, State, Who
from renders.steps.client import client
from renders.steps.submit import fail
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

LEASE_SECONDS = 75.0
FIRST, FACTOR, LONGEST = 2.0, 1.3, 20.0  # seconds between polls grow from the first to the longest
MISSING_CONFIRMED = 3  # a single 404 may be a replica that lags


def next_poll(count: int) -> float:
    """Seconds to the next poll: exponential up to LONGEST, ±15 % so that polls do not march in step."""
    wait = min(FIRST * FACTOR ** min(count, 20), LONGEST)
    return wait * random.uniform(0.85, 1.15)  # noqa: S311 - jitter, not a secret


def poll(org_id: UUID, render_id: UUID, *, on_free: Callable[[], None] | None = None) -> bool:
    """One GET for one render in flight. True when it is complete, and there is a clip to be fetched.

    `on_free` is called when its end gives a full account a free slot.
    """
    with org_transaction(org_id):
        render = claim(render_id, State.RENDERING, lease_seconds=LEASE_SECONDS)
        if render is None:
            return False
        attempt = render.attempts.latest("number")
    outcome = _ask(render, attempt)
    try:
        with org_transaction(org_id):
            _record(render, attempt, outcome)
    except Superseded:
        log.info("poll_superseded", render=render.public_id)
        return False
    if render.failure_class == FailureClass.POLICY_OUTPUT:
        switch.trip_breaker(org_id)
    if isinstance(outcome, Video) and outcome.status is not Status.RUNNING:
        _learn_from(render, attempt, outcome)
    account = render.account
    if on_free is not None and render.state not in IN_FLIGHT and account.in_flight >= account.max_in_flight:
        on_free()
    return render.state == State.DOWNLOADING


def _learn_from(render: Render, attempt: Attempt, video: Video) -> None:
    """How long such a clip takes, and whether webhooks arrive. Facts of the account: losing one costs nothing."""
    if video.status is Status.COMPLETED:
        pace.learn(render, _took(attempt, video))
    account = render.account
    if rhythm.trusts_webhooks(account, timezone.now()):
        came = InboundEvent.objects.filter(account=account, video_id=attempt.provider_video_id)
        if not came.exists():
            log.warning("webhook_missed", account=account.slug, render=render.public_id)
            ProviderAccount.objects.filter(pk=account.pk).update(webhook_missed_at=Now(), poll_at=Now())


def _took(attempt: Attempt, video: Video) -> float:
    """Seconds from accepted to completed, by the provider's own clock where it says both."""
    begun, done = video.raw.get("created_at"), video.raw.get("completed_at")
    if isinstance(begun, int) and isinstance(done, int) and 0 < done - begun < _A_DAY:
        return float(done - begun)
    return max(0.0, (timezone.now() - (attempt.intent_at or attempt.created_at)).total_seconds())


_A_DAY = 86_400


def _ask(render: Render, attempt: Attempt) -> Video | ProviderError:
    try:
        with client(render.account) as provider:
            return provider.retrieve(attempt.provider_video_id or "")
    except ProviderError as error:
        return error


def _record(render: Render, attempt: Attempt, outcome: Video | ProviderError) -> None:
    attempt.poll_count += 1
    if isinstance(outcome, Video):
        attempt.missing_count = 0
        _learn(attempt, outcome)
    attempt.save(update_fields=_POLLED)
    match outcome:
        case Video(status=Status.COMPLETED):
            complete(render, attempt)
        case Video(status=Status.FAILED | Status.CANCELLED):
            _failed(render, attempt, outcome)
        case Video(status=Status.EXPIRED):
            fail(
                render,
                attempt,
                FailureClass.EXPIRED_BEFORE_DOWNLOAD,
                note="expired before we saw it complete",
            )
        case Video():
            _still_running(render, attempt, outcome)
        case Gone():
            _missing(render, attempt, outcome)
        case RateLimited():
            put_off(render, after=min(outcome.retry_after or LONGEST, 300.0))
        case Ambiguous() | ProviderError():
            _still_running(render, attempt, None)


_POLLED = [
    "poll_count",
    "missing_count",
    "provider_status",
    "payload",
    "expires_at",
    "completed_at",
]


def _learn(attempt: Attempt, video: Video) -> None:
    """Keep what the provider says. Its id stays the one of the create: some servers answer with another."""
    attempt.provider_status = video.status_text
    attempt.payload = video.raw
    attempt.expires_at = video.expires_at
    if video.status is Status.COMPLETED:
        attempt.completed_at = timezone.now()


def complete(render: Render, attempt: Attempt) -> None:
    """The clip is made, so it is paid: settle once, then fetch it at once, for it expires."""
    attempt.status = AttemptStatus.COMPLETED
    attempt.save(update_fields=["status"])
    ledger.settle(attempt, cost_microusd=attempt.reserved_microusd)
    move(render, State.DOWNLOADING, who=Who.WORKER, after=0, progress=100)


def _failed(render: Render, attempt: Attempt, video: Video) -> None:
    is_policy = normalise.is_policy(video.error_code, video.error_message)
    why = FailureClass.POLICY_OUTPUT if is_policy else FailureClass.RENDER_FAILED
    fail(render, attempt, why, detail={"code": video.error_code, "message": video.error_message})


def _still_running(render: Render, attempt: Attempt, video: Video | None) -> None:
    # One that was found late, in the list or by people, has its whole time from then on.
    age = timezone.now() - max(attempt.intent_at or attempt.created_at, render.state_at)
    if age > timedelta(seconds=render.account.hard_limit_seconds):
        lose(render, attempt, note=f"still not done after {int(age.total_seconds() // 60)} minutes")
        return
    shown = max(render.progress, min(99, (video.progress if video else None) or 0))
    left = render.account.hard_limit_seconds - age.total_seconds() + 1.0
    wait = rhythm.NET_SECONDS if render.account.capabilities.can_list else next_poll(attempt.poll_count)
    put_off(render, after=min(wait, max(left, 1.0)), progress=shown)


def _missing(render: Render, attempt: Attempt, error: Gone) -> None:
    """404: lost only when it is confirmed."""
    attempt.missing_count += 1
    attempt.save(update_fields=["missing_count"])
    if attempt.missing_count >= MISSING_CONFIRMED:
        lose(render, attempt, note="the provider does not know it any more", detail=error.detail)
    else:
        put_off(render, after=FIRST)


def lose(render: Render, attempt: Attempt, *, note: str, detail: object = None) -> None:
    """Nobody will ever see this clip. Whether it is paid is the account's rule."""
    fail(render, attempt, FailureClass.PROVIDER_LOST, note=note, detail=detail, to=State.LOST)
