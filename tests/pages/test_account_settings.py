"""Staff add accounts, change them, price their models, and switch disputed choices. No key ever comes back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from renders import flags, pricing
from renders.models import AccountAlert, ModelOffer, PriceRow, ProviderAccount
from tests.cast import browser

pytestmark = pytest.mark.django_db
PAGE = "/staff/accounts/"
KEY = "sk-canary-must-never-be-shown"
NEW_KEY = "sk-new-canary-also-never-shown"


@pytest.fixture
def sol(cast):
    return browser(cast.sol)


def form(**changes):
    """What the page of settings posts."""
    plain = {
        "name": "Our GPUs",
        "base_url": "https://gpus.example.test/v1",
        "dialect": "vllm-omni",
        "api_key": NEW_KEY,
        "webhook_secret": "",
        "is_active": "on",
        "sunset_on": "",
        "max_in_flight": "2",
        "max_retries": "3",
        "list_grace_seconds": "60",
        "hard_limit_seconds": "7200",
        "deletes_after_copy": "on",
        "settle_policy_output": "release",
        "settle_render_failed": "charge",
        "settle_provider_lost": "release",
        "settle_expired_before_download": "release",
    }
    return {**plain, **changes}


def test_staff_add_an_account_that_is_tested_at_once_and_its_key_is_never_shown(sol, jobs):
    jobs.clear()
    answer = sol.post(f"{PAGE}new", form())
    made = ProviderAccount.objects.get(slug="our-gpus")
    assert answer.url == f"{PAGE}our-gpus/models"
    assert (made.dialect, made.max_in_flight, made.api_key) == ("vllm-omni", 2, NEW_KEY)
    assert made.settlement["render_failed"] == "charge"
    assert NEW_KEY not in made.api_key_sealed
    assert ("check_account", (made.pk,)) in jobs.waiting()
    for url in (PAGE, f"{PAGE}our-gpus/settings", f"{PAGE}our-gpus/models"):
        assert NEW_KEY not in sol.get(url).content.decode()
    assert not made.capabilities.can_remix


def test_key_field_says_that_a_subscription_is_no_budget(sol, account):
    """C21."""
    for url in (f"{PAGE}new", f"{PAGE}emulator/settings"):
        page = sol.get(url).content.decode()
        assert "A ChatGPT subscription is not API budget" in page
        assert 'type="password"' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("base_url", "http://gpus.example.test/v1", "Use https"),
        ("base_url", "https://me:hunter2@gpus.example.test/v1", "Leave names and passwords out"),
        ("base_url", "https://gpus.example.test/v1?key=1", "ends before"),
        ("base_url", "gpus.example.test", "Enter the whole address"),
        ("base_url", "ftp://gpus.example.test/", "Enter the whole address"),
        ("base_url", "https://[::1", "This is no address"),
        ("base_url", "https://gpus.example.test:99999/v1", "This is no address"),
        ("base_url", "http://localhost.example.test/v1", "Use https"),
        ("dialect", "klingon", "not one of the available choices"),
        ("api_key", "two words", "This cannot be a key"),
        ("api_key", "", "Enter the key"),
        ("max_in_flight", "0", "greater than or equal to 1"),
        ("sunset_on", "soon", "Enter a valid date"),
        ("settle_render_failed", "steal", "not one of the available choices"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_nothing_is_lost(sol, field, value, words):
    answer = sol.post(f"{PAGE}new", form(**{field: value, "name": "Kept name"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page.replace("&#x27;", "'")
    assert "Kept name" in page
    assert not ProviderAccount.objects.exists()
    # A typed key does not come back either, and a password in an address is not stored.
    assert f'value="{NEW_KEY}"' not in page


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:4010/v1", "http://localhost:4010/v1", "http://[::1]:4010/v1"]
)
def test_server_on_this_machine_may_do_without_https(sol, address):
    assert sol.post(f"{PAGE}new", form(base_url=address)).status_code == 302


def test_empty_key_leaves_the_stored_one_and_another_server_needs_its_own(sol, account):
    account.base_url = "https://old.example.test/v1"
    account.save()
    same = form(base_url="https://old.example.test/v2", api_key="", dialect="openai")
    assert sol.post(f"{PAGE}emulator/settings", same).status_code == 302
    account.refresh_from_db()
    assert account.api_key == KEY
    moved = sol.post(f"{PAGE}emulator/settings", form(base_url="https://thief.example.test/v1", api_key=""))
    assert moved.status_code == 422
    assert "enter the key again" in moved.content.decode()
    account.refresh_from_db()
    assert account.base_url == "https://old.example.test/v2"


def test_new_webhook_secret_stands_beside_the_one_before_it(sol, account):
    [old] = account.webhook_secrets
    fields = form(base_url=account.base_url, api_key="", webhook_secret="whsec_bmV3")
    assert sol.post(f"{PAGE}emulator/settings", fields).status_code == 302
    account.refresh_from_db()
    assert account.webhook_secrets == ["whsec_bmV3", old]


def test_what_an_account_does_otherwise_is_kept_and_shown(sol, account):
    fields = form(
        base_url=account.base_url, api_key="", dialect="litellm", can_can_edit="yes", can_can_list="no"
    )
    assert sol.post(f"{PAGE}emulator/settings", fields).status_code == 302
    account.refresh_from_db()
    assert account.capability_overrides == {"can_edit": True, "can_list": False}
    assert account.capabilities.can_edit
    page = sol.get(PAGE).content.decode()
    assert "LiteLLM proxy, read" in page
    assert "(this account only)" in page


def test_two_accounts_of_one_name_have_addresses_of_their_own(sol):
    for _ in range(2):
        sol.post(f"{PAGE}new", form(name="New"))
    assert sorted(ProviderAccount.objects.values_list("slug", flat=True)) == ["new-2", "new-3"]


def offer(**changes):
    plain = {
        "offer": "",
        "new-model": "wan",
        "new-label": "Wan 2.2",
        "new-purpose": "Our own machines",
        "new-wire_model": "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
        "new-rates": "832x480 0.02\n1280×720 $0.05",
        "new-seconds": "4, 8",
        "new-is_enabled": "on",
    }
    return {**plain, **changes}


def test_model_is_added_with_sizes_lengths_and_prices(sol, account):
    assert sol.post(f"{PAGE}emulator/models", offer()).status_code == 302
    made = ModelOffer.objects.get(model="wan")
    assert (made.sizes, made.seconds) == (["832x480", "1280x720"], [4, 8])
    assert pricing.quote(account, model="wan", size="1280x720", seconds=4).microusd == 200_000


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("new-rates", "1280x720", "is not a size and a price"),
        ("new-rates", "big 0.10", "is no size"),
        ("new-rates", "3840x2160 1", "more than 1080p"),
        ("new-rates", "1280x720 -1", "not between"),
        ("new-rates", "1280x720 NaN", "is not a size and a price"),
        ("new-seconds", "four", "Enter whole seconds"),
        ("new-seconds", "0", "Enter the lengths"),
        ("new-label", "", "This field is required"),
    ],
)
def test_bad_offer_is_refused_in_words(sol, account, field, value, words):
    answer = sol.post(f"{PAGE}emulator/models", offer(**{field: value}))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ModelOffer.objects.filter(model="wan").exists()


def test_changed_price_ends_the_old_row_and_quoted_takes_keep_theirs(sol, cast, account, make_take):
    take = make_take()
    old = ModelOffer.objects.get(account=account, model="sora-2")
    prefix = f"o{old.pk}"
    fields = {
        "offer": "sora-2",
        f"{prefix}-label": "Sora 2",
        f"{prefix}-purpose": old.purpose,
        f"{prefix}-rates": "1280x720 0.15\n720x1280 0.10",
        f"{prefix}-seconds": "4, 8, 12",
        f"{prefix}-is_enabled": "on",
    }
    assert sol.post(f"{PAGE}emulator/models", fields).status_code == 302
    assert pricing.quote(account, model="sora-2", size="1280x720", seconds=4).microusd == 600_000
    ended = PriceRow.objects.get(
        account=account, model="sora-2", size="1280x720", mode="standard", microusd_per_second=100_000
    )
    assert ended.valid_to == pricing.today()
    with cast.at():
        take.refresh_from_db()
    assert take.quoted_microusd == 400_000
    # The same once more changes nothing.
    count = PriceRow.objects.count()
    sol.post(f"{PAGE}emulator/models", fields)
    assert PriceRow.objects.count() == count


def test_disputed_choices_are_switched_by_hand_and_offered_then(sol, cast, project, account):
    assert "16 s" not in browser(cast.amara).get("/a/northlight/briefs/new").content.decode()
    page = sol.post(f"{PAGE}emulator/flag", {"flag": "long", "do": "on"}, follow=True).content.decode()
    assert "16 and 20 seconds are offered at Emulator" in page
    assert "16 s" in browser(cast.amara).get("/a/northlight/briefs/new").content.decode()
    sol.post(f"{PAGE}emulator/flag", {"flag": "long", "do": "off"})
    assert not flags.is_on(ProviderAccount.objects.get(), flags.BY_NAME["long"])
    assert (
        "no such switch"
        in sol.post(f"{PAGE}emulator/flag", {"flag": "x", "do": "on"}, follow=True).content.decode()
    )


def test_alert_stands_on_the_card_until_somebody_has_seen_it(sol, cast, account):
    flags.raise_alert(account, "Emulator refused 16 s.")
    alert = AccountAlert.objects.get()
    assert "Emulator refused 16 s." in sol.get(PAGE).content.decode()
    sol.post(f"{PAGE}emulator/alerts/{alert.pk}")
    alert.refresh_from_db()
    assert alert.seen_by == cast.sol
    assert "Emulator refused 16 s." not in sol.get(PAGE).content.decode()
    assert sol.post(f"{PAGE}emulator/alerts/999999").status_code == 404


def test_ended_service_is_said_to_staff_and_to_every_team_and_writing_goes_on(sol, cast, account, make_brief):
    """E31."""
    brief = make_brief()
    amara = browser(cast.amara)
    assert "The video service has ended" not in amara.get("/a/northlight/").content.decode()
    ProviderAccount.objects.update(sunset_on=timezone.now().date())
    assert "Nothing is sent there any more" in sol.get(PAGE).content.decode()
    for url in ("/a/northlight/", "/a/northlight/briefs/"):
        assert "The video service has ended" in amara.get(url).content.decode(), url
    form = {
        "project": str(brief.project_id), "title": "T", "subject": "Kept words", "model": "sora-2", "size": "1280x720",
        "seconds": "4", "shown_microusd": "400000",
    }  # fmt: skip
    assert amara.post("/a/northlight/briefs/new", {**form, "do": "save"}).status_code == 302
    refused = amara.post("/a/northlight/briefs/new", {**form, "do": "submit"})
    assert refused.status_code == 422
    assert "Emulator ended on" in refused.content.decode()
    assert "Kept words" in refused.content.decode()
    ProviderAccount.objects.update(sunset_on=timezone.now().date() + timedelta(days=1))
    assert "The video service has ended" not in amara.get("/a/northlight/").content.decode()
    assert brief.pk


def test_list_of_accounts_counts_its_queries_with_alerts_and_offers(sol, account):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert sol.get(PAGE).status_code == 200
        return len(found)

    few = queries()
    for number in range(4):
        sol.post(f"{PAGE}new", form(name=f"More {number}"))
        flags.raise_alert(ProviderAccount.objects.get(slug=f"more-{number}"), "Look")
    sol.get(PAGE)  # what the forms had to say
    assert queries() == few


def test_only_staff_set_accounts_up(cast, account):
    for url in (
        "new",
        "emulator/settings",
        "emulator/models",
        "emulator/flag",
        "emulator/drill",
        "emulator/retarget",
    ):
        for user in (cast.amara, cast.dmitri):
            assert browser(user).get(f"{PAGE}{url}").status_code == 404
            assert browser(user).post(f"{PAGE}{url}", form()).status_code == 404
