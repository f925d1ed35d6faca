"""Reservations under pressure, and what is refused before anything is spent."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from renders import ledger, pricing
from renders.actions.budgets import AgencyBudgetStays, remove_budget, set_agency_budget, set_budget
from renders.actions.renders import CannotCancel, cancel_render, submit_render
from renders.models import Attempt, Budget, BudgetPeriod, LedgerEntry, PriceRow, Render
from renders.placing import PriceChanged
from renders.pricing import IllegalChoice, NoPrice, dollars
from renders.states import State
from tests.renders.pipeline import balance, fresh, in_threads

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


def test_double_click_gives_the_same_render_and_one_reservation(submit, cast):
    renders = in_threads(8, lambda _n: submit(key="the same form").pk)
    assert len(renders) == 1
    with cast.at():
        assert Render.objects.count() == Attempt.objects.count() == 1
        assert BudgetPeriod.objects.get().reserved_microusd == PRICE


def test_32_reservations_at_the_limit_stop_exactly_at_it(submit, cast):
    with cast.at():
        set_agency_budget(limit_microusd=10 * PRICE + 1, by=cast.amara)

    def work(number):
        try:
            submit(key=f"form {number}")
        except ledger.BudgetExceeded:
            return "refused"
        return "reserved"

    assert in_threads(32, work) == {"reserved": 10, "refused": 22}
    with cast.at():
        assert BudgetPeriod.objects.get().reserved_microusd == 10 * PRICE
        assert Render.objects.count() == 10, "a refused submit leaves nothing behind"


def test_refusal_says_what_is_left_and_who_can_help(submit, cast):
    with cast.at():
        set_agency_budget(limit_microusd=100_000, by=cast.amara)
    with pytest.raises(
        ledger.BudgetExceeded, match=r"costs \$0\.40, and \$0\.10 is left .* finance can raise"
    ):
        submit()


def test_agency_without_a_budget_spends_nothing(submit, cast):
    with cast.at():
        Budget.objects.all().delete()
    with pytest.raises(ledger.BudgetExceeded, match="no budget yet"):
        submit()


def test_project_budget_set_in_mid_month_starts_with_what_is_set_aside_and_settles_it(submit, cast):
    render = submit()
    with cast.at():
        held = Attempt.objects.get()
        project = render.brief.project
        for target in (
            {"project": project},
            {"client": project.client},
            {"project": project, "period": "total"},
        ):
            budget = set_budget(limit_microusd=PRICE, by=cast.amara, **target)
            assert budget.periods.get().reserved_microusd == PRICE
        with pytest.raises(ledger.BudgetExceeded, match=r"\$0\.00 is left of the client"):
            submit_render(brief=render.brief, submit_key="2", shown_microusd=PRICE, by=cast.amara)
        # The worker read the attempt before the budgets were there.
        ledger.settle(held, cost_microusd=PRICE - 1)
        sums = set(BudgetPeriod.objects.values_list("reserved_microusd", "posted_microusd"))
        assert sums == {(0, PRICE - 1)}
        assert BudgetPeriod.objects.count() == 4


def test_budget_added_while_takes_are_submitted_counts_each_of_them_once(submit, cast):
    project = submit(key="first").brief.project

    def work(number):
        if number == 4:
            with cast.at():
                set_budget(limit_microusd=100 * PRICE, by=cast.amara, project=project)
        else:
            submit(key=f"form {number}")

    in_threads(12, work)
    with cast.at():
        assert set(BudgetPeriod.objects.values_list("reserved_microusd", flat=True)) == {12 * PRICE}
        assert BudgetPeriod.objects.count() == 2


def test_budget_added_while_a_request_is_sent_again_follows_its_reservation(submit, cast):
    project = submit().brief.project
    replacing = threading.Event()

    def work(number):
        with cast.at():
            if number:
                replacing.wait(10)
                set_budget(limit_microusd=PRICE, by=cast.amara, project=project)
                return
            old = Attempt.objects.get()
            old.status = "not_accepted"
            old.save(update_fields=["status"])
            replacing.set()
            # The budget's transaction waits for this row by then.
            time.sleep(0.5)
            fields = ("render_id", "account_id", "prompt_sha256", "reserved_microusd", "reserved_on")
            same = {name: getattr(old, name) for name in fields}
            ledger.carry_over(old, Attempt.objects.create(number=2, lane="other", **same))

    in_threads(2, work)
    with cast.at():
        new = BudgetPeriod.objects.get(budget__project=project)
        assert new.reserved_microusd == PRICE
        ledger.settle(Attempt.objects.get(number=2), cost_microusd=PRICE)
        sums = BudgetPeriod.objects.values_list("reserved_microusd", "posted_microusd")
        assert list(sums) == [(0, PRICE)] * 2


def test_removed_budget_binds_no_more_and_settles_what_it_held(submit, cast):
    project = submit(key="1").brief.project
    with cast.at():
        first = Attempt.objects.get()
        gone = set_budget(limit_microusd=PRICE, by=cast.amara, project=project)
        assert remove_budget(budget=gone, by=cast.amara)
        assert not remove_budget(budget=gone, by=cast.amara)
    submit(key="2")
    with cast.at():
        again = set_budget(limit_microusd=3 * PRICE, by=cast.amara, project=project)
        assert again.pk != gone.pk
        assert again.periods.get().reserved_microusd == 2 * PRICE
        ledger.settle(first, cost_microusd=PRICE - 1)
        sums = {p.budget_id: (p.reserved_microusd, p.posted_microusd) for p in BudgetPeriod.objects.all()}
        assert sums[gone.pk] == (0, PRICE - 1)
        assert sums[again.pk] == (PRICE, PRICE - 1)
        with pytest.raises(AgencyBudgetStays):
            remove_budget(budget=Budget.objects.get(level="1_agency"), by=cast.amara)


def test_budget_removed_while_takes_are_submitted_and_settled_keeps_every_sum(submit, cast):
    project = submit(key="first").brief.project
    with cast.at():
        first = Attempt.objects.get()
        gone = set_budget(limit_microusd=100 * PRICE, by=cast.amara, project=project)

    def work(number):
        if number == 4:
            with cast.at():
                remove_budget(budget=gone, by=cast.amara)
        elif number == 5:
            with cast.at():
                ledger.settle(first, cost_microusd=PRICE)
        else:
            submit(key=f"form {number}")

    in_threads(12, work)
    with cast.at():
        period = gone.periods.get()
        told = Attempt.objects.filter(budget_periods__contains=[period.pk], settled_microusd=None)
        assert (period.reserved_microusd, period.posted_microusd) == (told.count() * PRICE, PRICE)
        for attempt in Attempt.objects.filter(settled_microusd=None):
            ledger.release(attempt)
        assert set(BudgetPeriod.objects.values_list("reserved_microusd", "posted_microusd")) == {(0, PRICE)}


def test_lowered_budget_refuses_new_takes_and_lets_old_ones_end(submit, cast):
    render = submit()
    with cast.at():
        set_agency_budget(limit_microusd=1, by=cast.amara)
        with pytest.raises(ledger.BudgetExceeded):
            submit_render(brief=render.brief, submit_key="2", shown_microusd=PRICE, by=cast.amara)
        ledger.settle(Attempt.objects.get(), cost_microusd=PRICE)
        period = BudgetPeriod.objects.get()
    assert (period.reserved_microusd, period.posted_microusd) == (0, PRICE)


def test_settling_twice_charges_once(submit, cast):
    render = submit()
    with cast.at():
        attempt = Attempt.objects.get()
        assert ledger.settle(attempt, cost_microusd=PRICE)
        assert not ledger.settle(attempt, cost_microusd=PRICE)
        assert not ledger.release(attempt)
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}


def test_cost_above_the_reservation_is_booked_in_full(submit, cast):
    render = submit()
    with cast.at():
        ledger.settle(Attempt.objects.get(), cost_microusd=PRICE + 7)
    assert balance(render) == {"available": -PRICE - 7, "reserved": 0, "spent": PRICE + 7}


def test_cancel_gives_the_price_back_once(submit, cast):
    render = submit()
    with cast.at():
        cancel_render(render=fresh(render), by=cast.amara)
        with pytest.raises(CannotCancel, match="ended already"):
            cancel_render(render=fresh(render), by=cast.amara)
        assert BudgetPeriod.objects.get().reserved_microusd == 0
    assert fresh(render).state == State.CANCELLED


def test_ledger_rows_cannot_be_changed_and_must_balance(submit, cast):
    render = submit()
    with cast.at():
        entry = LedgerEntry.objects.first()
        for statement in (
            "UPDATE renders_ledgerentry SET amount_microusd = 0",
            "DELETE FROM renders_ledgerentry",
        ):
            with (
                pytest.raises((ProgrammingError, InternalError)),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
    with pytest.raises(IntegrityError, match="out of balance"):
        with cast.at():
            LedgerEntry.objects.create(
                key="x", book="spent", amount_microusd=1, render=render, attempt=entry.attempt
            )


def test_changed_price_is_shown_before_it_is_paid(submit, brief, cast):
    PriceRow.objects.update(microusd_per_second=120_000)
    with cast.at(), pytest.raises(PriceChanged, match=r"\$0\.48 now, not \$0\.40"):
        submit_render(brief=brief, submit_key="k", shown_microusd=PRICE, by=cast.amara)


def test_quote_is_a_snapshot(submit):
    render = submit()
    PriceRow.objects.update(microusd_per_second=1)
    assert fresh(render).quoted_microusd == PRICE


def test_without_a_price_nothing_is_submitted(brief, cast):
    PriceRow.objects.all().delete()
    with cast.at(), pytest.raises(NoPrice):
        submit_render(brief=brief, submit_key="k", shown_microusd=0, by=cast.amara)


GOLDEN = [
    ("sora-2", "1280x720", 20, "$2.00"),
    ("sora-2-pro", "1920x1080", 20, "$14.00"),
    ("sora-2", "720x1280", 4, "$0.40"),
    ("sora-2-pro", "720x1280", 8, "$2.40"),
    ("sora-2-pro", "1792x1024", 12, "$6.00"),
    ("sora-2", "1280x720", 10 * 100 * 30, "$3,000.00"),
    ("sora-2-pro", "1024x1792", 10 * 100 * 30, "$15,000.00"),
]


@pytest.mark.parametrize(("model", "size", "seconds", "expected"), GOLDEN)
def test_golden_totals(account, model, size, seconds, expected):
    assert dollars(pricing.quote(account, model=model, size=size, seconds=seconds).microusd) == expected


# No clip has such a length: it is a first scene and its extensions.
CHAINS = [
    ("sora-2", "1280x720", (4, 4), 2, "$1.00"),
    ("sora-2-pro", "1280x720", (12, 16), 2, "$9.00"),
    ("sora-2-pro", "1792x1024", (12, 20, 20, 4), 4, "$30.00"),
]


@pytest.mark.parametrize(("model", "size", "legal", "rest", "expected"), CHAINS)
def test_golden_totals_of_chains(account, model, size, legal, rest, expected):
    """10, 30 and 60 s: what is legal of them is priced part by part, and the parts add up to the price of all seconds."""
    first, *more = legal
    pricing.check_choice(account, model=model, size=size, seconds=first)
    before = first
    for number, seconds in enumerate(more, start=1):
        pricing.check_extension(account, before=before, extensions=number, seconds=seconds)
        before += seconds
    parts = [pricing.quote(account, model=model, size=size, seconds=part).microusd for part in (*legal, rest)]
    assert dollars(sum(parts)) == expected
    whole = pricing.quote(account, model=model, size=size, seconds=sum(legal) + rest)
    assert whole.microusd == sum(parts)


def test_price_is_the_one_that_is_valid_on_the_day(account):
    """C11: a row holds from its first day up to, not on, its last; the newest that has begun counts."""
    today = pricing.today()
    day = timedelta(days=1)
    PriceRow.objects.filter(model="sora-2", size="720x1280", mode="standard").delete()
    of = {"account": account, "model": "sora-2", "size": "720x1280", "verified_on": today}
    rows = [
        (7, today - 9 * day, today - 2 * day),
        (6, today - 2 * day, today),
        (5, today - day, None),
        (4, today, None),
        (3, today + day, None),
    ]
    for rate, begins, ends in rows:
        PriceRow.objects.create(**of, microusd_per_second=rate, valid_from=begins, valid_to=ends)

    def price():
        return pricing.quote(account, model="sora-2", size="720x1280", seconds=1).microusd

    assert price() == 4
    PriceRow.objects.filter(microusd_per_second=4).update(valid_to=today)
    assert price() == 5
    PriceRow.objects.filter(microusd_per_second=5).delete()
    with pytest.raises(NoPrice):
        price()


def test_price_is_old_on_the_day_after_its_90_days(account):
    today = pricing.today()
    PriceRow.objects.update(verified_on=today - timedelta(days=90))
    row = PriceRow.objects.filter(account=account).first()
    assert not row.is_unverified
    assert not PriceRow.objects.unverified(today).exists()
    PriceRow.objects.filter(pk=row.pk).update(verified_on=today - timedelta(days=91))
    row.refresh_from_db()
    assert row.is_unverified
    assert PriceRow.objects.unverified(today).get() == row


def test_ledger_holds_video_alone(submit, cast):
    """C15: a line that names no render cannot be written, so nothing else is booked or counts against a video budget."""
    submit()
    with cast.at():
        known = LedgerEntry.objects.first()
        with pytest.raises(IntegrityError, match=r'"render_id".* not-null'), transaction.atomic():
            LedgerEntry.objects.create(
                key="text model", book="spent", amount_microusd=1, attempt=known.attempt
            )


@pytest.mark.parametrize(
    ("model", "size", "seconds", "expected"),
    [
        ("sora-2", "1280x720", 4, {}),
        ("sora-2", "1280x720", 12, {"4 s": 800_000}),
        ("sora-2-pro", "1792x1024", 4, {"1280x720": 800_000}),
        ("sora-2-pro", "1024x1792", 12, {"4 s": 4_000_000, "720x1280": 2_400_000}),
    ],
)
def test_what_is_longer_or_larger_is_compared_with_the_least(account, model, size, seconds, expected):
    offer = pricing.check_choice(account, model=model, size=size, seconds=seconds)
    asked = pricing.quote(account, model=model, size=size, seconds=seconds)
    assert {line.than: line.microusd for line in pricing.dearer(account, offer, asked)} == expected


def test_comparison_leaves_out_a_size_without_a_price(account):
    PriceRow.objects.filter(size="1280x720").delete()
    offer = pricing.check_choice(account, model="sora-2-pro", size="1792x1024", seconds=4)
    asked = pricing.quote(account, model="sora-2-pro", size="1792x1024", seconds=4)
    assert pricing.dearer(account, offer, asked) == []


def test_batch_is_half_of_every_row(account):
    rows = {(r.model, r.size, r.mode): r.microusd_per_second for r in PriceRow.objects.all()}
    standard = [(m, s) for m, s, mode in rows if mode == "standard"]
    assert standard
    assert all(rows[m, s, "batch"] * 2 == rows[m, s, "standard"] for m, s in standard)


@pytest.mark.parametrize("seconds", [0, 5, 6, 10, 30, 60, 16, 20])
def test_illegal_lengths_name_the_nearest_legal_ones(account, seconds):
    with pytest.raises(IllegalChoice, match="Nearest: ") as refusal:
        pricing.check_choice(account, model="sora-2", size="720x1280", seconds=seconds)
    assert refusal.value.field == "seconds"


SIZES = ["720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080", "3840x2160"]
LEGAL = {("sora-2", s) for s in SIZES[:2]} | {("sora-2-pro", s) for s in SIZES[:4]}


@pytest.mark.parametrize("model", ["sora-2", "sora-2-pro"])
@pytest.mark.parametrize("size", SIZES)
def test_every_pair_of_model_and_size_is_legal_or_refused_in_words(account, model, size):
    if (model, size) in LEGAL:
        assert pricing.check_choice(account, model=model, size=size, seconds=4).model == model
    else:
        with pytest.raises(IllegalChoice, match="Nearest"):
            pricing.check_choice(account, model=model, size=size, seconds=4)


@given(st.integers(min_value=-(10**12), max_value=10**12))
@hypothesis_settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_dollars_lose_no_digit(amount):
    text = dollars(amount).replace("$", "").replace(",", "")
    whole, _, part = text.lstrip("-").partition(".")
    sign = -1 if text.startswith("-") else 1
    assert sign * (int(whole) * 1_000_000 + int(part.ljust(6, "0"))) == amount
