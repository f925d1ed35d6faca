"""The spend page, its downloads and the planner."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from renders import ledger
from renders.actions.briefs import create_project
from renders.models import Attempt, Book, Brief, LedgerEntry, PriceRow, Render
from renders.pricing import today
from renders.states import FailureClass
from tenants.actions.agencies import add_client
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
SPEND = "/a/northlight/spend/"
LEDGER, SUMMARY, PLANNER = f"{SPEND}ledger.csv", f"{SPEND}summary.csv", f"{SPEND}planner"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def charged(cast, make_take):
    """charged(cost, brief=…, state=…): a take with a charge of so many micro-dollars."""

    def make(cost, brief=None, state="deliverable", **changes):
        take = make_take(brief, state=state, **changes)
        with cast.at():
            ledger.settle(Attempt.objects.get(render=take), cost_microusd=cost)
        return take

    return make


def _csv(answer):
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(text.splitlines()))


def _ledger(cast):
    with cast.at():
        rows = LedgerEntry.objects.exclude(book=Book.AVAILABLE).values_list("book")
        return dict(rows.annotate(sum=Sum("amount_microusd")).order_by())


def test_fay_reads_what_a_month_cost_and_what_each_approved_second_cost(cast, charged):
    charged(400_000)
    charged(400_003, state="failed", failure_class=FailureClass.RENDER_FAILED)
    charged(399_999, state="in_review")
    page = browser(cast.fay).get(SPEND).content.decode()
    assert "$1.200002" in page
    assert "$0.400003 failed, lost or expired; $0.399999 not approved so far" in page
    assert "$1.200002 ÷ 4 s" in page
    assert "$0.30" in page, "the nearest micro-dollar of 1.200002 / 4"
    assert "At this pace" in page


def test_groups_and_filters_add_up_to_the_month(cast, amara, charged, make_brief):
    with cast.at():
        other = create_project(client=add_client(name="Zephyr", by=cast.amara), name="Autumn", by=cast.amara)
    brief = make_brief("Kettle")
    with cast.at():
        Brief.objects.filter(pk=brief.pk).update(project=other)
        brief.refresh_from_db()
    charged(400_000)
    charged(123_457, brief)
    for tab, words in {
        "client": "Zephyr",
        "project": "Zephyr · Autumn",
        "model": "sora-2",
        "person": "Amara Diallo",
    }.items():
        page = amara.get(f"{SPEND}?by={tab}").content.decode()
        assert f"<bdi>{words}</bdi>" in page
    with cast.at():
        client = other.client.public_id
    only = amara.get(f"{SPEND}?client={client}").content.decode()
    assert "Kettle" in only
    assert "Lighthouse" not in only
    assert [row["brief"] for row in _csv(amara.get(f"{LEDGER}?client={client}"))] == ["Kettle"] * 3
    for odd in (
        "client=x",
        "project=prj_zz",
        "person=abc",
        "model=x",
        "person=-1",
        "person=99999999999999999999",
        "month=never",
        "by=x",
        "before=x",
    ):
        assert amara.get(f"{SPEND}?{odd}").status_code == 200
        assert amara.get(f"{LEDGER}?{odd}").status_code == 200


def test_spend_page_takes_as_many_statements_for_one_take_as_for_thirty(amara, charged, make_brief):
    brief = make_brief()
    charged(400_000, brief)
    _page, few = statements(amara, "get", SPEND)
    for number in range(30):
        charged(400_000 + number, brief)
    for tab in ("client", "project", "model", "person"):
        _page, many = statements(amara, "get", f"{SPEND}?by={tab}")
        assert len(many) == len(few) <= 15


def test_ledger_download_equals_the_ledger_to_the_micro_dollar(cast, amara, charged):
    for cost in (1, 399_999, 400_001, 1_234_567):
        charged(cost)
    charged(0, state="failed", failure_class=FailureClass.INVALID_PARAMS)
    sums, dollars = {}, {}
    rows = _csv(amara.get(LEDGER))
    for row in rows:
        book = row["ledger account"]
        sums[book] = sums.get(book, 0) + int(row["amount (micro-USD)"])
        dollars[book] = dollars.get(book, Decimal()) + Decimal(row["amount (USD)"])
    assert {key.lower(): value for key, value in sums.items()} == _ledger(cast)
    assert {key: int(value * 1_000_000) for key, value in dollars.items()} == sums
    assert any(row["amount (USD)"] == "-0.400000" for row in rows), "a number below zero stays one"
    earlier = _csv(amara.get(f"{LEDGER}?month=2020-01"))
    assert earlier == []


def test_downloads_hold_no_formula(cast, amara, charged, make_brief):
    charged(400_000, make_brief('=HYPERLINK("http://x")'))
    assert _csv(amara.get(LEDGER))[0]["brief"].startswith("'=")


def test_summary_download_shows_projects_and_no_single_take(cast, amara, charged):
    takes = [charged(400_001), charged(400_003, state="in_review")]
    text = b"".join(amara.get(SUMMARY).streaming_content).decode()
    (row,) = csv.DictReader(text.splitlines())
    assert (row["client"], row["project"], row["takes"]) == ("Acme", "Spring", "2")
    assert (row["charged (USD)"], row["approved (USD)"]) == ("0.800004", "0.400001")
    assert row["charged per approved second (USD)"] == "0.200001"
    assert not any(take.public_id in text for take in takes)
    assert "Lighthouse" not in text


def test_lowering_a_budget_below_what_is_used_is_allowed_and_says_so(cast, amara, make_take):
    make_take()
    page = amara.post(f"{SPEND}budget", {"limit": "0.10"}, follow=True).content.decode()
    assert "below the $0.40 that is used already" in page
    assert "100 % used: new takes are refused" in page
    assert "The limit is reached" in page


def test_total_budget_counts_all_months_and_makes_no_forecast_from_a_single_day(cast, amara, make_take):
    make_take()
    amara.post(f"{SPEND}budget", {"target": f"client-{cast.acme.pk}", "period": "total", "limit": "0.50"})
    page = amara.get(f"{SPEND}?month=2020-01").content.decode()
    assert "over 80 % used" in page
    assert "At this pace" not in page


def test_page_says_that_it_is_about_video_alone(amara, project):
    assert "Video alone: nothing else is charged here." in amara.get(SPEND).content.decode()


@pytest.mark.parametrize(
    ("days_ago", "limit", "words"),
    [
        (5, "8", None),
        # $0.40 in 8 days: the 160th day of that pace, 152 days from now
        (7, "8", "limit reached on"),
        (7, "1000", "not reached within a year"),
        (7, "0.40", "The limit is reached"),
    ],
)
def test_total_budget_says_where_it_is_heading_with_its_arithmetic(
    cast, amara, charged, days_ago, limit, words
):
    charged(400_000)
    since = today() - timedelta(days=days_ago)
    with cast.at():
        Attempt.objects.update(reserved_on=since)
    amara.post(f"{SPEND}budget", {"target": f"client-{cast.acme.pk}", "period": "total", "limit": limit})
    page = amara.get(f"{SPEND}?month=2020-01").content.decode()
    if words is None:
        assert "At this pace" not in page
        return
    assert words in page
    assert f"$0.40 ÷ 8 days since {since:%-d %b %Y} ≈ $0.05 a day" in page
    if words == "limit reached on":
        assert f"<strong>{today() + timedelta(days=152):%-d %b %Y}</strong>" in page


def test_prices_that_nobody_compared_lately_are_named_with_their_day(amara, project):
    PriceRow.objects.update(verified_on=today())
    words = "last compared with the provider’s list on"
    assert words not in amara.get(SPEND).content.decode()
    PriceRow.objects.filter(model="sora-2").update(verified_on="2020-02-03")
    assert f"{words} 3 Feb 2020" in amara.get(SPEND).content.decode()
    assert f"{words} 3 Feb 2020" in amara.get(PLANNER).content.decode()
    assert f"{words} 3 Feb 2020" in amara.get("/a/northlight/briefs/new").content.decode()


@pytest.mark.parametrize(
    ("price", "mode", "total"),
    [
        ("sora-2 1280x720", "standard", "$3,000.00"),
        ("sora-2-pro 1792x1024", "standard", "$15,000.00"),
        ("sora-2 1280x720", "batch", "$1,500.00"),
        ("sora-2-pro 1792x1024", "batch", "$7,500.00"),
    ],
)
def test_planner_shows_the_golden_totals_and_half_of_them_for_batch(amara, account, price, mode, total):
    asked = {"clips_a_day": 100, "seconds": 10, "days": 30, "price": price, "mode": mode}
    page = amara.get(PLANNER, asked).content.decode()
    assert f'<span class="stat__value">{total}</span>' in page


def test_planner_of_a_job_and_numbers_that_make_no_sense(amara, account):
    asked = {"plan": "job", "candidates": 6, "finals": 2, "seconds": 8, "allowance_percent": 20}
    asked |= {"draft": "sora-2 1280x720", "final": "sora-2-pro 1280x720"}
    page = amara.get(PLANNER, asked).content.decode()
    assert '<span class="stat__value">$11.52</span>' in page
    odd = amara.get(PLANNER, {"seconds": "1e9", "clips_a_day": "77"})
    assert odd.status_code == 422
    assert 'value="77"' in odd.content.decode()
    assert amara.get(f"{PLANNER}?price=nothing+x").status_code == 422
    assert amara.get(f"{PLANNER}?plan=x").status_code == 200


def test_planner_without_an_account_says_who_can_help(amara):
    assert "platform’s staff set them" in amara.get(PLANNER).content.decode()


@pytest.mark.parametrize("url", [SPEND, LEDGER, SUMMARY, PLANNER])
def test_only_who_may_see_spend_sees_it(cast, account, url):
    assert browser(cast.fay).get(url).status_code == 200
    assert browser(cast.vera).get(url).status_code == 403
    assert browser(cast.bruno).get(url).status_code == 403
    assert browser(cast.dmitri).get(url).status_code == 404
    assert browser().get(url).status_code == 302


def test_rival_gets_nothing_of_northlights_charges(cast, charged):
    charged(400_000)
    with cast.at():
        client = cast.acme.public_id
    assert _csv(browser(cast.dmitri).get(f"/a/rivalry/spend/ledger.csv?client={client}")) == []
    assert "$0.40" not in browser(cast.dmitri).get(f"/a/rivalry/spend/?client={client}").content.decode()
    with cast.at():
        assert Render.objects.count() == 1
