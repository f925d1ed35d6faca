"""Send the render whose turn it is to its provider: intent first, one POST, then what is known of its outcome."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from renders import (
    breaker,
    casting,
    flags,
    gate,
    ledger,
    pictures,
    quota,
    rhythm,
    switch,
    triage,
    turns,
    wishes,
)
from renders.models import (
    AssetKind,
    Attempt,
    AttemptStatus,
    InboundEvent,
    PictureFile,
    ProviderAccount,
    Render,
    SettlementRule,
)
from renders.moves import POISONED, NoFreeSlot, Superseded, claim, move, put_off
from renders.preflight import Preflight, current_version, preflight, version_texts
from renders.providers.errors import Ambiguous, RateLimited, Refused, Retired, Unreachable, Withheld
from renders.providers.port import CreateRequest, Limits, Operation, Picture, Video
from renders.states import POLICY_FAILURES, FailureClass, Kind, Pause, State, Who
from renders.steps.client import client
from tenants import storage
from tenants.scope import entered, org_transaction

log = structlog.get_logger(__name__)

LEASE_SECONDS = 90.0  # longer than the client's own deadline for a create
WAIT_FOR_LANE = 2.0
ACCOUNT_HOLD = timedelta(seconds=60)  # after a 401, 402 or 403: nothing more is sent for so long
LONGEST_RETRY = 120.0  # seconds between two tries of a create that is proved not sent
MOST_PICKS = 20  # takes that one call may find unfit to be sent before it leaves the rest to the next one


@dataclass(frozen=True)
class Sending:
    """What is about to be sent. `source_key`: our copy of the clip that it starts from, when it goes along; `picture`:
    the image that it opens with.

    `ticket`: the send as the account's quota counted it. `is_probe`: it decides whether the breaker closes. `is_last`: nothing
    else waits for the account. `heard`: what the answer's headers said.
    """

    render: Render
    attempt: Attempt
    request: CreateRequest
    ticket: quota.Ticket
    is_probe: bool = False
    is_last: bool = False
    heard: list[Limits] = field(default_factory=list)
    source_key: str = ""
    picture: PictureFile | None = None


def lane_of(account: ProviderAccount, request: CreateRequest) -> str:
    """Fingerprint of a request: two that look alike in the provider's list share it, also of two agencies.

    Where the list tells no prompts, those of equal model, size and length look alike.

    Characters, pictures and the clip that an edit or an extension starts from are not in it, for no list echoes them:
    two requests that differ in nothing else have to take turns.
    """
    prompt = request.prompt if account.capabilities.lists_prompts else ""
    text = f"{account.pk}\n{request.model}\n{request.size}\n{request.seconds}\n{prompt}"
    return hashlib.sha256(text.encode()).hexdigest()


def request_of(render: Render) -> CreateRequest:
    """What goes on the wire, but for files: those are fetched when it is sent."""
    offer = render.account.offers.filter(model=render.model).first()
    model = (offer.wire_model if offer else "") or render.model
    plain = CreateRequest(
        prompt=render.brief_version.composed_prompt,
        model=model,
        size=render.size,
        seconds=render.clip_seconds,
        operation=Operation(render.kind),
    )
    if render.kind == Kind.CREATE:
        return dataclasses.replace(plain, characters=_known_cast(render))
    source = render.parent
    assert source is not None
    return dataclasses.replace(
        plain,
        source_id=wishes.known_there(render.account, source),
        added_seconds=render.seconds if render.kind == Kind.EXTEND else 0,
    )


def _known_cast(render: Render) -> tuple[str, ...]:
    """The provider's ids of who is in it."""
    cast = list(render.brief_version.cast.values_list("character_id", flat=True))
    known = casting.known_ids(render.account, cast) if cast else {}
    return tuple(known[pk] for pk in cast if pk in known)


def submit(org_id: UUID, render_id: UUID, *, on_more: Callable[[], None] | None = None) -> bool:
    """Look at the account of one render: whoever's turn it is there is sent. Whoever calls twice sends once.

    True when the render has to be let through by the provider's safety check first. `on_more`: as in dispatch().
    """
    with org_transaction(org_id):
        found = Render.objects.select_related("account").filter(pk=render_id).first()
    if found is None:
        return False
    if found.state == State.QUEUED and found.account.moderates and found.moderated_at is None:
        return True
    dispatch(found.account_id, on_more=on_more)
    return False


def dispatch(account_id: int, *, on_more: Callable[[], None] | None = None) -> bool:
    """One try to send the render whose turn it is at an account; whether one was sent.

    `on_more` is called before the POST when another one may go at once.
    """
    sending = _next(account_id)
    if sending is None:
        return False
    if on_more is not None and not sending.is_last:
        on_more()
    outcome = _post(sending)
    org_id = UUID(str(sending.render.org_id))
    try:
        with org_transaction(org_id):
            _record(sending, outcome)
            _tell(sending, outcome)
    except Superseded:
        # How the account answered holds whatever became of the render.
        _tell(sending, outcome)
        # The lease ran out and the reconciler has it: it will find what was accepted in the list. Nothing of what was
        # about to be written stays, or the attempt would be settled under the reconciler's hands.
        log.warning("submit_superseded", render=sending.render.public_id, outcome=type(outcome).__name__)
    return True


def _next(account_id: int) -> Sending | None:
    """The render whose turn it is, with its intent written; None when nothing goes now.

    Turn, quota, slot and intent are one transaction under the account's turn lock.
    """
    for _ in range(MOST_PICKS):
        with transaction.atomic():
            turns.lock(account_id)
            account = ProviderAccount.objects.get(pk=account_id)
            now, windows = timezone.now(), quota.windows(account_id)
            if gate.closed(account, now) is not None:
                return None
            used_up = [model for model, row in windows.items() if quota.free_at(row, now) is not None]
            turn = turns.pick(account, without_models=used_up)
            if turn is None:
                return None
            with entered(turn.org_id):
                sending = _claim(turn.render_id)
                if sending is not None:
                    turns.served(account, turn)
                    ticket = quota.take(account_id, sending.render.model, windows.get(sending.render.model))
                    is_probe = account.broken_at is not None
                    if is_probe:
                        breaker.begin_probe(account)
                    return dataclasses.replace(
                        sending, ticket=ticket, is_probe=is_probe, is_last=turn.is_last
                    )
    return None


def _claim(render_id: UUID) -> Sending | None:
    """Write the intent: from the commit on, this attempt may have cost money. None when it is not sent after all."""
    is_stopped = switch.look()
    render = claim(render_id, State.QUEUED, lease_seconds=LEASE_SECONDS)
    if render is None:
        return None
    attempt = render.attempts.latest("number")
    if is_stopped:
        move(render, State.HELD, who=Who.STAFF, paused_for=Pause.STOPPED, note="generation is switched off")
        return None
    if _is_over(render, attempt):
        return None
    request = request_of(render)
    try:
        with transaction.atomic():
            _write_intent(render, attempt, request)
    except NoFreeSlot:
        put_off(render, after=0)
        return None
    except IntegrityError:
        render.state = State.QUEUED
        put_off(render, after=WAIT_FOR_LANE, waits_for_lane=True)
        _put_off_its_like(render)
        return None
    nobody = quota.Ticket(render.account_id, render.model, 0)
    picture = render.brief_version.picture if render.kind == Kind.CREATE else None
    source_key = _source_key(render, request)
    return Sending(render, attempt, request, nobody, source_key=source_key, picture=picture)


def _put_off_its_like(render: Render) -> None:
    """What would meet the same lane next waits, too, all at once: other takes must not stand behind each one's try."""
    like = Render.objects.filter(
        account=render.account,
        state=State.QUEUED,
        next_action_at__lte=Now(),
        kind=render.kind,
        model=render.model,
        size=render.size,
        seconds=render.seconds,
    )
    if render.account.capabilities.lists_prompts:
        like = like.filter(brief_version=render.brief_version)
    # Whoever holds one of them is changing it anyway; waiting for each other would be a deadlock.
    rows = like.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    due = Now() + timedelta(seconds=WAIT_FOR_LANE)
    Render.objects.filter(pk__in=list(rows)).update(next_action_at=due, waits_for_lane=True)


def _source_key(render: Render, request: CreateRequest) -> str:
    """Where our copy is of the clip that it starts from, when the provider has none; else empty."""
    if request.operation is Operation.CREATE or request.source_id or render.parent is None:
        return ""
    original = render.parent.asset(AssetKind.ORIGINAL)
    return original.storage_key if original is not None else ""


def _is_over(render: Render, attempt: Attempt) -> bool:
    """Whether the render ends here, unsent; then it was failed."""
    account = render.account
    if render.crash_count > POISONED:
        fail(render, attempt, FailureClass.QUARANTINED, note="it took its worker down three times")
    elif render.is_abandoned:
        # It came back from the provider unsent, and nobody wants it any more.
        drop(render, attempt, who=Who.WORKER)
    elif account.has_ended:
        note = f"{account.name} ended on {account.sunset_on}"
        fail(render, attempt, FailureClass.PROVIDER_SUNSET, note=note)
    elif (found := _read_again(render)) is not None:
        fail(render, attempt, FailureClass.POLICY_PREFLIGHT, note="a newer rule refuses it", found=found)
    elif refusal := casting.withdrawn(render.brief_version, account):
        fail(render, attempt, FailureClass.CHARACTER_WITHDRAWN, note=refusal)
    elif refusal := pictures.withdrawn(render.brief_version, account):
        fail(render, attempt, FailureClass.PICTURE_GONE, note=refusal)
    elif refusal := _lost_source(render):
        fail(render, attempt, FailureClass.SOURCE_GONE, note=refusal)
    return bool(render.is_failure)


def drop(render: Render, attempt: Attempt, *, who: Who) -> None:
    """An abandoned render that is proved not to be at the provider: it ends, and its price is given back."""
    attempt.status = AttemptStatus.NOT_ACCEPTED if attempt.intent_at else AttemptStatus.WITHDRAWN
    attempt.save(update_fields=["status"])
    ledger.release(attempt)
    move(render, State.CANCELLED, who=who, note="abandoned, and never accepted; nothing is paid")


def _read_again(render: Render) -> Preflight | None:
    """What rules that are newer than the submit refuse in the brief; None when nothing, or there are none."""
    if render.rules_version == current_version():
        return None
    found = preflight(version_texts(render.brief_version), client_id=render.brief.project.client_id)
    if not found.has_passed:
        return found
    Render.objects.filter(pk=render.pk).update(rules_version=found.rules_version)
    render.rules_version = found.rules_version
    return None


def _lost_source(render: Render) -> str:
    """Why the clip that it starts from cannot be had any more; empty when it can, or there is none."""
    if render.kind == Kind.CREATE or render.parent is None:
        return ""
    try:
        wishes.check_source(render.account, render.parent, Kind(render.kind))
    except wishes.CannotDerive as refusal:
        return str(refusal)
    return ""


def _write_intent(render: Render, attempt: Attempt, request: CreateRequest) -> None:
    version = render.version
    try:
        move(
            render,
            State.SUBMITTING,
            who=Who.DISPATCHER,
            after=LEASE_SECONDS,
            crash_count=render.crash_count,
            failure_class="",
        )
        attempt.status = AttemptStatus.INTENT
        attempt.lane = lane_of(render.account, request)
        attempt.prompt_sha256 = hashlib.sha256(request.prompt.encode()).hexdigest()
        attempt.intent_at = timezone.now()
        attempt.save(update_fields=["status", "lane", "prompt_sha256", "intent_at"])
    except (NoFreeSlot, IntegrityError):
        # The savepoint takes the move back; so must the object in hand.
        render.state, render.version = State.QUEUED, version
        raise


Outcome = Video | Withheld | Unreachable | RateLimited | Refused | Retired | Ambiguous


def _post(sending: Sending) -> Outcome:
    """The one POST. Every failure comes back as a value: each one must be recorded."""
    render = sending.render
    try:
        with _with_files(sending) as request, client(render.account) as provider:
            doorway = functools.partial(switch.doorway, UUID(str(render.org_id)))
            try:
                return provider.create(request, doorway=doorway)
            finally:
                sending.heard.append(provider.limits)
    except storage.StorageFailed as error:
        return NotOurs(f"Our own copy cannot be read: {error}")
    except (Withheld, Unreachable, RateLimited, Refused, Retired, Ambiguous) as error:
        return error


class NotOurs(Unreachable):
    """Nothing was sent, and the provider has no part in it."""


def _tell(sending: Sending, outcome: Outcome) -> None:
    """Let the breaker and the quota know how it went. After the render's own row: see the order of locks in switch.py."""
    account = sending.render.account
    for limits in sending.heard:
        quota.learn(sending.ticket, limits)
    match outcome:
        case Withheld() | NotOurs():
            quota.give_back(sending.ticket)
            if sending.is_probe:
                breaker.give_back_probe(account.pk)
        case Unreachable() | Ambiguous():
            breaker.failed(account, str(outcome), was_probe=sending.is_probe)
        case _:
            breaker.succeeded(account.pk)


@contextmanager
def _with_files(sending: Sending) -> Iterator[CreateRequest]:
    """The request with the files that it sends along. Raises storage.StorageFailed."""
    picture = sending.picture
    if not sending.source_key and picture is None:
        yield sending.request
        return
    with storage.workspace() as folder:
        if picture is None:
            copy = storage.copy_to(sending.source_key, folder / "source.mp4")
            yield dataclasses.replace(sending.request, source_file=copy.path)
            return
        copy = storage.copy_to(picture.storage_key, folder / "picture")
        if copy.sha256 != picture.sha256:
            raise storage.StorageFailed("The stored image’s bytes do not match its hash.")
        yield dataclasses.replace(sending.request, picture=Picture(copy.path, picture.content_type))


def _record(sending: Sending, outcome: Outcome) -> None:
    render, attempt = sending.render, sending.attempt
    match outcome:
        case Withheld():
            _withhold(render, attempt)
        case Video():
            bind(render, attempt, outcome, who=Who.WORKER)
        case RateLimited():
            seconds = quota.block(sending.ticket, outcome.retry_after)
            _requeue(render, attempt, FailureClass.RATE_LIMITED, seconds, "the provider asked us to wait")
        case Unreachable():
            _not_sent(render, attempt, str(outcome), is_probe=sending.is_probe)
        case Retired():
            fail(render, attempt, FailureClass.PROVIDER_SUNSET, detail=outcome.detail)
        case Refused() if outcome.reason == Refused.ACCESS:
            ProviderAccount.objects.hold(render.account_id, timezone.now() + ACCOUNT_HOLD, str(outcome))
            log.error("account_refused", account=render.account.slug, status=outcome.status)
            _requeue(
                render, attempt, FailureClass.AUTH_OR_QUOTA, ACCOUNT_HOLD.total_seconds(), "account refused"
            )
        case Refused():
            fail(render, attempt, FailureClass(outcome.reason), detail=outcome.detail)
            if outcome.reason == Refused.INVALID:
                flags.strike(render, outcome.detail)
        case Ambiguous():
            doubt(render, attempt, note="no clear answer to the request", detail=outcome.detail)


def _withhold(render: Render, attempt: Attempt) -> None:
    """Stopped at the last moment: paused, or queued when generation is on again by now."""
    is_stopped = switch.look()
    attempt.status = AttemptStatus.RESERVED
    attempt.save(update_fields=["status"])
    note = "generation was switched off before the first byte left"
    if is_stopped:
        move(render, State.HELD, who=Who.WORKER, paused_for=Pause.STOPPED, note=note)
    else:
        move(render, State.QUEUED, who=Who.WORKER, note=note)


def bind(render: Render, attempt: Attempt, video: Video, *, who: Who) -> None:
    """The provider has it: keep its id for ever. Raises IntegrityError when the id has an owner already."""
    attempt.status = AttemptStatus.BOUND
    attempt.provider_video_id = video.id
    attempt.provider_status = video.status_text
    attempt.payload = video.raw
    attempt.save(update_fields=["status", "provider_video_id", "provider_status", "payload"])
    parked = InboundEvent.objects.filter(account=attempt.account_id, video_id=video.id, matched_at=None)
    was_announced = parked.update(matched_at=timezone.now()) > 0
    after = 0.0 if was_announced else rhythm.first_question(render.account)
    move(render, State.RENDERING, who=who, after=after, retry_count=0, failure_class="")


def doubt(render: Render, attempt: Attempt, *, note: str, detail: object = None) -> None:
    """Nobody knows whether it was accepted: keep the reservation and ask the provider's list."""
    attempt.status, attempt.error = AttemptStatus.IN_DOUBT, as_json(detail)
    attempt.save(update_fields=["status", "error"])
    failure = FailureClass.AMBIGUOUS_SUBMIT
    move(render, State.RECONCILING, who=Who.WORKER, after=1, note=note, failure_class=failure)


def _not_sent(render: Render, attempt: Attempt, note: str, *, is_probe: bool) -> None:
    """Proved not sent: tried again by itself, as often as the account says. A probe of the breaker's is not counted."""
    if render.retry_count >= render.account.max_retries and not is_probe:
        fail(render, attempt, FailureClass.UNREACHABLE, note=note)
        return
    wait = min(2.0 ** (render.retry_count + 1), LONGEST_RETRY)
    _requeue(render, attempt, FailureClass.UNREACHABLE, wait, note, counts=not is_probe)


def _requeue(
    render: Render,
    attempt: Attempt,
    why: FailureClass,
    seconds: float,
    note: str,
    *,
    counts: bool = False,
) -> None:
    """Back to the queue, for it is proved that nothing was accepted. The reservation stays."""
    attempt.status = AttemptStatus.RESERVED
    attempt.save(update_fields=["status"])
    retries = render.retry_count + counts
    until = timezone.now() + timedelta(seconds=seconds)
    move(
        render,
        State.QUEUED,
        who=Who.WORKER,
        after=seconds,
        note=note,
        failure_class=why,
        delayed_until_at=until,
        retry_count=retries,
    )


def fail(
    render: Render,
    attempt: Attempt,
    why: FailureClass,
    *,
    detail: object = None,
    note: str = "",
    to: State = State.FAILED,
    found: Preflight | None = None,
    keys: Sequence[str] = (),
) -> None:
    """End the render, and settle its attempt by the account's rule for this class.

    A refusal by policy is written down in the same transaction. `found`: what our rules found; `keys`: the categories
    of a safety check.
    """
    was_sent = attempt.status in {AttemptStatus.BOUND, AttemptStatus.COMPLETED}
    attempt.status = AttemptStatus.FAILED if attempt.intent_at else AttemptStatus.WITHDRAWN
    attempt.error = as_json(detail)
    attempt.save(update_fields=["status", "error"])
    charged = was_sent and render.account.settlement_rule(why) == SettlementRule.CHARGE
    ledger.settle(attempt, cost_microusd=attempt.reserved_microusd if charged else 0)
    move(render, to, who=Who.WORKER, note=note, failure_class=why)
    if found is not None:
        triage.record_preflight(render.brief, found, render=render)
    elif why in POLICY_FAILURES:
        triage.record_refusal(render, why, detail=attempt.error, keys=keys)


def as_json(detail: object) -> object:
    """The provider's own words, bounded; staff read them, nobody else."""
    if not detail:
        return None
    if isinstance(detail, str):
        return {"message": detail[:2000]}
    text = str(detail)
    return detail if len(text) < 8000 else {"message": text[:2000]}
