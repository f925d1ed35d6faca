"""Staff on sending: an agency's share, and an account that was taken out of use."""

from datetime import timedelta

import pytest
from django.utils import timezone

from renders import breaker
from renders.models import BreakerTrip, ProviderAccount, QuotaWindow
from tenants.models import Agency, AuditEvent
from tests.cast import browser

pytestmark = pytest.mark.django_db
PAGE = "/staff/accounts/"


@pytest.fixture
def broken(account):
    for _ in range(breaker.LIMIT):
        breaker.failed(account, "It answered 502.", was_probe=False)
    account.refresh_from_db()
    return account


def test_account_out_of_use_says_since_when_why_and_what_happens_next(cast, broken):
    page = browser(cast.sol).get(PAGE).content.decode()
    for words in (
        "Out of use",
        "It answered 502.",
        "One request tries it",
        "loses nothing",
        "Use it again now",
    ):
        assert words in page
    assert "502" in browser(cast.sol).get(f"{PAGE}{broken.slug}/").content.decode()


def test_staff_close_it_by_hand_with_a_reason_that_is_kept(cast, broken, jobs):
    sol, url = browser(cast.sol), f"{PAGE}{broken.slug}/breaker"
    assert "Say why" in sol.post(url, {"reason": "  "}, follow=True).content.decode()
    broken.refresh_from_db()
    assert broken.broken_at is not None
    assert "is used again" in sol.post(url, {"reason": "They moved"}, follow=True).content.decode()
    broken.refresh_from_db()
    assert (broken.broken_at, broken.failed_creates) == (None, 0)
    trip = BreakerTrip.objects.get()
    assert (trip.closed_by, trip.close_reason) == (cast.sol, "They moved")
    assert ("dispatch", (broken.pk,)) in jobs.waiting()
    page = sol.post(url, {"reason": "Once more"}, follow=True).content.decode()
    assert "It sends already" in page
    assert "They moved" in page


def test_nobody_else_closes_it(cast, broken):
    for user in (cast.amara, cast.dmitri):
        assert browser(user).post(f"{PAGE}{broken.slug}/breaker", {"reason": "x"}).status_code == 404
    assert ProviderAccount.objects.get(pk=broken.pk).broken_at is not None


def test_live_rate_limits_are_shown(cast, account):
    QuotaWindow.objects.create(
        account=account, model="sora-2", limit=25, remaining=0, reset_at=timezone.now() + timedelta(hours=1)
    )
    page = browser(cast.sol).get(PAGE).content.decode()
    assert "Rate limit, sora-2" in page
    assert "0 of 25 left" in page


@pytest.mark.parametrize(
    ("weight", "reason", "words"),
    [
        ("0", "x", "whole number"),
        ("101", "x", "whole number"),
        ("²", "x", "whole number"),
        ("2", " ", "Say why"),
    ],
)
def test_bad_share_is_refused_in_words_and_loses_nothing(cast, weight, reason, words):
    url = f"/staff/agencies/{cast.northlight.public_id}/weight"
    answer = browser(cast.sol).post(url, {"weight": weight, "weight_reason": reason})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{weight}"' in answer.content.decode()


def test_share_is_set_with_its_reason_in_the_trail(cast):
    page = f"/staff/agencies/{cast.northlight.public_id}"
    sol = browser(cast.sol)
    assert sol.post(f"{page}/weight", {"weight": "3", "weight_reason": "Their contract"}).status_code == 302
    with cast.at():
        assert Agency.objects.get(pk=cast.northlight.pk).dispatch_weight == 3
        event = AuditEvent.objects.get(action="dispatch.weight_set")
    assert event.data["reason"] == "Their contract"
    assert (event.data["was"], event.data["weight"]) == (1, 3)
    assert "Share" in sol.get(page).content.decode()
    for user in (cast.amara, cast.dmitri):
        assert browser(user).post(f"{page}/weight", {"weight": "9", "weight_reason": "x"}).status_code == 404
