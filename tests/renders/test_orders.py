"""Several takes at once, and the approval of what is above a threshold."""

import time
import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from renders import ledger, switch
from renders.actions.again import regenerate
from renders.actions.briefs import save_brief
from renders.actions.budgets import set_agency_budget
from renders.actions.generation import stop_generation
from renders.actions.orders import CannotDecide, approve_order, decline_order, set_threshold
from renders.actions.renders import CannotCancel, cancel_render, submit_render
from renders.models import Attempt, Brief, BudgetPeriod, LedgerEntry, Order, OrderVerdict, PriceRow, Render
from renders.placing import TooMany
from renders.states import State
from tests.renders.pipeline import in_threads, invoiced, run_until

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


@pytest.fixture
def variants(submit):
    """variants(4): that many takes in one submit."""

    def make(count, cast, brief, key=None):
        with cast.at():
            return submit_render(
                brief=brief,
                submit_key=key or uuid.uuid4().hex,
                shown_microusd=count * PRICE,
                by=cast.amara,
                count=count,
            )

    return make


@pytest.fixture
def ask(cast, brief, variants):
    """ask(count): an order that waits for an approval."""

    def make(count=1):
        with cast.at():
            set_threshold(above_microusd=100_000, by=cast.amara)
        first = variants(count, cast, brief)
        with cast.at():
            return Order.objects.get(pk=first.order_id)

    return make


def _used(cast):
    with cast.at():
        return sum(p.reserved_microusd + p.posted_microusd for p in BudgetPeriod.objects.all())


def _states(cast):
    with cast.at():
        return [r.state for r in Render.objects.order_by("take")]


def test_four_variants_are_four_takes_four_reservations_and_one_order(variants, cast, brief, emulator):
    first = variants(4, cast, brief)
    with cast.at():
        renders = list(Render.objects.order_by("take"))
        order = Order.objects.get()
        assert Attempt.objects.count() == 4
    assert [r.take for r in renders] == [1, 2, 3, 4]
    assert {r.order_id for r in renders} == {order.pk} == {first.order_id}
    assert len({r.brief_version_id for r in renders}) == 1
    assert (order.count, order.total_microusd, order.verdict) == (4, 4 * PRICE, OrderVerdict.NOT_NEEDED)
    assert _used(cast) == 4 * PRICE
    for render in renders:
        run_until(render, State.STORED, seconds=90)
    assert len(invoiced(emulator, first)) == 4


def test_same_form_twice_makes_the_takes_once(variants, cast, brief):
    assert in_threads(6, lambda _n: variants(3, cast, brief, key="k").pk).total() == 6
    with cast.at():
        assert Render.objects.count() == 3
        assert Order.objects.count() == 1
    assert _used(cast) == 3 * PRICE


def test_all_of_the_variants_fit_the_budget_or_none_is_made(variants, cast, brief):
    with cast.at():
        set_agency_budget(limit_microusd=3 * PRICE, by=cast.amara)
    with pytest.raises(ledger.BudgetExceeded):
        variants(4, cast, brief)
    with cast.at():
        assert (Render.objects.count(), LedgerEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize("count", [0, 21])
def test_count_outside_of_what_one_submit_makes_is_refused(variants, cast, brief, count):
    with pytest.raises(TooMany, match="1 to 20"):
        variants(count, cast, brief)


def test_below_the_threshold_nobody_is_asked(variants, cast, brief):
    with cast.at():
        set_threshold(above_microusd=PRICE, by=cast.amara)
    assert variants(1, cast, brief).state == State.QUEUED


def test_lower_threshold_of_the_project_binds(variants, cast, brief):
    with cast.at():
        set_threshold(above_microusd=PRICE * 10, by=cast.amara)
        set_threshold(above_microusd=PRICE - 1, by=cast.amara, project=brief.project)
    assert variants(1, cast, brief).state == State.AWAITING_APPROVAL


def test_waiting_take_holds_no_money_and_reaches_nobody(ask, cast, emulator):
    order = ask(2)
    assert _used(cast) == 0
    assert _states(cast) == [State.AWAITING_APPROVAL] * 2
    with cast.at():
        assert Attempt.objects.count() == 0
        assert list(order.renders.values_list("next_action_at", flat=True)) == [None, None]


def test_approval_sets_the_price_aside_and_sends(ask, cast, emulator):
    order = ask(2)
    with cast.at():
        approve_order(order=order, shown_digest=order.digest, by=cast.bruno)
    assert _used(cast) == 2 * PRICE
    with cast.at():
        renders = list(order.renders.all())
    for render in renders:
        run_until(render, State.STORED, seconds=60)
    assert len(invoiced(emulator, renders[0])) == 2


def test_author_never_approves_also_not_by_sql(ask, cast):
    order = ask()
    with cast.at(), pytest.raises(CannotDecide, match="somebody else"):
        approve_order(order=order, shown_digest=order.digest, by=cast.amara)
    with cast.at(), pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.update(verdict=OrderVerdict.APPROVED, decided_by=cast.amara, decided_at=timezone.now())
    assert _states(cast) == [State.AWAITING_APPROVAL]


def test_approval_of_something_else_than_was_shown_is_refused(ask, cast):
    order = ask()
    with cast.at(), pytest.raises(CannotDecide, match="Look at it again"):
        approve_order(order=order, shown_digest="0" * 64, by=cast.bruno)


def test_edit_of_the_brief_voids_the_question(ask, cast, brief):
    order = ask()
    with cast.at():
        save_brief(
            project=brief.project,
            title=brief.title,
            texts={**brief.texts(), "setting": "A storm"},
            by=cast.amara,
            brief=brief,
        )
        order.refresh_from_db()
    assert (order.verdict, _states(cast)) == (OrderVerdict.VOID, [State.CANCELLED])
    with cast.at(), pytest.raises(CannotDecide, match="decided already"):
        approve_order(order=order, shown_digest=order.digest, by=cast.bruno)


@pytest.mark.parametrize("change", [{"seconds": 8}, {"size": "1280x720"}])
def test_other_settings_void_the_question_too(ask, cast, brief, change):
    order = ask()
    with cast.at():
        settings = {"model": brief.model, "size": brief.size, "seconds": brief.seconds, **change}
        save_brief(
            project=brief.project,
            title=brief.title,
            texts=brief.texts(),
            by=cast.amara,
            brief=brief,
            **settings,
        )
        order.refresh_from_db()
    assert order.verdict == OrderVerdict.VOID


def test_saving_the_same_words_again_voids_nothing(ask, cast, brief):
    order = ask()
    with cast.at():
        save_brief(
            project=brief.project, title="Another title", texts=brief.texts(), by=cast.amara, brief=brief
        )
        order.refresh_from_db()
    assert order.verdict == OrderVerdict.WAITING


def test_price_that_has_changed_voids_the_question(ask, cast):
    order = ask()
    PriceRow.objects.filter(model="sora-2").update(microusd_per_second=120_000)
    with cast.at():
        done = approve_order(order=order, shown_digest=order.digest, by=cast.bruno)
    assert done.verdict == OrderVerdict.VOID
    assert (_states(cast), _used(cast)) == ([State.CANCELLED], 0)


def test_declined_take_ends_with_the_reason(ask, cast):
    order = ask()
    with cast.at(), pytest.raises(CannotDecide, match="Say why"):
        decline_order(order=order, note="  ", by=cast.bruno)
    with cast.at():
        decline_order(order=order, note="Too dear for a draft", by=cast.bruno)
    assert (_states(cast), _used(cast)) == ([State.DECLINED], 0)


def test_one_withdrawn_take_makes_another_question(ask, cast):
    order = ask(3)
    with cast.at():
        cancel_render(render=order.renders.order_by("take").first(), by=cast.amara)
        with pytest.raises(CannotDecide, match="Look at it again"):
            approve_order(order=order, shown_digest=order.digest, by=cast.bruno)
        now = Order.objects.get()
        assert (now.count, now.total_microusd) == (2, 2 * PRICE)
        approve_order(order=now, shown_digest=now.digest, by=cast.bruno)
    assert _used(cast) == 2 * PRICE


def test_all_withdrawn_nobody_is_asked(ask, cast):
    order = ask(2)
    with cast.at():
        for render in order.renders.all():
            cancel_render(render=render, by=cast.amara)
        assert Order.objects.get().verdict == OrderVerdict.VOID


def test_budget_that_is_used_up_by_then_keeps_it_waiting(ask, cast):
    order = ask(2)
    with cast.at():
        set_agency_budget(limit_microusd=PRICE, by=cast.amara)
    with cast.at(), pytest.raises(ledger.BudgetExceeded):
        approve_order(order=order, shown_digest=order.digest, by=cast.bruno)
    assert (_states(cast), _used(cast)) == ([State.AWAITING_APPROVAL] * 2, 0)


def test_switched_off_nothing_is_approved(ask, cast):
    order = ask()
    with cast.at():
        stop_generation(agency=cast.northlight, reason="A test", by=cast.sol)
    with cast.at(), pytest.raises(switch.GenerationStopped):
        approve_order(order=order, shown_digest=order.digest, by=cast.bruno)


def test_submits_of_many_briefs_at_once_stop_exactly_at_the_limit(cast, brief, submit):
    """Each thread a brief of its own: nothing but the budget's row makes them wait for each other."""
    with cast.at():
        set_agency_budget(limit_microusd=5 * PRICE, by=cast.amara)
        briefs = [
            save_brief(
                project=brief.project,
                title=f"Boat {n}",
                texts={"subject": f"A boat {n}"},
                by=cast.amara,
                model="sora-2",
                size="720x1280",
                seconds=4,
            )
            for n in range(16)
        ]

    def act(number):
        with cast.at():
            try:
                submit_render(
                    brief=briefs[number], submit_key=f"k{number}", shown_microusd=PRICE, by=cast.amara
                )
            except ledger.BudgetExceeded:
                return "refused"
            time.sleep(0.05)
            return "done"

    assert in_threads(16, act) == {"done": 5, "refused": 11}
    assert _used(cast) == 5 * PRICE


def test_two_approvers_at_once_spend_once(ask, cast):
    order = ask(2)

    def decide(number):
        with cast.at():
            try:
                approve_order(
                    order=order, shown_digest=order.digest, by=cast.bruno if number % 2 else cast.fay
                )
            except CannotDecide:
                return "refused"
            return "approved"

    assert in_threads(8, decide) == {"approved": 1, "refused": 7}
    assert _used(cast) == 2 * PRICE


def test_approval_and_withdrawal_at_once_leave_one_truth(ask, cast):
    order = ask(3)
    with cast.at():
        takes = list(order.renders.order_by("take"))

    def act(number):
        with cast.at():
            try:
                if number % 2:
                    approve_order(order=order, shown_digest=order.digest, by=cast.bruno)
                else:
                    cancel_render(render=Render.objects.get(pk=takes[number // 2].pk), by=cast.amara)
            except (CannotDecide, CannotCancel):
                return "refused"
            return "done"

    in_threads(6, act)
    with cast.at():
        queued = Render.objects.filter(state=State.QUEUED).count()
    assert _used(cast) == queued * PRICE
    assert set(_states(cast)) <= {State.QUEUED, State.CANCELLED, State.AWAITING_APPROVAL}


def test_edit_of_the_draft_leaves_what_comes_from_another_take_alone(ask, submit, cast, brief):
    """Rendered again from a chosen take: its words are that take's."""
    done = run_until(submit(), State.STORED)
    with cast.at():
        set_threshold(above_microusd=100_000, by=cast.amara)
        found = Render.objects.select_related("brief__project", "brief_version", "account").get(pk=done.pk)
        again = regenerate(render=found, submit_key="again", shown_microusd=PRICE, by=cast.amara)
        save_brief(
            project=brief.project,
            title=brief.title,
            texts={**brief.texts(), "setting": "A storm"},
            by=cast.amara,
            brief=Brief.objects.get(pk=brief.pk),
        )
        again.refresh_from_db()
    assert again.state == State.AWAITING_APPROVAL
