"""A take once more, after the account that takes new work has become another one, or its price has changed."""

import re

import pytest

from renders.actions.accounts import set_up_account
from renders.models import Attempt, ModelOffer, PriceRow, ProviderAccount, Render
from renders.states import FailureClass
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def switched(account):
    """switched(): from now on another account takes new work, at half the price. -> that account."""

    def switch(rate=50_000):
        made = set_up_account(
            slug="next", name="Next", base_url="http://127.0.0.1:9/v1", api_key="k", webhook_secrets=[]
        )
        PriceRow.objects.filter(account=made).update(microusd_per_second=rate)
        ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)
        return made

    return switch


@pytest.fixture
def url(make_take):
    take = make_take(state="failed", failure_class=FailureClass.RENDER_FAILED)
    return f"/a/northlight/takes/{take.public_id}"


def form_of(page):
    """What the button "Render again" sends."""
    form = re.search(r'<form[^>]*/again"[^>]*>.*?</form>', page, re.S)
    return (
        dict(re.findall(r'name="(submit_key|shown_microusd)" value="([^"]*)"', form.group()))
        if form
        else None
    )


def test_price_that_is_shown_is_the_one_of_the_account_that_it_goes_to(cast, amara, url, switched):
    other = switched()
    page = amara.get(url).content.decode()
    assert "Render again for $0.20" in page
    assert "It goes to Next, which takes new work now, not to Emulator as this take did" in page
    assert "The price there is $0.20; this take’s was $0.40." in page
    answer = amara.post(f"{url}/again", form_of(page), follow=True).content.decode()
    assert "Look at it again" not in answer
    with cast.at():
        new = Render.objects.get(take=2)
        assert (new.account_id, new.quoted_microusd) == (other.pk, 200_000)
        assert Attempt.objects.get(render=new).reserved_microusd == 200_000


def test_another_account_at_the_same_price_is_named_too(amara, url, switched):
    switched(rate=100_000)
    page = amara.get(url).content.decode()
    assert "Render again for $0.40" in page
    assert "It goes to Next" in page
    assert "The price is the same." in page


def test_another_price_of_the_same_account_is_said(amara, url):
    PriceRow.objects.update(microusd_per_second=120_000)
    page = amara.get(url).content.decode()
    assert "Render again for $0.48" in page
    assert "The price is $0.48 today; this take’s was $0.40." in page
    assert "It goes to" not in page


def test_nothing_is_said_where_nothing_differs(amara, url):
    page = amara.get(url).content.decode()
    assert "Render again for $0.40" in page
    assert "this take’s was" not in page
    assert "The price is the same." not in page


def test_what_the_account_does_not_offer_is_said_before_anybody_presses(amara, url, switched):
    other = switched()
    ModelOffer.objects.filter(account=other, model="sora-2").update(sizes=["1280x720"])
    page = amara.get(url).content.decode()
    assert form_of(page) is None
    assert "It cannot be rendered again as it is." in page
    assert "does not render 720x1280" in page


def test_without_any_account_the_page_says_so_and_shows_everything_else(amara, url):
    ProviderAccount.objects.update(is_active=False)
    answer = amara.get(url)
    assert answer.status_code == 200
    assert form_of(answer.content.decode()) is None
    assert "No provider account is set up" in answer.content.decode()


def test_page_makes_no_more_than_15_queries(amara, url, switched):
    switched()
    assert len(statements(amara, "get", url)[1]) <= 15


def test_who_may_not_submit_is_told_no_price(cast, url, switched):
    switched()
    page = browser(cast.vera).get(url).content.decode()
    assert "Render again" not in page
    assert "It goes to Next" not in page
