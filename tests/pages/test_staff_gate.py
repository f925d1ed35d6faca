"""Staff pages open with a second factor only; the platform's tables are behind the same gate and show no secret."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import get_resolver

from renders.models import ModelOffer, ProviderAccount
from tenants.gates import views
from tenants.second_factor import DEMO_SECRET, enrol_with_demo_secret
from tests.cast import PASSWORD, browser, show_second_factor

pytestmark = pytest.mark.django_db
KEY = "sk-canary-must-never-be-shown"
PAGES = [
    "/staff/triage/",
    "/staff/appeals/",
    "/staff/agencies/",
    "/staff/accounts/",
    "/staff/admin/",
    "/styleguide",
]


@pytest.mark.parametrize("page", PAGES)
def test_password_alone_leads_to_the_second_factor(cast, account, page):
    sol = browser(cast.sol, second_factor=False)
    answer = sol.get(page)
    assert answer.status_code == 302
    assert answer.url == f"/second-factor?next={page.replace('/', '%2F')}"
    text = sol.get(answer.url).content.decode()
    assert "Set up a second factor" in text
    assert "/accounts/2fa/totp/activate/" in text
    show_second_factor(sol, cast.sol)
    assert sol.get(page).status_code == 200


def test_who_has_one_is_asked_to_use_it(cast):
    enrol_with_demo_secret(cast.sol)
    text = browser(cast.sol, second_factor=False).get("/second-factor?next=/staff/triage/").content.decode()
    assert "One more step" in text
    assert "/accounts/2fa/reauthenticate/?next=%2Fstaff%2Ftriage%2F" in text


def test_way_back_leads_nowhere_else(cast):
    sol = browser(cast.sol)
    assert sol.get("/second-factor?next=https://evil.test/").url == "/"
    assert sol.get("/second-factor?next=//evil.test/").url == "/"
    assert browser().get("/second-factor").url.startswith("/accounts/login/")


def test_factor_that_was_removed_changes_nothing_any_more(cast, account):
    sol = browser(cast.sol)
    Authenticator.objects.filter(user=cast.sol).delete()
    answer = sol.post(f"/staff/agencies/{cast.northlight.public_id}/switch", {"do": "stop", "reason": "x"})
    assert answer.url.startswith("/second-factor")


def test_recovery_code_is_no_second_factor_for_staff(cast):
    sol = browser(cast.sol, second_factor=False)
    session = sol.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "recovery_codes", "id": 1, "at": 1}
    ]
    session["account_authentication_methods_user"] = str(cast.sol.pk)
    session.save()
    assert sol.get("/staff/triage/").url.startswith("/second-factor")


def test_sign_in_with_password_and_code_opens_the_pages(cast, client):
    enrol_with_demo_secret(cast.sol)
    client.post("/accounts/login/", {"login": cast.sol.email, "password": PASSWORD})
    assert client.get("/staff/triage/").url.startswith("/accounts/login/")
    code = client.get("/dev/mailbox").context["codes"][0].code
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.get("/staff/triage/").status_code == 200


def test_codes_are_shown_on_a_laptop_only_and_only_for_the_demos_secret(cast, client, settings):
    browser(cast.sol)  # enrols with another secret
    assert client.get("/dev/mailbox").context["codes"] == []
    Authenticator.objects.all().delete()
    enrol_with_demo_secret(cast.sol)
    assert cast.sol.email in client.get("/dev/mailbox").content.decode()
    assert DEMO_SECRET not in client.get("/dev/mailbox").content.decode()
    settings.LAPTOP = False
    assert client.get("/dev/mailbox").status_code == 404


def test_every_address_of_the_tables_carries_the_staff_gate():
    found = [
        view for address, view in views(get_resolver().url_patterns) if address.startswith("staff/admin/")
    ]
    assert len(found) > 20
    assert {view.gate[0] for view in found} == {"staff"}


def test_tables_show_no_secret_and_change_little(cast, account):
    sol = browser(cast.sol)
    pages = ["renders/provideraccount/", f"renders/provideraccount/{account.pk}/change/"]
    pages += ["renders/modeloffer/", "renders/pricerow/", "tenants/user/"]
    pages += [f"tenants/user/{cast.amara.pk}/change/", "mfa/authenticator/"]
    for page in pages:
        answer = sol.get(f"/staff/admin/{page}")
        assert answer.status_code == 200, page
        text = answer.content.decode()
        for secret in (KEY, account.api_key_sealed, cast.amara.password, "JBSWY3DPEHPK3PXP"):
            assert secret not in text, page
        assert "style=" not in text, page
        assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert sol.get("/staff/admin/tenants/user/add/").status_code == 403
    assert sol.post(f"/staff/admin/tenants/user/{cast.amara.pk}/delete/").status_code == 403
    assert (
        sol.post(f"/staff/admin/tenants/user/{cast.amara.pk}/change/", {"is_staff": "on"}).status_code == 403
    )


def test_offer_can_be_switched_off_and_nothing_else_is_written(cast, account):
    offer = ModelOffer.objects.first()
    fields = {"label": offer.label, "purpose": offer.purpose, "order": offer.order, "wire_model": "evil"}
    browser(cast.sol).post(f"/staff/admin/renders/modeloffer/{offer.pk}/change/", fields)
    offer.refresh_from_db()
    assert (offer.is_enabled, offer.wire_model) == (False, "")


def test_no_table_of_an_agency_is_there(cast, account):
    text = browser(cast.sol).get("/staff/admin/").content.decode()
    for table in ("render", "brief", "ledgerentry", "comment", "client", "policycase", "membership"):
        assert f"/{table}/" not in text
    assert f"/{ProviderAccount._meta.model_name}/" in text
