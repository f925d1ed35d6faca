"""Storyboards: one total, scene after scene, stopped by what fails, resumed there, and never a scene twice."""

import uuid

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from renders import ledger, storyboards, tasks
from renders.actions import storyboards as actions
from renders.actions.briefs import save_brief
from renders.actions.budgets import set_agency_budget
from renders.actions.generation import resume_generation, stop_generation
from renders.actions.orders import CannotDecide, approve_order, decline_order, set_threshold
from renders.actions.renders import BlockedByPolicy, cancel_render
from renders.actions.rules import add_rule
from renders.actions.storyboards import CannotPlan
from renders.models import (
    Attempt,
    Brief,
    Order,
    OrderVerdict,
    PolicyEvent,
    PriceRow,
    ProviderAccount,
    Render,
    Storyboard,
)
from renders.placing import PriceChanged
from renders.states import Kind, State
from renders.steps import storyboards as step
from renders.storyboard_states import Progress
from renders.storyboards import Wanted
from renders.sweep import Sweep
from tests.renders.pipeline import attempts, balance, in_threads, invoiced, run_until

pytestmark = pytest.mark.django_db(transaction=True)
RATE = 100_000  # micro-dollars a second of sora-2


@pytest.fixture
def keeps_copies(account):
    ProviderAccount.objects.filter(pk=account.pk).update(keeps_copy_seconds=3600)


@pytest.fixture
def plan(cast, account, brief, keeps_copies):
    """plan(4, 4, …): a storyboard of Northlight's with scenes of these seconds."""

    def make(*seconds, words=None):
        with cast.at():
            first = Wanted(brief.subject, seconds[0])
            board = actions.create_storyboard(
                project=brief.project,
                title="Voyage",
                model="sora-2",
                size="720x1280",
                first=first,
                by=cast.amara,
            )
            rest = [Wanted(f"Then {n} {uuid.uuid4().hex}", s) for n, s in enumerate(seconds[1:], start=2)]
            return actions.save_plan(board=board, scenes=[first, *rest], by=cast.amara)

    return make


@pytest.fixture
def start(cast):
    def run(board, price=None):
        with cast.at():
            board = Storyboard.objects.select_related("brief__project").get(pk=board.pk)
            to_go = storyboards.look(board, storyboards.account_now()).to_go_microusd
            return actions.start(board=board, shown_microusd=to_go if price is None else price, by=cast.amara)

    return run


def now(cast, board):
    """(the storyboard, its plan) as they are."""
    with cast.at():
        found = Storyboard.objects.select_related("brief__project", "brief__picture").get(pk=board.pk)
        return found, storyboards.look(found, storyboards.account_now())


def go_on(board):
    """What the worker does; the take that was placed, if one was."""
    tasks.storyboard.fn(str(board.org_id), str(board.pk))


def takes(cast, board):
    with cast.at():
        return storyboards.takes_of(board)


def run_board(cast, board, *, scenes=99):
    """Work until it stops by itself, or so many scenes are made; its last state."""
    while now(cast, board)[0].state == Progress.RUNNING and len(now(cast, board)[1].made) < scenes:
        go_on(board)
        under_way = [take for take in takes(cast, board) if take.is_working]
        if under_way:
            run_until(under_way[0], State.IN_REVIEW, State.FAILED, State.CANCELLED, seconds=120)
    return now(cast, board)[0].state


def test_scenes_are_made_one_after_the_other_under_one_order(cast, plan, start, emulator):
    board = start(plan(4, 8, 4))
    assert board.state == Progress.RUNNING
    assert run_board(cast, board) == Progress.DONE
    made = takes(cast, board)
    assert [take.kind for take in made] == [Kind.CREATE, Kind.EXTEND, Kind.EXTEND]
    assert [take.clip_seconds for take in made] == [4, 12, 16]
    assert [take.parent_id for take in made] == [None, made[0].pk, made[1].pk]
    with cast.at():
        [order] = Order.objects.all()
        assert (order.count, order.total_microusd, order.verdict) == (3, 16 * RATE, OrderVerdict.NOT_NEEDED)
        assert {take.order_id for take in made} == {order.pk}
        assert storyboards.spent(board) == (16 * RATE, 0)
    assert [len(invoiced(emulator, take)) for take in made] == [1, 1, 1]


def test_only_one_scene_is_sent_and_set_aside_at_a_time(cast, plan, start):
    board = start(plan(4, 4, 4))
    go_on(board)
    go_on(board)
    assert len(takes(cast, board)) == 1
    with cast.at():
        assert storyboards.spent(board) == (0, 4 * RATE)


def test_two_workers_at_once_send_a_scene_once(cast, plan, start):
    board = start(plan(4, 4))
    found = in_threads(4, lambda n: step.go_on(board.org_id, board.pk) is not None)
    assert found == {True: 1, False: 3}
    assert len(takes(cast, board)) == 1


class Killed(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


@pytest.mark.parametrize("place", ["place", "put_off", "record"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_worker_that_dies_at_any_statement_sends_a_scene_once(
    cast, plan, start, monkeypatch, place, moment, emulator
):
    board = start(plan(4, 4))
    module = {"place": step, "put_off": storyboards, "record": step.audit}[place]
    real = getattr(module, place)

    def killed(*args, **kwargs):
        if moment == "after":
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, place, killed)
        with pytest.raises(Killed):
            go_on(board)
    assert takes(cast, board) == []
    with cast.at():
        assert storyboards.spent(board) == (0, 0)
    assert run_board(cast, board) == Progress.DONE
    assert [len(invoiced(emulator, take)) for take in takes(cast, board)] == [1, 1]


def test_lost_messages_are_rung_again_by_the_sweep(cast, plan, start, jobs):
    board = start(plan(4, 4))
    jobs.clear()
    with cast.at():
        Storyboard.objects.filter(pk=board.pk).update(next_action_at=Now())
    Sweep().once()
    assert ("storyboard", (str(board.org_id), str(board.pk))) in jobs.waiting()
    jobs.clear()


def test_stored_scene_rings_for_the_next(cast, plan, start, jobs):
    board = start(plan(4, 4))
    go_on(board)
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    assert step.board_of(board.org_id, takes(cast, board)[0].pk) == board.pk


def test_failure_at_the_third_scene_keeps_two_scenes_and_the_spend_and_is_resumed_there(
    cast, plan, start, emulator
):
    board = plan(4, 4, 4, 4)
    third = now(cast, board)[1].scenes[2].words
    emulator.control.post("/faults", json={"kind": "fail", "prompt": third}).raise_for_status()
    start(board)
    assert run_board(cast, board) == Progress.FAILED
    found, shown = now(cast, board)
    assert "Scene 3 was not made" in found.note
    assert [scene.is_made for scene in shown.scenes] == [True, True, False, False]
    with cast.at():
        paid, held = storyboards.spent(board)
        account = ProviderAccount.objects.get()
    charged = 4 * RATE if account.settlement_rule("render_failed") == "charge" else 0
    assert (paid, held) == (8 * RATE + charged, 0)
    with cast.at():
        words = [Wanted(s.words, s.seconds) for s in shown.scenes]
        words[2] = Wanted(f"Another third {uuid.uuid4().hex}", 8)
        actions.save_plan(board=board, scenes=words, by=cast.amara)
    start(board, 12 * RATE)
    assert run_board(cast, board) == Progress.DONE
    all_takes = takes(cast, board)
    assert [take.state for take in all_takes] == [
        "in_review",
        "in_review",
        "failed",
        "in_review",
        "in_review",
    ]
    assert all_takes[3].parent_id == all_takes[1].pk
    with cast.at():
        # Other words are another question, and another order.
        assert Order.objects.count() == 2
        assert storyboards.spent(board)[0] == 8 * RATE + charged + 12 * RATE


def test_resumed_without_a_change_goes_on_under_what_was_agreed(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    with cast.at():
        actions.stop(board=board, by=cast.amara)
    take = run_until(takes(cast, board)[0], State.IN_REVIEW)
    go_on(board)
    assert len(takes(cast, board)) == 1, "stopped: nothing is sent"
    assert take.state == State.IN_REVIEW
    start(board)
    assert run_board(cast, board) == Progress.DONE
    with cast.at():
        assert Order.objects.count() == 1


def test_providers_copy_stays_while_a_scene_is_about_to_go_on_from_it(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    take = run_until(takes(cast, board)[0], State.IN_REVIEW)
    [attempt] = attempts(take)
    for state, stays in ((Progress.RUNNING, True), (Progress.STOPPED, False)):
        with cast.at():
            due = Now() if state == Progress.RUNNING else None
            Storyboard.objects.filter(pk=board.pk).update(state=state, next_action_at=due)
            Attempt.objects.filter(pk=attempt.pk).update(provider_delete_at=Now())
        tasks.forget.fn(str(board.org_id), str(attempt.pk))
        assert (attempts(take)[0].provider_deleted_at is None) == stays


def test_withdrawn_scene_stops_it(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    with cast.at():
        cancel_render(render=Render.objects.select_related("order").get(), by=cast.amara)
    go_on(board)
    found, _shown = now(cast, board)
    assert found.state == Progress.FAILED
    with cast.at():
        assert storyboards.spent(board) == (0, 0)
    start(board)
    go_on(board)
    assert [take.state for take in takes(cast, board)] == [State.CANCELLED, State.QUEUED]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": State.REJECTED}, "turned down in its review"),
        ({"abandoned_at": timezone.now()}, "was abandoned"),
    ],
)
def test_scene_that_nobody_wants_is_not_gone_on_from(cast, plan, start, changes, words):
    board = start(plan(4, 4))
    go_on(board)
    take = run_until(takes(cast, board)[0], State.IN_REVIEW)
    with cast.at():
        more = {"abandoned_by": cast.amara} if "abandoned_at" in changes else {}
        Render.objects.filter(pk=take.pk).update(**changes, **more)
    go_on(board)
    found, _shown = now(cast, board)
    assert (found.state, words in found.note) == (Progress.STOPPED, True)
    assert len(takes(cast, board)) == 1


@pytest.mark.parametrize("above", [3, 5])
def test_above_the_threshold_one_approval_of_the_whole_sum_starts_it(cast, plan, start, above):
    """Whether one scene alone, of 4, passes it or not."""
    with cast.at():
        set_threshold(above_microusd=above * RATE, by=cast.amara)
    board = start(plan(4, 4))
    assert board.state == Progress.AWAITING
    go_on(board)
    assert takes(cast, board) == []
    with cast.at():
        order = Order.objects.get()
        assert order.total_microusd == 8 * RATE
        with pytest.raises(CannotDecide, match="somebody else"):
            approve_order(order=order, shown_digest=order.digest, by=cast.amara)
        approve_order(order=order, shown_digest=order.digest, by=cast.fay)
    assert run_board(cast, board) == Progress.DONE
    with cast.at():
        assert Order.objects.count() == 1, "one scene alone is not asked about again"


def test_declined_total_stops_it_with_the_reason(cast, plan, start):
    with cast.at():
        set_threshold(above_microusd=RATE, by=cast.amara)
    board = start(plan(4, 4))
    with cast.at():
        decline_order(order=Order.objects.get(), note="Too dear", by=cast.fay)
    found, _shown = now(cast, board)
    assert (found.state, found.note) == (Progress.STOPPED, "Too dear")


@pytest.mark.parametrize("what", ["scene", "brief", "price"])
def test_change_while_it_waits_voids_the_question(cast, plan, start, what, account):
    with cast.at():
        set_threshold(above_microusd=RATE, by=cast.amara)
    board = start(plan(4, 4))
    _found, shown = now(cast, board)
    with cast.at():
        order = Order.objects.get()
        if what == "scene":
            words = [Wanted(s.words, s.seconds) for s in shown.scenes]
            actions.save_plan(board=board, scenes=[words[0], Wanted("Other words", 4)], by=cast.amara)
        elif what == "brief":
            brief = shown.board.brief
            save_brief(
                project=brief.project,
                title=brief.title,
                texts={**brief.texts(), "camera": "Closer"},
                by=cast.amara,
                brief=brief,
            )
        else:
            PriceRow.objects.filter(model="sora-2").update(microusd_per_second=RATE + 1)
            approve_order(order=order, shown_digest=order.digest, by=cast.fay)
    with cast.at():
        assert Order.objects.get().verdict == OrderVerdict.VOID
    assert now(cast, board)[0].state == Progress.STOPPED
    go_on(board)
    assert takes(cast, board) == []


def test_change_of_a_later_scene_stops_it_after_the_one_under_way(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    _found, shown = now(cast, board)
    with cast.at():
        words = [Wanted(s.words, s.seconds) for s in shown.scenes]
        actions.save_plan(
            board=board, scenes=[Wanted("Ignored, for it is sent", 4), Wanted("Other", 8)], by=cast.amara
        )
    assert now(cast, board)[0].state == Progress.STOPPED
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    go_on(board)
    assert len(takes(cast, board)) == 1
    assert now(cast, board)[1].scenes[0].words == words[0].words


def test_brief_that_takes_another_model_later_changes_nothing_of_what_goes_on(cast, plan, start):
    """An extension has the model and the size of its clip; only a first scene that is not sent follows the brief."""
    board = start(plan(4, 4))
    go_on(board)
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    with cast.at():
        Brief.objects.filter(storyboard=board).update(model="sora-2-pro", size="1280x720")
    _found, shown = now(cast, board)
    assert (shown.settings, shown.to_go_microusd) == ({"model": "sora-2", "size": "720x1280"}, 4 * RATE)
    assert run_board(cast, board) == Progress.DONE


def test_scene_that_is_turned_down_at_the_end_is_made_anew_with_all_that_goes_on_from_it(cast, plan, start):
    board = start(plan(4, 4, 4))
    assert run_board(cast, board) == Progress.DONE
    with cast.at():
        Render.objects.filter(pk=takes(cast, board)[1].pk).update(state=State.REJECTED)
    _found, shown = now(cast, board)
    assert [s.is_made for s in shown.scenes] == [True, False, False]
    start(board, 8 * RATE)
    assert run_board(cast, board) == Progress.DONE
    _found, shown = now(cast, board)
    made = [s.take for s in shown.scenes]
    assert [take.parent_id for take in made[1:]] == [made[0].pk, made[1].pk]
    assert len(takes(cast, board)) == 5


def test_plan_that_was_never_rendered_goes_with_its_brief(cast, plan):
    board = plan(4, 4)
    with cast.at():
        board.brief.delete()
        assert not Storyboard.objects.exists()


def test_price_that_changed_meanwhile_stops_it_unsent(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    PriceRow.objects.filter(model="sora-2").update(microusd_per_second=RATE + 1)
    go_on(board)
    found, _shown = now(cast, board)
    assert (found.state, len(takes(cast, board))) == (Progress.STOPPED, 1)
    assert "its price have changed" in found.note


def test_price_that_the_page_did_not_show_is_refused(plan, start):
    with pytest.raises(PriceChanged, match=r"\$0.80 now, not \$0.10"):
        start(plan(4, 4), RATE)


def test_budget_that_cannot_carry_all_of_it_refuses_the_start(cast, plan, start):
    with cast.at():
        set_agency_budget(limit_microusd=7 * RATE, by=cast.amara)
    board = plan(4, 4)
    with pytest.raises(ledger.BudgetExceeded, match=r"costs \$0.80, and \$0.70 is left"):
        start(board)
    assert now(cast, board)[0].state == Progress.PLANNED


def test_budget_that_is_used_up_meanwhile_stops_it_and_keeps_what_is_made(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    with cast.at():
        set_agency_budget(limit_microusd=5 * RATE, by=cast.amara)
    go_on(board)
    found, shown = now(cast, board)
    assert (found.state, [s.is_made for s in shown.scenes]) == (Progress.FAILED, [True, False])
    assert "Scene 2 was not sent. This costs" in found.note
    with cast.at():
        assert storyboards.spent(board) == (4 * RATE, 0)
        set_agency_budget(limit_microusd=50 * RATE, by=cast.amara)
    start(board)
    assert run_board(cast, board) == Progress.DONE


def test_kill_switch_waits_and_does_not_fail_it(cast, plan, start):
    board = start(plan(4, 4))
    with cast.at():
        stop_generation(agency=cast.northlight, reason="Stop", by=cast.sol)
    go_on(board)
    assert (now(cast, board)[0].state, takes(cast, board)) == (Progress.RUNNING, [])
    with cast.at():
        resume_generation(agency=cast.northlight, by=cast.sol)
    go_on(board)
    assert len(takes(cast, board)) == 1


def test_words_that_a_rule_refuses_start_nothing(cast, plan, start):
    board = plan(4, 4)
    _found, shown = now(cast, board)
    with cast.at():
        scenes = [Wanted(shown.scenes[0].words, 4), Wanted("Mickey Mouse dances in", 4)]
        actions.save_plan(board=board, scenes=scenes, by=cast.amara)
    with cast.at(), pytest.raises(BlockedByPolicy):
        actions.start(board=board, shown_microusd=8 * RATE, by=cast.amara)
    assert takes(cast, board) == []


def test_rule_that_is_newer_than_the_start_stops_it_at_its_scene(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    word = now(cast, board)[1].scenes[1].words.split()[-1]
    with cast.at():
        add_rule(phrase=word, by=cast.amara)
    go_on(board)
    found, _shown = now(cast, board)
    assert (found.state, word in found.note) == (Progress.FAILED, True)
    assert len(takes(cast, board)) == 1
    with cast.at():
        assert PolicyEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ((12, 20, 20, 20, 20, 20, 8), ""),
        ((12, 20, 20, 20, 20, 20, 12), "8 s are left of 120"),
        ((4, 4, 4, 4, 4, 4, 4, 4), "can be extended 6 times"),
        ((4, 5), "An extension of 5 s is not possible"),
        ((5, 4), "Scene 1"),
    ],
)
def test_both_limits_bind_while_it_is_planned(cast, plan, start, seconds, words):
    board = plan(*seconds)
    _found, shown = now(cast, board)
    if not words:
        assert (shown.problem, shown.seconds, shown.seconds_left, shown.extensions_left) == ("", 120, 0, 0)
        return
    assert words in shown.problem
    with pytest.raises(CannotPlan):
        start(board)


def test_scene_that_was_sent_cannot_be_taken_off_the_plan(cast, plan, start):
    board = start(plan(4, 4))
    go_on(board)
    run_until(takes(cast, board)[0], State.IN_REVIEW)
    go_on(board)
    with cast.at(), pytest.raises(CannotPlan, match="Scene 2 was sent already"):
        actions.save_plan(board=board, scenes=[Wanted("One", 4)], by=cast.amara)


def test_done_storyboard_can_be_made_longer(cast, plan, start):
    board = start(plan(4, 4))
    assert run_board(cast, board) == Progress.DONE
    _found, shown = now(cast, board)
    with cast.at():
        words = [Wanted(s.words, s.seconds) for s in shown.scenes]
        actions.save_plan(board=board, scenes=[*words, Wanted(f"More {uuid.uuid4().hex}", 4)], by=cast.amara)
    start(board, 4 * RATE)
    assert run_board(cast, board) == Progress.DONE
    assert takes(cast, board)[-1].clip_seconds == 12


def test_continuity_is_judged_of_what_is_made(cast, plan, start):
    board = plan(4, 4)
    with cast.at(), pytest.raises(CannotPlan, match="Two scenes"):
        actions.judge_continuity(board=board, item="lighting", breaks_at=None, by=cast.bruno)
    start(board)
    assert run_board(cast, board) == Progress.DONE
    with cast.at():
        actions.judge_continuity(board=board, item="lighting", breaks_at=2, by=cast.bruno)
        actions.judge_continuity(board=board, item="lighting", breaks_at=None, by=cast.bruno)
        for item, at in (("music", None), ("setting", 3), ("setting", 1)):
            with pytest.raises(CannotPlan):
                actions.judge_continuity(board=board, item=item, breaks_at=at, by=cast.bruno)
        found = board.continuity.get()
        assert (found.breaks_at, found.scenes_seen) == (None, 2)


def test_money_of_a_scene_that_failed_counts_against_what_was_agreed(cast, plan, start, emulator, account):
    ProviderAccount.objects.filter(pk=account.pk).update(settlement={"render_failed": "charge"})
    board = plan(4, 4)
    second = now(cast, board)[1].scenes[1].words
    emulator.control.post("/faults", json={"kind": "fail", "prompt": second}).raise_for_status()
    with cast.at():
        set_threshold(above_microusd=3 * RATE, by=cast.amara)
    start(board)
    with cast.at():
        order = Order.objects.get()
        approve_order(order=order, shown_digest=order.digest, by=cast.fay)
    assert run_board(cast, board) == Progress.FAILED
    board = start(board)
    assert board.state == Progress.AWAITING, "8 were agreed, 8 are paid: 4 more are another question"


def test_chain_of_120_seconds(cast, plan, start, emulator):
    board = start(plan(12, 20, 20, 20, 20, 20, 8))
    assert run_board(cast, board) == Progress.DONE
    made = takes(cast, board)
    assert [take.clip_seconds for take in made] == [12, 32, 52, 72, 92, 112, 120]
    assert made[-1].extensions == 6
    assert len({attempts(take)[-1].provider_video_id for take in made}) == 7
    assert sum(balance(take)["spent"] for take in made) == 120 * RATE
    with cast.at():
        assert Attempt.objects.count() == 7
        assert made[-1].assets.get(kind="original").frames == 120 * 30
