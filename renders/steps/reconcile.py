"""Find out whether an unanswered create was accepted, by reading the provider's list. Never resend before that."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from renders import ledger
from renders.models import Attempt, AttemptStatus, ProviderAccount, Render
from renders.moves import Superseded, claim, move, put_off
from renders.providers.errors import ProviderError
from renders.providers.port import CreateRequest, Operation, Video
from renders.states import State, Who
from renders.steps.client import client
from renders.steps.submit import bind, doubt, drop, request_of
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

LEASE_SECONDS = 90.0
SCHEDULE = (5.0, 30.0, 120.0, 600.0)  # seconds between scans
CLOCK_SKEW = timedelta(seconds=120)  # the provider's clock may differ from ours by so much
MAX_PAGES = 50
UNREAD_FOR = timedelta(hours=6)  # past the grace period, before a person is asked
MAX_ATTEMPTS = 5  # requests that vanish before a person is asked


def suspect(org_id: UUID, render_id: UUID) -> None:
    """A worker died between intent and outcome: its lease ran out, so nobody knows what was accepted."""
    with org_transaction(org_id):
        render = claim(render_id, State.SUBMITTING, lease_seconds=LEASE_SECONDS)
        if render is not None:
            attempt = render.attempts.latest("number")
            doubt(render, attempt, note="the worker stopped before the answer came")


def reconcile(org_id: UUID, render_id: UUID) -> None:
    """One full scan for one attempt in doubt."""
    with org_transaction(org_id):
        render = claim(render_id, State.RECONCILING, lease_seconds=LEASE_SECONDS)
        if render is None:
            return
        attempt = render.attempts.latest("number")
        request = request_of(render)
        if not render.account.capabilities.can_list:
            move(render, State.NEEDS_HUMAN, who=Who.RECONCILER, note="this provider cannot list its videos")
            return
    scanned_at = timezone.now()
    try:
        scan = _matches(render.account, attempt, request)
    except ProviderError as error:
        log.warning("reconcile_scan_failed", render=render.public_id, error=str(error))
        try:
            with org_transaction(org_id):
                _unread(render, attempt)
        except Superseded:
            log.info("reconcile_superseded", render=render.public_id)
        return
    try:
        with org_transaction(org_id):
            if any(_adopt(render, attempt, video) for video in scan.videos):
                return
            if scan.is_whole:
                _absent(render, attempt, scanned_at)
            else:
                _unread(render, attempt)
    except Superseded:
        log.info("reconcile_superseded", render=render.public_id)


def _unread(render: Render, attempt: Attempt) -> None:
    """The list could not be read, or not to its end: later again; a person, when that has gone on for too long."""
    if timezone.now() > _proved_at(render, attempt) + UNREAD_FOR:
        hours = int(UNREAD_FOR.total_seconds() // 3600)
        move(
            render,
            State.NEEDS_HUMAN,
            who=Who.RECONCILER,
            note=f"its list could not be read for {hours} hours",
        )
    else:
        _again(render, attempt, counted=False)


@dataclass(frozen=True)
class Scan:
    """`videos` that a request may have made, oldest first. Half a list shows what is there and proves no absence."""

    videos: list[Video]
    is_whole: bool


def _matches(account: ProviderAccount, attempt: Attempt, request: CreateRequest) -> Scan:
    """Videos of the account that this request may have made, from intent time on."""
    earliest, matches, after = _sent_at(attempt) - CLOCK_SKEW, list[Video](), None
    with client(account) as provider:
        for _ in range(MAX_PAGES):
            page = provider.list_videos(after=after)
            matches += [video for video in page.videos if _fits(video, attempt, request, earliest)]
            if not page.has_more or not page.videos or _older(page.videos[-1], earliest):
                return Scan(matches[::-1], is_whole=True)
            after = page.videos[-1].id
    log.warning("reconcile_list_too_long", account=account.slug, pages=MAX_PAGES)
    return Scan(matches[::-1], is_whole=False)


def _older(video: Video, moment: datetime) -> bool:
    return video.created_at is not None and video.created_at < moment


def _fits(video: Video, attempt: Attempt, request: CreateRequest, earliest: datetime) -> bool:
    """Everything that a listing tells agrees with the request."""
    if _older(video, earliest):
        return False
    if (video.model, video.size, video.seconds) != (request.model, request.size, str(request.seconds)):
        return False
    # Of the four operations only a remix says in a list what it came from.
    if bool(video.remixed_from) != (request.operation is Operation.REMIX):
        return False
    if video.remixed_from and request.source_id and video.remixed_from != request.source_id:
        return False
    return video.prompt is None or hashlib.sha256(video.prompt.encode()).hexdigest() == attempt.prompt_sha256


def _adopt(render: Render, attempt: Attempt, video: Video) -> bool:
    """Bind the video unless another attempt owns it; the unique index decides between claimants."""
    version, state, status = render.version, render.state, attempt.status
    try:
        with transaction.atomic():
            bind(render, attempt, video, who=Who.RECONCILER)
    except IntegrityError:
        render.version, render.state = version, state
        attempt.status, attempt.provider_video_id = status, None
        return False
    return True


def _absent(render: Render, attempt: Attempt, scanned_at: datetime) -> None:
    """Not in the list. Only a second full scan past the grace period proves that it never arrived."""
    attempt.absent_scans += 1
    attempt.save(update_fields=["absent_scans"])
    grace_over = scanned_at >= _proved_at(render, attempt)
    if grace_over and attempt.absent_scans >= 2:
        _replace(render, attempt)
    else:
        _again(render, attempt, counted=True)


def _sent_at(attempt: Attempt) -> datetime:
    """When its intent was written; an attempt in doubt has one."""
    assert attempt.intent_at is not None
    return attempt.intent_at


def _proved_at(render: Render, attempt: Attempt) -> datetime:
    """From when on an absence counts: the list may lag behind the create by the account's grace."""
    return _sent_at(attempt) + timedelta(seconds=render.account.list_grace_seconds)


def _again(render: Render, attempt: Attempt, *, counted: bool) -> None:
    step = min(attempt.absent_scans - (1 if counted else 0), len(SCHEDULE) - 1)
    left = (_proved_at(render, attempt) - timezone.now()).total_seconds()
    wait = SCHEDULE[max(step, 0)]
    # No reason to wait past the moment from which an absence is proof.
    put_off(render, after=min(wait, left + 0.5) if left > 0 else min(wait, SCHEDULE[0]))


def _replace(render: Render, attempt: Attempt) -> None:
    """Proved never accepted: it is sent again, unless that has gone on for too long."""
    if render.is_abandoned:
        drop(render, attempt, who=Who.RECONCILER)
        return
    if attempt.number >= MAX_ATTEMPTS:
        attempt.status = AttemptStatus.NOT_ACCEPTED
        attempt.save(update_fields=["status"])
        move(render, State.NEEDS_HUMAN, who=Who.RECONCILER, note=f"{attempt.number} requests never arrived")
        return
    replace(render, attempt, who=Who.RECONCILER, note="the provider never got it; sending it again")


def replace(render: Render, attempt: Attempt, *, who: Who, note: str, by: object = "") -> None:
    """Never accepted: a new attempt takes over the reservation, and may be sent."""
    attempt.status = AttemptStatus.NOT_ACCEPTED
    attempt.save(update_fields=["status"])
    new = Attempt.objects.create(
        render=render,
        number=attempt.number + 1,
        account_id=attempt.account_id,
        lane=attempt.lane,
        prompt_sha256=attempt.prompt_sha256,
        reserved_microusd=attempt.reserved_microusd,
        reserved_on=attempt.reserved_on,
    )
    ledger.carry_over(attempt, new)
    move(
        render,
        State.QUEUED,
        who=who,
        by=by,
        note=note,
        failure_class="",
    )
