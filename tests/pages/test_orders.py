"""The pages of approvals: who may ask, who may answer, what each of them reads."""

import re

import pytest

from renders.models import Order, OrderVerdict, Render
from renders.states import State
from tests import factories
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
LIST = "/a/northlight/approvals/"


@pytest.fixture
def order(cast):
    with cast.at():
        return factories.order(cast, factories.brief(cast), count=2)


def _page(order):
    return f"{LIST}{order.public_id}"


def _decide(person, order, **data):
    return browser(person).post(f"{_page(order)}/decide", data)


def test_fay_finds_what_waits_with_its_price(cast, order):
    page = browser(cast.fay).get(LIST).content.decode()
    assert "Lighthouse at dusk" in page
    assert "$0.80" in page
    assert "2 takes" in page


def test_empty_list_says_so(cast):
    assert "Nothing waits for an approval" in browser(cast.fay).get(LIST).content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("amara", 200), ("fay", 200), ("bruno", 403), ("vera", 403), ("dmitri", 404)]
)
def test_who_may_see_the_list(cast, order, who, status):
    assert browser(getattr(cast, who)).get(LIST).status_code == status


def test_amara_who_asked_sees_the_button_disabled_and_why(cast, order):
    page = browser(cast.amara).get(_page(order)).content.decode()
    assert re.search(r'value="approved" disabled', page)
    assert "somebody else has to approve it" in page
    assert _decide(cast.amara, order, verdict="approved", shown_digest=order.digest).status_code == 422


def test_declining_without_a_reason_keeps_the_page_and_says_why(cast, order):
    answer = _decide(cast.fay, order, verdict="declined", note="")
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()


def test_reason_that_is_too_long_comes_back_whole(cast, order):
    reason = "too dear " * 60
    answer = _decide(cast.fay, order, verdict="declined", note=reason)
    assert answer.status_code == 422
    assert reason.strip() in answer.content.decode()


def test_fay_declines_and_amara_reads_the_reason(cast, order):
    assert _decide(cast.fay, order, verdict="declined", note="Too dear").status_code == 302
    assert "Too dear" in browser(cast.amara).get(_page(order)).content.decode()
    with cast.at():
        assert set(Render.objects.filter(order=order).values_list("state", flat=True)) == {State.DECLINED}


def test_dmitri_decides_nothing(cast, order):
    assert _decide(cast.dmitri, order, verdict="approved", shown_digest=order.digest).status_code == 404
    with cast.at():
        assert Order.objects.get(pk=order.pk).verdict == OrderVerdict.WAITING


def test_stale_page_is_told_what_happened(cast, order):
    _decide(cast.fay, order, verdict="declined", note="No")
    answer = _decide(cast.fay, order, verdict="approved", shown_digest=order.digest)
    assert answer.status_code == 409
    assert "decided already" in answer.content.decode()


def test_threshold_is_set_by_finance_and_not_by_a_producer_without_the_right(cast):
    assert browser(cast.bruno).post(f"{LIST}threshold", {"above": "5"}).status_code == 403
    assert browser(cast.fay).post(f"{LIST}threshold", {"above": "5.00"}).status_code == 302
    assert "above $5.00" in browser(cast.fay).get(LIST).content.decode()
    assert browser(cast.fay).post(f"{LIST}threshold", {"above": "-1"}).status_code == 422


def test_composer_says_before_it_is_asked_that_somebody_else_approves(cast, account, make_brief):
    brief = make_brief()
    browser(cast.fay).post(f"{LIST}threshold", {"above": "0.10"})
    page = browser(cast.amara).get(f"/a/northlight/briefs/{brief.public_id}").content.decode()
    assert "Ask for approval of $0.40" in page


def test_list_makes_as_many_queries_for_many_orders_as_for_one(cast, order):
    few = len(statements(browser(cast.fay), "get", LIST)[1])
    with cast.at():
        for number in range(12):
            factories.order(cast, factories.brief(cast, title=f"Boat {number}"))
    assert len(statements(browser(cast.fay), "get", LIST)[1]) == few <= 15
