"""Go on with a storyboard: when a scene is stored the next one is placed, priced as agreed, in the same transaction.

The row of the storyboard is locked meanwhile, and a scene's round has one submit key: whoever comes twice, and whoever
is killed at any statement, has placed it once or not at all.
"""

from uuid import UUID

import structlog
from django.db import transaction

from renders import casting, storyboards, switch, triage, versions, wishes
from renders.models import Order, Render, Storyboard
from renders.placing import Placement, place
from renders.preflight import preflight, sent_texts
from renders.storyboard_states import Progress
from renders.storyboards import Plan, Shown
from tenants import audit
from tenants.errors import Refused
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

LOOK_AGAIN = 5.0  # seconds; a scene that is stored rings by itself, so this is for what was lost
WAIT_FOR_SWITCH = 30.0
_BY = "system:storyboard"


def go_on(org_id: UUID, board_id: UUID) -> UUID | None:
    """Look once; the take that was placed, if one was."""
    with org_transaction(org_id):
        rows = Storyboard.objects.select_for_update(of=("self",)).select_related(
            "brief__project", "brief__picture"
        )
        board = rows.filter(pk=board_id, state=Progress.RUNNING).first()
        return _look(board) if board is not None else None


def board_of(org_id: UUID, render_id: UUID) -> UUID | None:
    """The storyboard that a take belongs to, if it does."""
    with org_transaction(org_id):
        found: UUID | None = (
            Render.objects.filter(pk=render_id).values_list("scene__storyboard_id", flat=True).first()
        )
        return found


def _look(board: Storyboard) -> UUID | None:
    try:
        account = storyboards.account_now()
    except storyboards.NoAccount as refusal:
        storyboards.move(board, Progress.FAILED, by=_BY, note=str(refusal))
        return None
    plan = storyboards.look(board, account)
    source: Render | None = None
    for shown in plan.scenes:
        if shown.is_made:
            source = shown.take
        elif shown.why_not_on:
            storyboards.move(board, Progress.STOPPED, by=_BY, note=shown.why_not_on)
            return None
        elif shown.has_ended:
            _say_failed(board, shown)
            return None
        elif shown.is_under_way:
            storyboards.put_off(board, after=LOOK_AGAIN)
            return None
        else:
            return _place(plan, shown, source)
    storyboards.move(board, Progress.DONE, by=_BY)
    return None


def _say_failed(board: Storyboard, shown: Shown) -> None:
    assert shown.take is not None
    why = shown.take.get_failure_class_display() or shown.take.get_state_display()
    note = f"Scene {shown.position} was not made: {why}. What was made before it stays. Change its words if need be, and go on."
    storyboards.move(board, Progress.FAILED, by=_BY, note=note)


def _place(plan: Plan, shown: Shown, source: Render | None) -> UUID | None:
    board, order = plan.board, storyboards.order_of(plan.board)
    if switch.look():
        storyboards.put_off(board, after=WAIT_FOR_SWITCH)
        return None
    if order is None or not storyboards.is_agreed(order) or _differs(plan, shown):
        note = f"Scene {shown.position} is not what was agreed: its words, its settings or its price have changed."
        storyboards.move(board, Progress.STOPPED, by=_BY, note=note)
        return None
    try:
        # A savepoint: what a refusal leaves half done must not stay, its record must.
        with transaction.atomic():
            take = _send(plan, shown, source, order)
    except Refused as refusal:
        log.info(
            "scene_refused", storyboard=board.public_id, scene=shown.position, why=type(refusal).__name__
        )
        note = f"Scene {shown.position} was not sent. {refusal}"
        storyboards.move(board, Progress.FAILED, by=_BY, note=note)
        return None
    if take is None:
        return None
    storyboards.put_off(board, after=LOOK_AGAIN)
    storyboards.announce(board, "scene")
    return take.pk


def _differs(plan: Plan, shown: Shown) -> bool:
    return bool(shown.problem) or shown.scene.agreed_digest != storyboards.scene_digest(plan, shown)


def _send(plan: Plan, shown: Shown, source: Render | None, order: Order) -> Render | None:
    """Place one take. None when a rule refuses its words: then the event is written and the storyboard stopped."""
    board, brief = plan.board, plan.board.brief
    if source is None:
        characters = casting.of_brief(brief)
        wish = wishes.new_clip(model=brief.model, size=brief.size, seconds=brief.seconds or 0)
    else:
        characters = casting.of_version(source.brief_version)
        wish = wishes.extend(source, shown.seconds)
        brief = versions.with_prompt(brief, shown.words)
    picture = brief.picture if source is None else None
    texts = sent_texts(brief, casting.names_of(characters), picture=picture)
    found = preflight(texts, client_id=brief.project.client_id)
    if not found.has_passed:
        triage.record_preflight(brief, found)
        hit = found.findings.hits[0]
        note = f"Scene {shown.position}: “{hit.phrase}” is refused. {hit.rule.why} Nothing was sent."
        storyboards.move(board, Progress.FAILED, by=_BY, note=note)
        return None
    assert shown.microusd is not None
    [take] = place(
        Placement(
            brief=brief,
            wish=wish,
            account=plan.account,
            characters=characters,
            submit_key=shown.scene.submit_key,
            shown_microusd=shown.microusd,
            by=order.created_by,
            rules_version=found.rules_version,
            scene=shown.scene,
            order=order,
        )
    )
    facts = {**wish.choice(), "kind": wish.kind, "scene": shown.position, "storyboard": board.public_id}
    audit.record("render.submitted", by=_BY, on=take, price_microusd=take.quoted_microusd, **facts)
    return take
