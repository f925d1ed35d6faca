"""Compare an account's whole list with our ledger, once a day or when staff ask, page by page.

Each page is compared and the cursor moved in one transaction, so that whoever is killed goes on at the page where it
stopped, and no case is opened twice.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from renders import pricing
from renders.models import (
    Asset,
    AssetKind,
    Attempt,
    AttemptStatus,
    Comparison,
    Mismatch,
    MismatchKind,
    Mode,
    PriceRow,
    ProviderAccount,
)
from renders.providers.errors import Gone, ProviderError, Refused
from renders.providers.port import Page, Status, Video
from renders.states import Kind, State
from renders.steps.client import client
from tenants.scope import platform_transaction

log = structlog.get_logger(__name__)

EVERY = timedelta(days=1)
AFTER_FAILURE = timedelta(minutes=10)
LEASE = timedelta(minutes=5)  # of one page; a walk whose worker died goes on after that
# A charge that comes late is no orphan yet.
YOUNGEST = timedelta(minutes=10)
_ENDED = (State.EXPIRED, State.LOST, State.FAILED)


class _Overtaken(Exception):
    """Somebody else has moved the cursor."""


class _StandsStill(Exception):
    """The server gave the same page again: it does not know `after`, so its list cannot be read to the end."""


def compare(account_id: int) -> bool:
    """Walk on where the last walk stopped, to the end. Whether one was finished. Two callers make one walk."""
    due = ProviderAccount.objects.usable().filter(pk=account_id, compare_at__lte=Now())
    if not due.update(compare_at=Now() + LEASE):
        return False
    account = ProviderAccount.objects.get(pk=account_id)
    if not account.capabilities.can_list:
        _look_again(account, EVERY)
        return False
    walk, _made = Comparison.objects.get_or_create(account=account, finished_at=None)
    try:
        with client(account) as provider:
            while _step(account, walk, provider.list_videos(after=walk.cursor or None)):
                pass
    except ProviderError as error:
        _stopped(account, walk, error)
        return False
    except _StandsStill:
        # Not to be taken for the end: what was not read would count as lost.
        log.warning("comparison_stands_still", account=account.slug, pages=walk.pages)
        _look_again(account, EVERY)
        return False
    except _Overtaken:
        log.info("comparison_overtaken", account=account.slug)
        return False
    return True


def _stopped(account: ProviderAccount, walk: Comparison, error: ProviderError) -> None:
    """Later again from the same page; from the beginning, when the provider no longer knows the place."""
    log.warning("comparison_stopped", account=account.slug, pages=walk.pages, error=str(error))
    is_lost = isinstance(error, Gone) or (isinstance(error, Refused) and error.reason == Refused.INVALID)
    if is_lost and walk.cursor:
        Comparison.objects.filter(pk=walk.pk).update(cursor="")
    _look_again(account, AFTER_FAILURE)


def _look_again(account: ProviderAccount, after: timedelta) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(compare_at=Now() + after)


def _step(account: ProviderAccount, walk: Comparison, page: Page) -> bool:
    """Compare one page and move the cursor behind it; False when it was the last one."""
    is_last = not page.has_more or not page.videos
    was, walk.cursor = walk.cursor, page.videos[-1].id if page.videos else walk.cursor
    if was and was == walk.cursor and not is_last:
        raise _StandsStill
    with platform_transaction("comparison: one page of a list against our attempts"):
        here = Comparison.objects.filter(pk=walk.pk, cursor=was, finished_at=None)
        if not here.update(cursor=walk.cursor, pages=F("pages") + 1, videos=F("videos") + len(page.videos)):
            raise _Overtaken
        _compare(account, page.videos)
        _look_again(account, LEASE)
        if is_last:
            _losses(account)
            Comparison.objects.filter(pk=walk.pk).update(finished_at=Now())
            _look_again(account, EVERY)
    return not is_last


def _compare(account: ProviderAccount, videos: list[Video]) -> None:
    ids, now = [video.id for video in videos], timezone.now()
    rows = Attempt.objects.select_related("render").filter(
        # The same key may be in two accounts of ours.
        account__base_url=account.base_url, provider_video_id__in=ids
    )  # fmt: skip
    owned: dict[str, Attempt] = {str(row.provider_video_id): row for row in rows}
    Mismatch.objects.open().filter(account=account, kind=MismatchKind.ORPHAN, video_id__in=owned).update(
        resolved_at=Now(), resolution="A take has claimed it since."
    )
    nobodys = [video for video in videos if video.id not in owned and _is_settled_in(account, video, now)]
    doubts = _Doubts.of(account) if nobodys else None
    for video in nobodys:
        if doubts is not None and not doubts.may_claim(video):
            _open(account, MismatchKind.ORPHAN, video.id, _price(account, video), _facts(video))
    for video in videos:
        if (attempt := owned.get(video.id)) is not None:
            _overage(account, video, attempt)


def _is_settled_in(account: ProviderAccount, video: Video, now: datetime) -> bool:
    """Old enough that whoever made it knows of it."""
    grace = max(timedelta(seconds=account.list_grace_seconds), YOUNGEST)
    return video.created_at is not None and video.created_at < now - grace


@dataclass(frozen=True)
class _Doubts:
    """Requests without an answer: a video that may be one of theirs is the reconciler's, and no orphan yet."""

    prompts: frozenset[str]

    @classmethod
    def of(cls, account: ProviderAccount) -> "_Doubts":
        open_ = [AttemptStatus.INTENT, AttemptStatus.IN_DOUBT]
        rows = Attempt.objects.filter(account__base_url=account.base_url, status__in=open_)
        return cls(frozenset(rows.values_list("prompt_sha256", flat=True)))

    def may_claim(self, video: Video) -> bool:
        """A list without prompts cannot tell, so that any doubt may."""
        if video.prompt is None:
            return bool(self.prompts)
        return hashlib.sha256(video.prompt.encode()).hexdigest() in self.prompts


def _overage(account: ProviderAccount, video: Video, attempt: Attempt) -> None:
    """The provider made a longer or larger clip than the one we settled, or one that we settled as not made."""
    settled = attempt.settled_microusd
    seconds = _whole(video.seconds)
    if video.status is not Status.COMPLETED or settled is None or seconds is None:
        return
    render = attempt.render
    if render.kind == Kind.EXTEND:
        seconds -= render.clip_seconds - render.seconds
    rate = render.microusd_per_second
    if video.size and video.size != render.size:
        rate = _rate(account, render.model, video.size) or rate
    cost = rate * seconds
    if cost <= settled:
        return
    facts = _facts(video) | {
        "settled_microusd": settled,
        "ordered": f"{render.size}, {render.clip_seconds} s",
    }
    _open(account, MismatchKind.OVERAGE, video.id, cost - settled, facts, attempt)


def _losses(account: ProviderAccount) -> None:
    """Charged, ended, and no clip of ours: paid for nothing."""
    known = Mismatch.objects.filter(account=account, kind=MismatchKind.LOSS, attempt_id=OuterRef("pk"))
    clip = Asset.objects.filter(render=OuterRef("render"), kind=AssetKind.ORIGINAL)
    lost = Attempt.objects.select_related("render").filter(
        account=account, settled_microusd__gt=0, render__state__in=_ENDED
    )
    for attempt in lost.exclude(Exists(known)).exclude(Exists(clip)):
        facts = {
            "state": str(attempt.render.get_state_display()),
            "why": str(attempt.render.get_failure_class_display()),
            "settled_microusd": attempt.settled_microusd,
            "ended_at": attempt.render.state_at.isoformat(),
        }
        video_id = attempt.provider_video_id or str(attempt.public_id)
        _open(account, MismatchKind.LOSS, video_id, attempt.settled_microusd, facts, attempt)


def _open(
    account: ProviderAccount,
    kind: MismatchKind,
    video_id: str,
    amount: int | None,
    evidence: dict[str, Any],
    attempt: Attempt | None = None,
) -> None:
    """Once only, whoever finds it again."""
    case = Mismatch(
        account=account,
        kind=kind,
        video_id=video_id,
        amount_microusd=amount,
        evidence=evidence,
        agency_id=attempt.org_id if attempt else None,
        attempt_id=attempt.pk if attempt else None,
    )
    Mismatch.objects.bulk_create([case], ignore_conflicts=True)


def _facts(video: Video) -> dict[str, Any]:
    """What the list says of it, without its prompt: that is somebody's work."""
    return {
        "status": video.status_text,
        "model": video.model,
        "size": video.size,
        "seconds": video.seconds,
        "created_at": video.created_at.isoformat() if video.created_at else None,
    }


def _price(account: ProviderAccount, video: Video) -> int | None:
    """What a video that nobody ordered here costs; None when that cannot be said."""
    seconds = _whole(video.seconds)
    rate = _rate(account, _our_name(account, video.model), video.size)
    if seconds is None or rate is None or video.status is not Status.COMPLETED:
        return None
    return rate * seconds


def _our_name(account: ProviderAccount, wire_model: str) -> str:
    offers = account.offers.all()
    return next((offer.model for offer in offers if offer.name_on_the_wire == wire_model), wire_model)


def _rate(account: ProviderAccount, model: str, size: str) -> int | None:
    rows = PriceRow.objects.on(pricing.today()).filter(
        account=account, model=model, size=size, mode=Mode.STANDARD
    )
    return rows.order_by("-valid_from").values_list("microusd_per_second", flat=True).first()


def _whole(text: str) -> int | None:
    """Seconds of a list; None when it says something else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
