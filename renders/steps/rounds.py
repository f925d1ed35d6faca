"""One look at everything that an account has in flight: a listing serves all of them, and a GET decides what it shows.

Unchanged renders cost nothing but their line in a page: nothing is written for them.
"""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from renders import pace, rhythm
from renders.models import Attempt, AttemptStatus, ProviderAccount, Render
from renders.moves import announce_progress
from renders.providers.errors import ProviderError, RateLimited
from renders.providers.port import Status, Video
from renders.states import State
from renders.steps.client import client
from tenants.scope import org_transaction, platform_transaction

log = structlog.get_logger(__name__)

LEASE_SECONDS = 60.0  # a round whose worker died is repeated after that
MOST_PAGES = 60
SHOWN_STEP = 5  # percent: what moved by less is not written
CLOCK_SKEW = timedelta(seconds=120)
ALONE_AFTER = 3  # failed rounds; then renders are asked for one by one
MOST_ALONE = 50  # of them a round
ABSENT_AGAIN = 60.0  # seconds between two questions for one that the list lacks


@dataclass(frozen=True)
class Flying:
    """One render in flight, as far as a round needs it."""

    org_id: UUID
    render_id: UUID
    video_id: str
    since: datetime
    progress: int
    next_action_at: datetime
    kind: pace.Kind

    def age(self, now: datetime) -> float:
        """Seconds since it was sent."""
        return max(0.0, (now - self.since).total_seconds())


def look(account_id: int) -> list[tuple[UUID, UUID]]:
    """One round, when it is due; (agency, render) of those that a GET has to decide. Two callers make one round."""
    due = ProviderAccount.objects.filter(pk=account_id, poll_at__lte=Now(), in_flight__gt=0)
    if not due.update(poll_at=Now() + timedelta(seconds=LEASE_SECONDS)):
        return []
    account = ProviderAccount.objects.get(pk=account_id)
    flying, now, usual = _flying(account), timezone.now(), pace.usual(account_id)
    trusts = rhythm.trusts_webhooks(account, now)
    starts = {f.video_id: rhythm.due_at(usual.get(f.kind), with_webhooks=trusts) for f in flying}
    worth = [f for f in flying if f.age(now) >= starts[f.video_id]]
    if not worth:
        soonest = min((starts[f.video_id] - f.age(now) for f in flying), default=rhythm.LONGEST)
        _again(account, min(max(soonest, rhythm.FIRST / 2), rhythm.LONGEST))
        return []
    try:
        listed, is_whole = _listed(account, worth)
    except ProviderError as error:
        return _failed(account, worth, error)
    ended, moved = _sort(worth, listed)
    absent = _absent(account, worth, listed, now) if is_whole else []
    _show(moved, listed)
    _make_due([*ended, *absent])
    _again(account, min(rhythm.pause(f.age(now)) for f in worth), failed_rounds=0)
    return [(f.org_id, f.render_id) for f in [*ended, *absent]]


def _flying(account: ProviderAccount) -> list[Flying]:
    with platform_transaction("polling: what an account has in flight"):
        rows = Attempt.objects.filter(
            account=account, status=AttemptStatus.BOUND, render__state=State.RENDERING
        ).values_list(
            "org_id", "render_id", "provider_video_id", "render__state_at", "render__progress", "render__next_action_at",
            "render__model", "render__size", "render__seconds",
        )  # fmt: skip
        return [
            Flying(org, pk, video, since, progress, due, (model, size, seconds))
            for org, pk, video, since, progress, due, model, size, seconds in rows
        ]


def _listed(account: ProviderAccount, wanted: list[Flying]) -> tuple[dict[str, Video], bool]:
    """What the provider's list says of them, newest first; and whether it was read as far as the oldest."""
    missing = {f.video_id for f in wanted}
    oldest = min(f.since for f in wanted) - CLOCK_SKEW - timedelta(seconds=account.list_grace_seconds)
    found, after = dict[str, Video](), None
    with client(account) as provider:
        for _ in range(MOST_PAGES):
            page = provider.list_videos(after=after)
            found |= {video.id: video for video in page.videos if video.id in missing}
            missing -= found.keys()
            if not missing or not page.has_more or not page.videos:
                return found, True
            last = page.videos[-1]
            if last.created_at is not None and last.created_at < oldest:
                return found, True
            after = last.id
    log.warning("round_too_long", account=account.slug, pages=MOST_PAGES, missing=len(missing))
    return found, False


def _sort(worth: list[Flying], listed: dict[str, Video]) -> tuple[list[Flying], list[Flying]]:
    """(those that ended, those that moved on visibly)."""
    ended, moved = list[Flying](), list[Flying]()
    for one in worth:
        video = listed.get(one.video_id)
        if video is None:
            continue
        if video.status is not Status.RUNNING:
            ended.append(one)
        elif _shown(video) > one.progress:
            moved.append(one)
    return ended, moved


def _shown(video: Video) -> int:
    """Percent in steps, never the whole: that is for a clip that is there."""
    return min(video.progress or 0, 99) // SHOWN_STEP * SHOWN_STEP


def _absent(
    account: ProviderAccount, worth: list[Flying], listed: dict[str, Video], now: datetime
) -> list[Flying]:
    """Those that the whole list lacks although it had its time: a GET tells. Each one once a minute."""
    asked = now + timedelta(seconds=rhythm.NET_SECONDS - ABSENT_AGAIN)
    lacking = [
        f
        for f in worth
        if f.video_id not in listed
        and f.age(now) > account.list_grace_seconds
        and (f.next_action_at < asked or f.age(now) < rhythm.NET_SECONDS)
    ]
    return lacking[:MOST_ALONE]


def _failed(account: ProviderAccount, worth: list[Flying], error: ProviderError) -> list[tuple[UUID, UUID]]:
    """The list cannot be read: later again, ever more seldom; after some rounds the oldest are asked for alone."""
    log.warning("round_failed", account=account.slug, error=str(error))
    wait = min(rhythm.FIRST * 2.0 ** (account.failed_rounds + 1), 60.0)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        wait = min(error.retry_after, 300.0)
    _again(account, wait * random.uniform(1.0, 1.15), failed_rounds=F("failed_rounds") + 1)  # noqa: S311 - jitter
    if account.failed_rounds + 1 < ALONE_AFTER or isinstance(error, RateLimited):
        return []
    alone = sorted(worth, key=lambda f: f.since)[:MOST_ALONE]
    _make_due(alone)
    return [(f.org_id, f.render_id) for f in alone]


def _again(account: ProviderAccount, seconds: float, **changes: Any) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(
        poll_at=timezone.now() + timedelta(seconds=seconds), **changes
    )


def _by_agency(flying: list[Flying]) -> dict[UUID, list[Flying]]:
    found = defaultdict[UUID, list[Flying]](list)
    for one in flying:
        found[one.org_id].append(one)
    return found


def _make_due(flying: list[Flying]) -> None:
    """Written before anybody rings: a lost message costs a sweep, not the net's ten minutes."""
    for org_id, some in _by_agency(flying).items():
        with org_transaction(org_id):
            rows = Render.objects.filter(
                pk__in=[f.render_id for f in some], state=State.RENDERING, next_action_at__gt=Now()
            )
            rows.update(next_action_at=Now())


def _show(moved: list[Flying], listed: dict[str, Video]) -> None:
    """Progress on pages; forward only."""
    for org_id, some in _by_agency(moved).items():
        steps = defaultdict[int, list[UUID]](list)
        for one in some:
            steps[_shown(listed[one.video_id])].append(one.render_id)
        with org_transaction(org_id):
            for percent, ids in steps.items():
                rows = Render.objects.filter(pk__in=ids, state=State.RENDERING, progress__lt=percent)
                if rows.update(progress=percent):
                    announce_progress(ids)
