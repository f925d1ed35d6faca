"""Decide about a take: bound to the bytes that were shown, written once, chained."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from renders.actions.review_state import set_review_state
from renders.models import Render
from renders.moves import Superseded
from renders.states import State, Who
from reviews.actions.pace import DECISIONS, check_pace
from reviews.actions.rounds import check_shown
from reviews.models import Comment, Decision, DecisionNote, Guest, Round, StageKind, Verdict
from tenants import audit, live, scope
from tenants.errors import Refused
from tenants.models import User


class CannotDecide(Refused):
    """The decision was not taken; the text says why, and is the disabled button's tooltip."""


class DecidedMeanwhile(CannotDecide):
    """Somebody else decided while the page was open."""


class ReasonMissing(CannotDecide):
    """Changes were asked for, and nobody can tell which: belongs beside the note."""


_NEXT = {
    (StageKind.INTERNAL, Verdict.APPROVED): State.CLIENT_REVIEW,
    (StageKind.INTERNAL, Verdict.APPROVED_WITH_CHANGES): State.CLIENT_REVIEW,
    (StageKind.INTERNAL, Verdict.CHANGES_REQUIRED): State.CHANGES,
    (StageKind.CLIENT, Verdict.APPROVED): State.DELIVERABLE,
    (StageKind.CLIENT, Verdict.APPROVED_WITH_CHANGES): State.DELIVERABLE,
    (StageKind.CLIENT, Verdict.CHANGES_REQUIRED): State.CHANGES,
}
_SAY_WHAT = (
    "Say what has to change. Without a note, or an open comment of yours on this take, nobody would know. "
    "Nothing was decided, and your other answers are still here."
)
_NOTE_IN_CHAIN = 1  # Decision.content_version of rows from before there were digests
_OPEN_IN = {StageKind.INTERNAL: State.IN_REVIEW, StageKind.CLIENT: State.CLIENT_REVIEW}


def check_can_decide(render: Render, *, kind: str, by: User | Guest) -> None:
    """Raises CannotDecide when this stage is not open, is not this person's, or the take is their own."""
    if render.state != _OPEN_IN[StageKind(kind)]:
        raise DecidedMeanwhile(_closed(render, kind))
    if isinstance(by, Guest) != (kind == StageKind.CLIENT):
        raise CannotDecide("The client decides on this stage, through a link; the team on the one before.")
    if isinstance(by, User) and render.created_by_id == by.pk:
        raise CannotDecide("You asked for this take, so somebody else decides on it.")


def _closed(render: Render, kind: str) -> str:
    if kind == StageKind.CLIENT and render.state == State.IN_REVIEW:
        return "The team is still looking at this take. You will be told when it is your turn."
    return f"This take is “{State(render.state).label}” by now. Reload to see what was decided."


def check_can_approve(render: Render, *, kind: str, by: User | Guest, unresolved: int | None = None) -> None:
    """check_can_decide, and inside the team: no open comment is left. Raises CannotDecide.

    `unresolved`: how many are, if the caller has counted them already.
    """
    check_can_decide(render, kind=kind, by=by)
    if kind != StageKind.INTERNAL:
        return
    left = (
        Comment.objects.filter(round__render=render).unresolved().count()
        if unresolved is None
        else unresolved
    )
    if left:
        words = "1 comment is" if left == 1 else f"{left} comments are"
        raise CannotDecide(f"{words} unresolved. Resolve them, or choose “Approve with changes”.")


def decide(
    *,
    round_: Round,
    kind: str,
    verdict: str,
    by: User | Guest,
    shown_sha256: str,
    form_key: str,
    note: str = "",
) -> Decision:
    """Write the decision and move the take. Raises CannotDecide, ReasonMissing, DecidedMeanwhile, StaleTake, TooMany.

    The same form twice gives the same decision.
    """
    known = _known(round_, by, form_key)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _decide(round_, kind, verdict, by, shown_sha256, form_key, note.strip())
    except IntegrityError:
        # Two clicks at once: the other one was first. Or the key is somebody else's, who gets nothing by it.
        twin = _known(round_, by, form_key)
        if twin is None:
            raise CannotDecide("This form was used before. Reload, look at the take, then decide.") from None
        return twin


def _known(round_: Round, by: User | Guest, form_key: str) -> Decision | None:
    mine = {"guest": by} if isinstance(by, Guest) else {"user": by}
    found: Decision | None = Decision.objects.filter(form_key=form_key, stage__round=round_, **mine).first()
    return found


def _decide(
    round_: Round, kind: str, verdict: str, by: User | Guest, shown_sha256: str, form_key: str, note: str
) -> Decision:
    render = round_.render
    sha256 = check_shown(render, shown_sha256)
    (check_can_approve if verdict == Verdict.APPROVED else check_can_decide)(render, kind=kind, by=by)
    if isinstance(by, Guest):
        check_pace(by.link_id, DECISIONS)
    if verdict == Verdict.CHANGES_REQUIRED and not note and not _has_spoken(round_, by):
        raise ReasonMissing(_SAY_WHAT)
    decision = _write(round_, kind, verdict, by, sha256, form_key, note)
    audit.record("decision.taken", by=by, on=decision, stage=kind, verdict=verdict, sha256=sha256)
    target = _NEXT.get((StageKind(kind), Verdict(verdict)))
    if target is None:
        live.publish(scope.require_org(), f"render:{render.pk}", "decision")  # a move announces itself
        return decision
    who = Who.CLIENT if kind == StageKind.CLIENT else Who.REVIEWER
    try:
        set_review_state(render, target, who=who, by=by, note=Verdict(verdict).label)
    except Superseded as error:
        raise DecidedMeanwhile(
            "Somebody decided at the same moment. Reload to see what was decided."
        ) from error
    return decision


def _has_spoken(round_: Round, by: User | Guest) -> bool:
    """True while words of theirs on this take wait for an answer: what is ticked off was answered, what is erased says nothing."""
    mine = {"guest": by} if isinstance(by, Guest) else {"author": by}
    words = Comment.objects.filter(round=round_, deleted_at=None, **mine).exclude(body="")
    return bool(words.filter(resolved_at=None, parent__resolved_at=None).exists())


def content_of(decision: Decision) -> dict[str, Any]:
    """What a decision's hash covers. Decider and note are a reference and a digest, so that both can be erased."""
    note = (
        {"note": decision.note}
        if decision.content_version == _NOTE_IN_CHAIN
        else {"note_digest": decision.note_digest}
    )
    return _content(
        seq=decision.seq,
        decided_at=decision.decided_at,
        stage_id=str(decision.stage_id),
        verdict=decision.verdict,
        **note,
        decider=f"user:{decision.user_id}" if decision.user_id else f"guest:{decision.guest_id}",
        asset_sha256=decision.asset_sha256,
        params_digest=decision.params_digest,
    )


def _content(*, decided_at: datetime, **fields: Any) -> dict[str, Any]:
    return {"decided_at": decided_at.isoformat(), **fields}


def _write(
    round_: Round, kind: str, verdict: str, by: User | Guest, sha256: str, form_key: str, note: str
) -> Decision:
    """Append to the agency's chain of decisions.

    Under the lock of the audit trail, which this transaction writes anyway, perhaps already has: with a lock of
    their own two deciders could each hold what the other one waits for.
    """
    audit.lock_chain("audit", scope.require_org())
    last = Decision.objects.order_by("-seq").values_list("seq", "hash").first()
    seq, prev_hash = (last[0] + 1, last[1]) if last else (1, audit.GENESIS)
    salt = secrets.token_hex(32)
    decision = Decision(
        stage=round_.stages.get(kind=kind),
        verdict=verdict,
        note_digest=digest_of(note, salt) if note else "",
        user=by if isinstance(by, User) else None,
        guest=by if isinstance(by, Guest) else None,
        form_key=form_key,
        asset_sha256=sha256,
        params_digest=round_.render.params_digest,
        decided_at=timezone.now(),
        seq=seq,
        prev_hash=prev_hash,
    )
    decision.hash = audit.chain_hash(prev_hash, content_of(decision))
    decision.save()
    if note:
        decision.words = DecisionNote.objects.create(decision=decision, body=note, salt=salt)
    return decision


def digest_of(note: str, salt: str) -> str:
    """What the chain holds of a note: HMAC-SHA256, the salt's text as its key."""
    return hmac.new(salt.encode(), note.encode(), hashlib.sha256).hexdigest()


def is_intact(decision: Decision) -> bool:
    """True when the decision says what it said when it was written, and follows its predecessor.

    An erased note is no break: the chain holds its digest. Of a decision from before there were digests only its place
    between its neighbours can be checked then.
    """
    before = Decision.objects.filter(seq=decision.seq - 1).values_list("hash", flat=True).first()
    if (before or audit.GENESIS) != decision.prev_hash:
        return False
    words = getattr(decision, "words", None)
    if decision.content_version == _NOTE_IN_CHAIN and words is not None and words.erased_at:
        after = Decision.objects.filter(seq=decision.seq + 1).values_list("prev_hash", flat=True).first()
        return after in (None, decision.hash)
    if decision.content_version != _NOTE_IN_CHAIN and not _note_fits(decision, words):
        return False
    return bool(decision.hash == audit.chain_hash(decision.prev_hash, content_of(decision)))


def _note_fits(decision: Decision, words: DecisionNote | None) -> bool:
    if words is None:
        return not decision.note_digest
    return words.erased_at is not None or digest_of(words.body, words.salt) == decision.note_digest


def first_break(decisions: Iterable[Decision]) -> audit.Break | None:
    """The first decision, in order of seq, that was edited, removed or moved; None when the chain is whole."""
    prev_hash, expected = audit.GENESIS, 1
    for decision in decisions:
        words = getattr(decision, "words", None)
        is_erased = words is not None and words.erased_at is not None
        if decision.seq != expected:
            return audit.Break(expected, f"decision {expected} is missing")
        fits = decision.content_version == _NOTE_IN_CHAIN or _note_fits(decision, words)
        if not (decision.content_version == _NOTE_IN_CHAIN and is_erased):
            fits = fits and decision.hash == audit.chain_hash(prev_hash, content_of(decision))
        if decision.prev_hash != prev_hash or not fits:
            return audit.Break(decision.seq, f"decision {decision.seq} was changed after it was written")
        prev_hash, expected = decision.hash, expected + 1
    return None
