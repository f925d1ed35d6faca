"""Forecasts, plans and sums of what was charged."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renders import planner, spending
from renders.pricing import dollars
from renders.spending import Forecast

DOLLAR = 1_000_000


def _volume(rate, **changes):
    numbers = {"clips_a_day": 100, "seconds": 10, "days": 30, "variants": 1, "failing_percent": 0, **changes}
    return planner.Volume(rate=rate, **numbers)


@pytest.mark.parametrize(("rate", "total"), [(100_000, "$3,000.00"), (500_000, "$15,000.00")])
def test_plan_of_a_month_reproduces_the_golden_totals_and_batch_is_half(rate, total):
    assert dollars(_volume(rate).total_microusd) == total
    assert _volume(rate // 2).total_microusd * 2 == _volume(rate).total_microusd


def test_plan_counts_variants_and_takes_that_are_made_again():
    plan = _volume(100_000, clips_a_day=1, days=10, variants=3, failing_percent=10)
    assert (plan.clips, plan.takes) == (30, 34)
    assert plan.total_microusd == 34 * DOLLAR
    assert plan.list_microusd == 10 * DOLLAR


@given(st.integers(0, 10**6), st.integers(0, 90))
def test_takes_of_a_plan_are_the_fewest_that_give_enough_clips(clips, failing):
    takes = planner.takes_needed(clips, failing_percent=failing)
    assert takes * (100 - failing) >= clips * 100
    assert takes == 0 or (takes - 1) * (100 - failing) < clips * 100


def test_job_is_drafts_and_finals_and_allowance():
    job = planner.Job(
        candidates=6, finals=2, seconds=8, allowance_percent=20, draft_rate=100_000, final_rate=300_000
    )
    assert (job.drafts_microusd, job.finals_microusd) == (4_800_000, 4_800_000)
    assert (job.allowance_microusd, job.total_microusd) == (1_920_000, 11_520_000)


def test_forecast_names_the_day_on_which_the_limit_is_reached():
    forecast = Forecast(used=200 * DOLLAR, limit=240 * DOLLAR, day=date(2026, 11, 20))
    assert forecast.reached_on == date(2026, 11, 24)
    assert (forecast.per_day, forecast.by_end) == (10 * DOLLAR, 300 * DOLLAR)
    assert Forecast(used=5, limit=5, day=date(2026, 11, 20)).reached_on == date(2026, 11, 20)
    assert Forecast(used=0, limit=5, day=date(2026, 11, 20)).reached_on is None
    assert Forecast(used=160 * DOLLAR, limit=240 * DOLLAR + 1, day=date(2026, 11, 20)).reached_on is None


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_forecast_is_the_first_day_that_the_pace_reaches(used, limit, day):
    reached = Forecast(used, limit, day).reached_on
    if used >= limit:
        assert reached == day
    elif reached is None:
        last = spending.next_month(day.replace(day=1)) - timedelta(days=1)
        assert used * last.day < limit * day.day
    else:
        assert reached > day
        assert used * (reached.day - 1) < limit * day.day <= used * reached.day


@pytest.mark.parametrize(
    ("percent", "tone"), [(0, "success"), (49, "success"), (50, "info"), (80, "warning"), (100, "danger")]
)
def test_budget_says_in_words_how_much_is_used(percent, tone):
    found, words = spending.percent_words(percent)
    assert found == tone
    assert "%" in words


@pytest.mark.parametrize("odd", ["", "x", "2026-13", "9999-12", "2026", "2026-11-01", "\x00", "-1"])
def test_month_that_makes_no_sense_is_this_month(odd):
    assert spending.read_month(odd) == spending.today().replace(day=1)
