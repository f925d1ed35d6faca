"""An account is tried without spending: what its answer is called, what is written down, and what is never done."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from renders import pricing, tasks
from renders.models import CheckFailure, ModelOffer, ProviderAccount
from renders.steps import check_account as check
from renders.sweep import Sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def try_it(account):
    """Make the account due and check it as a worker would; the row as it is then."""

    def run(**changes) -> ProviderAccount:
        key = changes.pop("api_key", None)
        if key is not None:
            account.api_key = key
            account.save()
        ProviderAccount.objects.filter(pk=account.pk).update(check_at=Now(), **changes)
        tasks.check_account.fn(account.pk)
        account.refresh_from_db()
        return account

    return run


@pytest.fixture
def misbehave(emulator):
    def schedule(kind: str, **parameters) -> None:
        emulator.control.post("/faults", json={"kind": kind, **parameters}).raise_for_status()

    return schedule


def test_good_account_tells_its_models_and_nothing_is_created(try_it, emulator):
    before = emulator.control.get("/invoice").json()["count"]
    emulator.control.delete("/requests")
    account = try_it()
    assert (account.check_failure, account.check_problem) == ("", "")
    assert {"sora-2", "sora-2-pro"} <= set(account.models_seen)
    assert account.models_seen_at == account.checked_at
    assert account.check_at == account.checked_at + check.EVERY
    asked = emulator.control.get("/requests").json()
    asked = asked if isinstance(asked, list) else asked["requests"]
    assert {line["method"] for line in asked} == {"GET"}
    assert emulator.control.get("/invoice").json()["count"] == before
    assert all(offer.missing_since_at is None for offer in account.offers.all())


def test_account_that_is_not_due_or_switched_off_is_not_asked(account, emulator):
    emulator.control.delete("/requests")
    for changes in ({"check_at": timezone.now() + timedelta(minutes=5)}, {"is_active": False}):
        ProviderAccount.objects.filter(pk=account.pk).update(**changes)
        tasks.check_account.fn(account.pk)
    account.refresh_from_db()
    assert account.checked_at is None


def test_wrong_key_is_called_that_and_not_shown(try_it):
    account = try_it(api_key="sk-canary-wrong-key")
    assert account.check_failure == CheckFailure.KEY_REFUSED
    assert "401" in account.check_problem
    assert "canary" not in account.check_problem
    assert account.check_at == account.checked_at + check.AFTER_FAILURE


def test_account_without_a_key_asks_nobody(try_it, emulator):
    emulator.control.delete("/requests")
    account = try_it(api_key="")
    assert not account.has_key
    assert account.check_failure == CheckFailure.KEY_REFUSED
    assert "No key is set" in account.check_problem
    assert not emulator.control.get("/requests").json().get("requests")


def test_key_that_cannot_be_decrypted_is_a_problem_in_words(try_it):
    account = try_it(api_key_sealed="not-sealed-by-us")
    assert account.check_failure == CheckFailure.KEY_REFUSED
    assert "ENCRYPTION_KEYS" in account.check_problem


def test_nobody_at_the_address(try_it):
    account = try_it(base_url="http://127.0.0.1:9/v1")
    assert account.check_failure == CheckFailure.UNREACHABLE
    assert account.models_seen_at is None


@pytest.mark.parametrize(
    ("kind", "parameters", "failure"),
    [
        ("status", {"operation": "list", "status": 403}, CheckFailure.NO_VIDEO),
        ("status", {"operation": "list", "status": 404}, CheckFailure.NO_VIDEO),
        ("status", {"operation": "models", "status": 401}, CheckFailure.KEY_REFUSED),
        ("status", {"operation": "models", "status": 429}, CheckFailure.BUSY),
        ("status", {"operation": "models", "status": 500}, CheckFailure.NONSENSE),
        ("malformed", {"operation": "models", "variant": "html"}, CheckFailure.NONSENSE),
        ("malformed", {"operation": "list", "variant": "array"}, CheckFailure.NONSENSE),
        ("redirect", {"operation": "models"}, CheckFailure.NONSENSE),
        ("drop_before", {"operation": "models"}, CheckFailure.UNREACHABLE),
    ],
)
def test_each_misbehaviour_has_its_name(try_it, misbehave, kind, parameters, failure):
    misbehave(kind, **parameters)
    account = try_it()
    assert account.check_failure == failure
    assert account.check_problem.startswith(check.WORDS[failure])
    again = try_it()
    assert (again.check_failure, again.check_problem) == ("", "")


def test_provider_without_a_list_of_models_is_no_problem(try_it, misbehave, account):
    misbehave("status", operation="models", status=404)
    found = try_it()
    assert found.check_failure == ""
    assert found.models_seen == []
    assert pricing.why_not(found, found.offers.first()) == ""


def test_words_of_a_provider_that_repeats_the_key_lose_it(try_it, misbehave, account):
    misbehave("status", operation="list", status=403, message=f"key {account.api_key} may not")
    assert account.api_key not in try_it().check_problem


def test_model_that_the_list_lacks_is_refused_until_it_is_back(try_it, account):
    ModelOffer.objects.filter(account=account, model="sora-2-pro").update(wire_model="sora-9-pro")
    offer = try_it().offers.get(model="sora-2-pro")
    since = offer.missing_since_at
    assert since is not None
    with pytest.raises(
        pricing.IllegalChoice, match=r"Sora 2 Pro is not in Emulator’s list .* Nearest: Sora 2\."
    ):
        pricing.check_choice(account, model="sora-2-pro", size="1280x720", seconds=4)
    assert pricing.check_choice(account, model="sora-2", size="1280x720", seconds=4)
    try_it()
    offer.refresh_from_db()
    assert offer.missing_since_at == since, "since when does not move with each check"
    ModelOffer.objects.filter(pk=offer.pk).update(wire_model="")
    try_it()
    assert pricing.check_choice(account, model="sora-2-pro", size="1280x720", seconds=4)


def test_a_failed_or_old_check_takes_nothing_away(try_it, account):
    ModelOffer.objects.filter(account=account, model="sora-2-pro").update(wire_model="sora-9-pro")
    try_it(base_url="http://127.0.0.1:9/v1")
    assert pricing.check_choice(account, model="sora-2-pro", size="1280x720", seconds=4)
    ModelOffer.objects.filter(account=account).update(missing_since_at=timezone.now())
    ProviderAccount.objects.filter(pk=account.pk).update(
        check_failure="", check_problem="", models_seen_at=timezone.now() - timedelta(hours=2)
    )
    account.refresh_from_db()
    assert pricing.check_choice(account, model="sora-2-pro", size="1280x720", seconds=4)


def test_when_every_model_is_missing_the_refusal_says_so(account):
    ModelOffer.objects.filter(account=account).update(missing_since_at=timezone.now())
    ProviderAccount.objects.filter(pk=account.pk).update(
        models_seen_at=timezone.now(), checked_at=timezone.now()
    )
    account.refresh_from_db()
    with pytest.raises(pricing.IllegalChoice, match="Nothing else is offered"):
        pricing.check_choice(account, model="sora-2", size="1280x720", seconds=4)


def test_killed_worker_leaves_the_account_due_again(account, monkeypatch):
    def die(*_args):
        raise SystemExit("killed before the answer was written")

    with monkeypatch.context() as patch:
        patch.setattr(check, "_record", die)
        with pytest.raises(SystemExit):
            tasks.check_account.fn(account.pk)
    account.refresh_from_db()
    assert account.checked_at is None
    assert timezone.now() < account.check_at <= timezone.now() + check.LEASE


def test_sweep_rings_for_due_accounts_and_not_each_half_second(account, jobs, django_assert_num_queries):
    ProviderAccount.objects.create(slug="off", name="Off", base_url="http://127.0.0.1:9/v1", is_active=False)
    jobs.clear()
    sweep = Sweep()
    sweep.once()
    # The first round also looks after what belongs to the platform itself.
    assert jobs.waiting() == [("check_account", (account.pk,)), ("keep_house", ())]
    jobs.clear()
    sweep.once()
    assert jobs.waiting() == []
    sweep._looked -= 60
    tasks.check_account.fn(account.pk)
    sweep.once()
    assert jobs.waiting() == [], "it was checked a moment ago"
