"""The staff's page of what does not agree."""

import pytest

from renders.models import Mismatch, MismatchKind, ProviderAccount
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
PAGE = "/staff/mismatches/"


@pytest.fixture
def case(account):
    return Mismatch.objects.create(
        account=account,
        kind=MismatchKind.ORPHAN,
        video_id="video_" + "a" * 48,
        amount_microusd=800_000,
        evidence={"seconds": "8", "size": "720x1280"},
    )


@pytest.fixture
def sol(cast):
    return browser(cast.sol)


def test_page_says_what_it_is_about_and_what_to_do(sol, case):
    page = sol.get(PAGE).content.decode()
    for words in ("Nobody’s video", "$0.80", "no take of ours claims it", "720x1280", "Compare now"):
        assert words in page
    assert f'href="{PAGE}"' in page


def test_empty_page_says_that_all_is_well(sol, account):
    assert "Everything agrees" in sol.get(PAGE).content.decode()
    assert "Nothing was cleared up yet" in sol.get(f"{PAGE}?show=resolved").content.decode()


def test_clearing_up_needs_a_reason_and_keeps_it(cast, sol, case):
    answer = sol.post(f"{PAGE}{case.pk}", {"reason": " "})
    assert answer.status_code == 422
    assert "Say how it was cleared up" in answer.content.decode()
    long = sol.post(f"{PAGE}{case.pk}", {"reason": "word " * 120})
    assert long.status_code == 422
    assert "word word" in long.content.decode()
    assert sol.post(f"{PAGE}{case.pk}", {"reason": "Their own test"}).status_code == 302
    case.refresh_from_db()
    assert (case.resolved_by, case.resolution) == (cast.sol, "Their own test")
    assert "Their own test" in sol.get(f"{PAGE}?show=resolved").content.decode()
    assert sol.post(f"{PAGE}{case.pk}", {"reason": "Again"}).status_code == 422
    case.refresh_from_db()
    assert case.resolution == "Their own test"


def test_comparison_on_demand(sol, account, jobs):
    jobs.clear()
    assert "Reading the list" in sol.post(f"{PAGE}compare/{account.slug}", follow=True).content.decode()
    assert ("compare", (account.pk,)) in jobs.waiting()
    ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)
    assert "switched off" in sol.post(f"{PAGE}compare/{account.slug}", follow=True).content.decode()
    ProviderAccount.objects.filter(pk=account.pk).update(
        is_active=True, capability_overrides={"can_list": False}
    )
    assert "cannot list" in sol.post(f"{PAGE}compare/{account.slug}", follow=True).content.decode()


def test_nobody_else_comes_in(cast, case):
    for user in (cast.amara, cast.dmitri):
        other = browser(user)
        assert other.get(PAGE).status_code == 404
        assert other.post(f"{PAGE}{case.pk}", {"reason": "x"}).status_code == 404
        assert other.post(f"{PAGE}compare/emulator").status_code == 404
    case.refresh_from_db()
    assert case.resolved_at is None


def test_page_counts_its_queries_whatever_is_open(sol, account, case):
    def count():
        answer, found = statements(sol, "get", PAGE)
        assert answer.status_code == 200
        return len(found)

    few = count()
    for number in range(30):
        Mismatch.objects.create(account=account, kind=MismatchKind.LOSS, video_id=f"video_{number}")
    assert count() == few <= 15


def test_open_ones_are_counted_for_monitoring(settings, client, case):
    settings.METRICS_TOKEN = "metrics-for-tests"
    text = client.get("/metrics", headers={"Authorization": "Bearer metrics-for-tests"}).content.decode()
    assert 'dailies_mismatches_open{kind="orphan"} 1' in text
    assert 'dailies_mismatches_open{kind="loss"} 0' in text
