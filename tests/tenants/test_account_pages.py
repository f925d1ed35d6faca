"""The pages about oneself: allauth's, in our dress. What they must show has to arrive through our elements."""

import re

import pytest
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time

from tests.cast import PASSWORD, assemble, browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def amara():
    return browser(assemble().amara)


def _code(secret):
    return f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"


def test_amara_sets_up_an_authenticator_and_reads_her_recovery_codes(amara):
    amara.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = amara.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'value="([A-Z2-7]{16,})"', page)[1]
    answer = amara.post("/accounts/2fa/totp/activate/", {"code": _code(secret)}, follow=True)
    codes = re.search(r"<textarea[^>]* readonly>([^<]+)</textarea>", answer.content.decode())[1].split()
    assert len(codes) == len(set(codes)) == 10
    assert all(re.fullmatch(r"\d{8}", code) for code in codes)


def test_amara_sees_which_address_is_hers_and_verified(amara):
    page = amara.get("/accounts/email/").content.decode()
    assert re.search(r'<input type="radio"[^>]*value="amara@northlight.test" checked>', page)
    assert re.search(r'data-tone="success"><span>\s*Verified', page)


@pytest.mark.parametrize("address", ["/accounts/password/reset/", "/accounts/signup/"])
def test_page_has_one_button_that_stands_out(address):
    assert browser().get(address).content.decode().count("btn--primary") == 1


def test_mails_name_the_product_and_its_public_address(settings, mailoutbox):
    host = "localhost:8000"
    settings.PUBLIC_URL = "http://localhost:9311"
    settings.ALLOWED_HOSTS = ["*"]
    stranger = browser()
    data = {"email": "new@acme.test", "password1": "lantern harbour 4711"}
    assert stranger.post("/accounts/signup/", data, headers={"host": host}).status_code == 302
    browser().post("/accounts/password/reset/", {"email": "new@acme.test"}, headers={"host": host})
    browser().post("/accounts/password/reset/", {"email": "nobody@acme.test"}, headers={"host": host})
    assert len(mailoutbox) >= 2
    for mail in mailoutbox:
        assert host not in mail.body
        assert "Dailies, http://localhost:9311" in mail.body
        assert mail.subject.startswith("Dailies: ")
        links = re.findall(r"https?://\S+", mail.body)
        assert all(link.startswith("http://localhost:9311") for link in links)
    assert mailoutbox[0].subject == "Dailies: is this your address?"
    assert "Somebody has given this address at Dailies" in mailoutbox[0].body
