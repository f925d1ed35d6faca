"""Plan a storyboard, start it with one total, stop it, resume it, judge its continuity."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from renders import casting, pictures, pricing, storyboards, switch, tasks, triage, versions
from renders.actions.briefs import save_brief
from renders.actions.renders import BlockedByPolicy, account_for_new_renders
from renders.actions.storyboard_orders import check_room, lock, stop_if_changed, void
from renders.models import (
    Brief,
    Continuity,
    ContinuityItem,
    Order,
    OrderVerdict,
    Project,
    Scene,
    Storyboard,
)
from renders.placing import PriceChanged, threshold_passed
from renders.preflight import preflight, sent_texts
from renders.storyboard_states import STARTABLE, Progress
from renders.storyboards import Plan, Shown, Wanted
from tenants import audit
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring


class CannotPlan(Refused):
    """The plan cannot be written, started or changed so. `position` names the scene, when it is one; 0 for none."""

    def __init__(self, message: str, *, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


@transaction.atomic
def create_storyboard(
    *, project: Project, title: str, model: str, size: str, first: Wanted, by: User
) -> Storyboard:
    """A plan with its first scene, and the brief that holds it. Nothing is spent."""
    brief = save_brief(
        project=project,
        title=title,
        texts={"subject": first.words},
        by=by,
        model=model,
        size=size,
        seconds=first.seconds,
    )
    return plan_from(brief=brief, by=by)


@transaction.atomic
def plan_from(*, brief: Brief, by: User) -> Storyboard:
    """The storyboard whose first scene is this brief: the one that it has, or a new one."""
    Brief.objects.select_for_update(of=("self",)).get(pk=brief.pk)
    known = Storyboard.objects.filter(brief=brief).first()
    if known is not None:
        return known
    board: Storyboard = Storyboard.objects.create(brief=brief, created_by=by)
    Scene.objects.create(storyboard=board, position=1)
    audit.record("storyboard.created", by=by, on=board, title=brief.title)
    return board


@transaction.atomic
def save_plan(*, board: Storyboard, scenes: Sequence[Wanted], by: User) -> Storyboard:
    """Write words and seconds of every scene; those that are made or under way stay as they are.

    Whatever it changes of what was agreed stops a storyboard that is being made, after the scene that is under way, and
    voids a question that waits. Raises CannotPlan.
    """
    row = lock(board)
    account = account_for_new_renders()
    plan = storyboards.look(row, account)
    closed = [shown for shown in plan.scenes if not shown.is_open]
    _check_number(len(scenes), at_least=max(len(closed), 1))
    _write_first(row, plan.scenes[0], scenes[0], by)
    _write_others(row, plan, scenes)
    if row.state in {Progress.AWAITING, Progress.RUNNING}:
        stop_if_changed(lock(row), by)
    Storyboard.objects.filter(pk=row.pk).update(updated_at=Now())
    audit.record("storyboard.edited", by=by, on=row, scenes=len(scenes))
    return lock(row)


def _check_number(count: int, *, at_least: int) -> None:
    if count < at_least:
        raise CannotPlan(f"Scene {at_least} was sent already, so it stays.", position=at_least)
    if count > storyboards.MOST_SCENES:
        raise CannotPlan(f"A storyboard has at most {storyboards.MOST_SCENES} scenes.")


def _write_first(row: Storyboard, shown: Shown, wanted: Wanted, by: User) -> None:
    """The first scene is the brief's: saved as one, so that whatever waits for it is voided, too."""
    brief = row.brief
    if not shown.is_open or (brief.subject, brief.seconds) == (wanted.words, wanted.seconds):
        return
    texts = {**brief.texts(), "subject": wanted.words}
    save_brief(
        project=brief.project, title=brief.title, texts=texts, by=by, brief=brief, seconds=wanted.seconds
    )


def _write_others(row: Storyboard, plan: Plan, scenes: Sequence[Wanted]) -> None:
    known = {shown.position: shown for shown in plan.scenes}
    for position, wanted in enumerate(scenes[1:], start=2):
        shown = known.get(position)
        if shown is None:
            Scene.objects.create(
                storyboard=row, position=position, prompt=wanted.words, seconds=wanted.seconds
            )
        elif shown.is_open:
            Scene.objects.filter(pk=shown.scene.pk).update(prompt=wanted.words, seconds=wanted.seconds)
    surplus = Scene.objects.filter(storyboard=row, position__gt=len(scenes))
    if surplus.filter(takes__isnull=False).exists():
        raise CannotPlan(
            "A scene that was sent once stays on the plan with what it cost. Change its words, or leave the storyboard "
            "stopped there.",
            position=len(scenes) + 1,
        )
    surplus.delete()


def check_can_start(board: Storyboard, plan: Plan) -> None:
    """Raises CannotPlan, with the sentence for the disabled button."""
    if board.state not in STARTABLE:
        raise CannotPlan(
            "It is being made already." if board.state == Progress.RUNNING else "It waits for an approval."
        )
    if not plan.to_go:
        raise CannotPlan("Every scene is made. Add one to go on.")
    if plan.problem:
        raise CannotPlan(plan.problem)


@transaction.atomic
def start(*, board: Storyboard, shown_microusd: int, by: User) -> Storyboard:
    """Start it, or go on at the scene that is not made: under what was agreed where that covers it, else with a new total.

    `shown_microusd`: the price to go that the page showed. Above the threshold of approval it waits. Raises CannotPlan,
    switch.GenerationStopped, PriceChanged, BlockedByPolicy (its event is written: let the transaction commit),
    casting.CannotCast, pictures.CannotUse, ledger.BudgetExceeded.
    """
    row = lock(board)
    switch.refuse_when_stopped()
    plan = storyboards.look(row, account_for_new_renders())
    check_can_start(row, plan)
    total = plan.to_go_microusd
    if total != shown_microusd:
        raise PriceChanged(
            f"The price to go is {pricing.dollars(total)} now, not {pricing.dollars(shown_microusd)}. "
            "Look at it again, then start."
        )
    _check_first(row, plan)
    check_room(plan)
    _check_words(row, plan)
    order = storyboards.order_of(row)
    is_covered = storyboards.covers(order, plan)
    # A take that ended is made anew, with a key of its own.
    for shown in plan.to_go:
        if shown.has_ended:
            shown.scene.round += 1
    if not is_covered:
        order = _order(row, plan, by)
    Scene.objects.bulk_update([shown.scene for shown in plan.to_go], ["round", "agreed_digest"])
    assert order is not None
    target = Progress.AWAITING if order.verdict == OrderVerdict.WAITING else Progress.RUNNING
    storyboards.move(row, target, by=by)
    audit.record(
        "storyboard.started",
        by=by,
        on=row,
        total_microusd=total,
        scenes=len(plan.to_go),
        order=order.public_id,
    )
    if target == Progress.RUNNING:
        ring(tasks.storyboard, str(row.org_id), str(row.pk))
    return row


def _check_first(row: Storyboard, plan: Plan) -> None:
    if plan.to_go[0].scene.is_first:
        casting.check_cast(casting.of_brief(row.brief), plan.account)
        pictures.check(row.brief.picture, size=row.brief.size, account=plan.account)


def _check_words(row: Storyboard, plan: Plan) -> None:
    """Every scene that is to go against the rules, before anything is spent. Raises BlockedByPolicy."""
    names = casting.names_of(casting.of_brief(row.brief))
    for shown in plan.to_go:
        brief = Brief.objects.select_related("project", "picture").get(pk=row.brief_id)
        if not shown.scene.is_first:
            brief = versions.with_prompt(brief, shown.words)
        picture = brief.picture if shown.scene.is_first else None
        found = preflight(sent_texts(brief, names, picture=picture), client_id=brief.project.client_id)
        if not found.has_passed:
            triage.record_preflight(brief, found)
            raise BlockedByPolicy(found)


def _order(row: Storyboard, plan: Plan, by: User) -> Order:
    """What is agreed for all of it: each scene remembers its part."""
    total = plan.to_go_microusd
    passed = threshold_passed(row.brief.project_id, total)
    for shown in plan.to_go:
        shown.scene.agreed_digest = storyboards.scene_digest(plan, shown)
    made: Order = Order.objects.create(
        brief=row.brief,
        brief_version=versions.freeze(row.brief, by=by),
        storyboard=row,
        count=len(plan.to_go),
        total_microusd=total,
        threshold_microusd=passed,
        digest=storyboards.plan_digest(plan),
        created_by=by,
        verdict=OrderVerdict.NOT_NEEDED if passed is None else OrderVerdict.WAITING,
    )
    return made


@transaction.atomic
def stop(*, board: Storyboard, by: User) -> None:
    """No further scene is sent; the one that is under way is made. Raises CannotPlan."""
    row = lock(board)
    order = storyboards.order_of(row)
    if row.state == Progress.AWAITING and order is not None:
        void(row, order, "It was withdrawn.", by)
    elif row.state == Progress.RUNNING:
        storyboards.move(row, Progress.STOPPED, by=by, note="Stopped by hand.")
    else:
        raise CannotPlan("It is not being made.")
    audit.record("storyboard.stopped", by=by, on=row)


@transaction.atomic
def judge_continuity(*, board: Storyboard, item: str, breaks_at: int | None, by: User) -> None:
    """Say whether light, characters or setting persist through what is made. Raises CannotPlan."""
    row = lock(board)
    made = len(storyboards.look(row, account_for_new_renders()).made)
    if item not in ContinuityItem.values:
        raise CannotPlan("Choose lighting, characters or setting.")
    if made < 2:
        raise CannotPlan("Two scenes have to be made before anything can persist from one to the other.")
    if breaks_at is not None and not 2 <= breaks_at <= made:
        raise CannotPlan(f"Name one of the scenes 2 to {made}, at which it breaks.")
    Continuity.objects.update_or_create(
        storyboard=row,
        item=item,
        defaults={"breaks_at": breaks_at, "scenes_seen": made, "judged_by": by, "judged_at": Now()},
    )
    audit.record("storyboard.continuity", by=by, on=row, item=item, breaks_at=breaks_at, scenes_seen=made)
