"""16 and 20 seconds, and 1080p: off until an account has proved them, taken back when it refuses. B03, B07."""

from datetime import timedelta

import pytest
from django.utils import timezone

from renders import flags, pricing
from renders.actions.accounts import set_up_account
from renders.actions.renders import CannotSubmit
from renders.models import AccountAlert, PriceRow, ProviderAccount
from renders.states import FailureClass, State
from tests.renders.pipeline import balance, fresh, invoiced, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
LONG, FULL_HD = flags.BY_NAME["long"], flags.BY_NAME["full_hd"]


def speak(account, emulator, dialect):
    account.base_url = emulator.url.replace("/v1", f"/as/{dialect}/v1")
    account.save()


def wish(brief, cast, **choice):
    """Change the brief's settings past the form, as an import would."""
    for name, value in choice.items():
        setattr(brief, name, value)
    with cast.at():
        brief.save()


@pytest.mark.parametrize("seconds", [16, 20])
def test_long_clip_is_refused_in_words_while_the_flag_is_off(submit, brief, cast, emulator, seconds):
    wish(brief, cast, seconds=seconds)
    before = emulator.control.get("/invoice").json()["count"]
    with pytest.raises(pricing.IllegalChoice, match=f"does not render {seconds} seconds. Nearest: 12 s"):
        submit()
    assert emulator.control.get("/invoice").json()["count"] == before


@pytest.mark.parametrize("seconds", [16, 20])
def test_long_clip_is_sent_and_made_while_the_flag_is_on(submit, brief, cast, account, emulator, seconds):
    speak(account, emulator, "openai-guide")
    flags.turn(account, LONG, on=True)
    wish(brief, cast, seconds=seconds)
    render = run_until(submit(), State.RENDERING)
    assert [line["seconds"] for line in invoiced(emulator, render)] == [seconds]
    assert balance(render)["reserved"] == seconds * 100_000


def test_full_hd_is_refused_while_the_flag_is_off_and_sent_while_it_is_on(
    submit, brief, cast, account, emulator
):
    wish(brief, cast, model="sora-2-pro", size="1920x1080")
    with pytest.raises(pricing.IllegalChoice, match="does not render 1920x1080"):
        submit()
    speak(account, emulator, "openai-guide")
    flags.turn(account, FULL_HD, on=True)
    render = run_until(submit(), State.RENDERING)
    assert [line["cost_microusd"] for line in invoiced(emulator, render)] == [2_800_000]


@pytest.mark.parametrize(
    ("flag", "choice"),
    [(LONG, {"seconds": 16}), (FULL_HD, {"model": "sora-2-pro", "size": "1080x1920"})],
)
def test_provider_that_refuses_a_flagged_choice_switches_it_off_and_staff_are_told(
    submit, brief, cast, account, emulator, flag, choice
):
    """The account speaks as the published document, which knows neither."""
    flags.turn(account, LONG, on=True)
    flags.turn(account, FULL_HD, on=True)
    wish(brief, cast, **choice)
    render = step(submit())
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.INVALID_PARAMS)
    assert balance(render) == {"available": 0, "reserved": 0}
    account = ProviderAccount.objects.get()
    assert not flags.is_on(account, flag)
    other = FULL_HD if flag is LONG else LONG
    assert flags.is_on(account, other)
    alert = AccountAlert.objects.get()
    assert flag.title in alert.text
    assert "Supported values are" in alert.text
    with pytest.raises(pricing.IllegalChoice):
        submit()


def test_refusal_of_something_else_leaves_the_flag_alone(submit, brief, cast, account, fault):
    flags.turn(account, LONG, on=True)
    wish(brief, cast, seconds=16)
    error = {"message": "Bad prompt", "type": "x", "param": "prompt", "code": None}
    fault("status", status=400, body={"error": error}, operation="create")
    assert step(submit()).failure_class == FailureClass.INVALID_PARAMS
    assert flags.is_on(ProviderAccount.objects.get(), LONG)
    assert AccountAlert.objects.count() == 0


def test_plain_choice_that_is_refused_switches_nothing_off(submit, account, fault):
    flags.turn(account, LONG, on=True)
    fault("status", status=400, operation="create")
    assert step(submit()).failure_class == FailureClass.INVALID_PARAMS
    assert flags.is_on(ProviderAccount.objects.get(), LONG)


def test_flag_without_a_price_cannot_be_switched_on(account):
    PriceRow.objects.filter(size__in=FULL_HD.sizes).delete()
    with pytest.raises(flags.CannotSwitch, match="Add a price first"):
        flags.turn(account, FULL_HD, on=True)


def test_four_k_is_refused_even_when_an_offer_has_it(account):
    offer = account.offers.get(model="sora-2-pro")
    offer.sizes = [*offer.sizes, "3840x2160"]
    offer.save()
    with pytest.raises(pricing.IllegalChoice, match="more than 1080p"):
        pricing.check_pair(account, model="sora-2-pro", size="3840x2160")


def test_setting_an_account_up_again_keeps_what_was_switched_on(account, emulator):
    flags.turn(account, LONG, on=True)
    again = set_up_account(slug="emulator", name="E", base_url=emulator.url, api_key="k", webhook_secrets=[])
    assert flags.is_on(again, LONG)
    assert not flags.is_on(again, FULL_HD)


# The end of a service. E31.


def test_nothing_is_submitted_to_a_service_that_has_ended(submit, account):
    ProviderAccount.objects.update(sunset_on=timezone.now().date())
    with pytest.raises(CannotSubmit, match="ended on"):
        submit()


def test_take_that_was_queued_before_the_end_is_not_sent_after_it(submit, emulator):
    render = submit()
    ProviderAccount.objects.update(sunset_on=timezone.now().date())
    render = step(render)
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.PROVIDER_SUNSET)
    assert balance(render) == {"available": 0, "reserved": 0}
    assert invoiced(emulator, render) == []


def test_another_account_takes_over_when_one_has_ended(submit, account, emulator):
    day = timezone.now().date()
    ProviderAccount.objects.update(sunset_on=day - timedelta(days=1))
    other = set_up_account(
        slug="next", name="Next", base_url=emulator.url, api_key=emulator.api_key, webhook_secrets=[]
    )
    render = submit()
    assert fresh(render).account_id == other.pk
