"""The staff's page of provider accounts, and what an account does to the composer."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from renders.actions.accounts import set_up_account
from renders.models import ModelOffer, ProviderAccount
from tests.cast import browser

pytestmark = pytest.mark.django_db
PAGE = "/staff/accounts/"
KEY = "sk-canary-must-never-be-shown"


@pytest.fixture
def sol(cast):
    return browser(cast.sol)


def _set(account, **values):
    ProviderAccount.objects.filter(pk=account.pk).update(**values)


def test_staff_land_on_it_and_find_it_in_their_menu(sol, account):
    assert sol.get("/").url == "/staff/triage/"
    page = sol.get(PAGE).content.decode()
    assert f'href="{PAGE}"' in page
    assert "Never tested" in page
    assert "nothing is charged" in page


def test_only_staff_come_in(cast, account):
    for url in (PAGE, f"{PAGE}emulator/", f"{PAGE}emulator/check"):
        for user in (cast.amara, cast.bruno, cast.dmitri):
            assert browser(user).get(url).status_code == 404
            assert browser(user).post(url).status_code == 404
        assert browser().get(url).url.startswith("/accounts/login/")
    assert "Provider accounts" not in browser(cast.amara).get("/a/northlight/").content.decode()


def test_each_fact_is_there_and_no_key(sol, account):
    now = timezone.now()
    _set(
        account,
        in_flight=3,
        held_until_at=now + timedelta(minutes=1),
        held_reason=f"Incorrect key provided: {KEY}",
        sunset_on=date(2031, 5, 4),
        checked_at=now,
        check_failure="no_video",
        check_problem="It knows our key, but does not let it use video.",
        models_seen=["sora-2", "x"],
        models_seen_at=now,
    )
    page = sol.get(PAGE).content.decode()
    for words in (
        "127.0.0.1:9",
        "3 of 4",
        "Incorrect key provided: …",
        "4 May 2031",
        "does not let it use video",
        "2 models, read",
        "set, and never shown",
    ):
        assert words in page, words
    assert KEY not in page
    assert account.api_key_sealed not in page


def test_password_in_an_address_is_not_shown(sol, account):
    _set(account, base_url="https://user:hunter2@videos.example.test/v1")
    page = sol.get(PAGE).content.decode()
    assert "videos.example.test" in page
    assert "hunter2" not in page


def test_button_rings_the_step_and_the_card_asks_until_it_is_answered(sol, account, jobs, monkeypatch):
    # The test itself is one transaction.
    monkeypatch.setattr("renders.steps.client.refuse_in_transaction", lambda: None)
    jobs.clear()
    page = sol.post(f"{PAGE}emulator/check", follow=True).content.decode()
    assert jobs.waiting() == [("check_account", (account.pk,))]
    assert 'hx-trigger="every 2s"' in page
    assert "nothing is created or charged" in page
    jobs.run()
    card = sol.get(f"{PAGE}emulator/").content.decode()
    assert "every 2s" not in card
    assert "<html" not in card
    assert "Cannot be reached" in card  # nobody listens at this account's address
    assert sol.get(f"{PAGE}nobody-here/").status_code == 404
    assert sol.post(f"{PAGE}nobody-here/check").status_code == 404


def test_account_that_is_off_is_not_asked(sol, account, jobs):
    _set(account, is_active=False)
    jobs.clear()
    assert "switched off" in sol.post(f"{PAGE}emulator/check", follow=True).content.decode()
    assert jobs.waiting() == []


def test_page_counts_its_queries_whatever_the_number_of_accounts(sol, account):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert sol.get(PAGE).status_code == 200
        return len(found)

    few = queries()
    for n in range(5):
        set_up_account(
            slug=f"more-{n}", name=f"More {n}", base_url="https://x.test/v1", api_key="k", webhook_secrets=[]
        )
    assert queries() == few <= 9


def test_model_that_is_missing_is_shown_disabled_with_its_reason(cast, project, account):
    now = timezone.now()
    _set(account, checked_at=now, models_seen=["sora-2"], models_seen_at=now)
    ModelOffer.objects.filter(account=account, model="sora-2-pro").update(missing_since_at=now)
    amara = browser(cast.amara)
    page = amara.get("/a/northlight/briefs/new").content.decode()
    assert "Sora 2 Pro is not in Emulator’s list of models since" in page
    assert 'value="sora-2-pro" disabled' in page
    assert 'value="sora-2" checked' in page
    form = {
        "project": str(project.pk),
        "title": "T",
        "subject": "S",
        "model": "sora-2-pro",
        "size": "1280x720",
        "seconds": "4",
        "do": "submit",
        "shown_microusd": "1200000",
    }
    refused = amara.post("/a/northlight/briefs/new", form)
    assert refused.status_code == 422
    assert "Nearest: Sora 2." in refused.content.decode()
    assert "Nearest: Sora 2." in amara.post("/a/northlight/briefs/preview", form).content.decode()


def test_first_choice_is_one_that_can_be_had(cast, project, account):
    now = timezone.now()
    _set(account, checked_at=now, models_seen=["sora-2-pro"], models_seen_at=now)
    ModelOffer.objects.filter(account=account, model="sora-2").update(missing_since_at=now)
    page = browser(cast.amara).get("/a/northlight/briefs/new").content.decode()
    assert 'value="sora-2-pro" checked' in page


def test_account_without_a_key_refuses_in_words_and_nothing_is_queued(cast, project, account):
    _set(account, api_key_sealed="")
    amara = browser(cast.amara)
    assert "has no key yet" in amara.get("/a/northlight/briefs/new").content.decode()
    preview = amara.post("/a/northlight/briefs/preview", {"subject": "S"})
    assert preview.status_code == 200
    assert "has no key yet" in preview.content.decode()
    assert "No key" in browser(cast.sol).get(PAGE).content.decode()


def test_likeness_eligibility_is_dated_proved_and_for_staff(cast, account):
    """F27."""
    sol, url = browser(cast.sol), f"/staff/accounts/{account.slug}/likeness"
    assert "not agreed, none is sent" in sol.get("/staff/accounts/").content.decode()
    for data, words in (
        ({"since": "2026-01-01"}, "Both are needed"),
        ({"evidence": "Letter 12"}, "Both are needed"),
        ({"since": "2026-01-01", "until": "2025-01-01", "evidence": "Letter 12"}, "cannot end before"),
        ({"since": "yesterday", "evidence": "Letter 12"}, "Enter days as"),
    ):
        assert words in sol.post(url, data, follow=True).content.decode()
        account.refresh_from_db()
        assert not account.takes_likeness()
    sol.post(url, {"since": "2026-01-01", "evidence": "Letter 12"})
    account.refresh_from_db()
    assert account.takes_likeness()
    assert not account.takes_likeness(date(2025, 12, 31))
    assert "agreed since 1 Jan 2026" in sol.get("/staff/accounts/").content.decode()
    sol.post(url, {"since": "", "evidence": ""})
    account.refresh_from_db()
    assert not account.takes_likeness()
    for user in (cast.amara, cast.dmitri):
        assert browser(user).post(url, {"since": "2026-01-01", "evidence": "x"}).status_code == 404
