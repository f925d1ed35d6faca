"""Inviting, joining, changing roles, leaving."""

import re

import pytest
from django.core import mail
from django.db.models.functions import Now

from tenants.models import AuditEvent, Invitation, Membership
from tests.cast import PASSWORD, browser, person

pytestmark = pytest.mark.django_db
LIST = "/a/northlight/members/"


@pytest.fixture
def link(cast, django_capture_on_commit_callbacks):
    """Amara invites Nia; the address that Nia finds in her mail."""
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser(cast.amara).post(
            f"{LIST}invite", {"email": "Nia@Northlight.test", "role": "reviewer"}
        )
    assert answer.status_code == 302
    [message] = mail.outbox
    assert message.to == ["nia@northlight.test"]
    return re.search(r"http://[^/]+(/join/\S+)", message.body)[1]


def _membership(cast, user):
    with cast.at():
        return Membership.objects.filter(user=user).first()


def test_nia_accepts_and_works_there(cast, link):
    nia = person("nia@northlight.test", "Nia")
    page = browser(nia).get(link)
    assert b"Join Northlight" in page.content
    assert browser(nia).post(link).status_code == 302
    assert _membership(cast, nia).role == "reviewer"
    assert browser(nia).get(LIST).status_code == 200
    with cast.at():
        assert AuditEvent.objects.filter(action="member.joined").count() == 1


def test_link_works_once(cast, link):
    nia = person("nia@northlight.test", "Nia")
    browser(nia).post(link)
    assert browser(nia).post(link).status_code == 404


def test_somebody_else_cannot_use_the_link(cast, link):
    answer = browser(cast.dmitri).post(link)
    assert answer.status_code == 422
    assert b"This invitation is for nia@northlight.test" in answer.content
    assert _membership(cast, cast.dmitri) is None


def test_ended_and_withdrawn_links_open_nothing(cast, link):
    with cast.at():
        Invitation.objects.update(expires_at=Now())
    assert browser().get(link).status_code == 404
    with cast.at():
        Invitation.objects.update(expires_at="2099-01-01T00:00Z")
        invitation = Invitation.objects.get()
    assert browser().get(link).status_code == 200
    assert (
        browser(cast.amara).post(f"/a/northlight/invitations/{invitation.public_id}/revoke").status_code
        == 302
    )
    assert browser().get(link).status_code == 404


def test_second_invitation_replaces_the_first(cast, link):
    browser(cast.amara).post(f"{LIST}invite", {"email": "nia@northlight.test", "role": "viewer"})
    assert browser().get(link).status_code == 404
    with cast.at():
        assert [i.role for i in Invitation.objects.open()] == ["viewer"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"email": "not an address", "role": "viewer"}, b"valid email"),
        ({"email": "", "role": "viewer"}, b"required"),
        ({"email": "nia@x.test", "role": "emperor"}, b"emperor"),
        ({"email": "bruno@northlight.test", "role": "viewer"}, b"member already"),
        ({"email": "a" * 300 + "@x.test", "role": "viewer"}, b"254"),
    ],
)
def test_bad_invitation_is_refused_in_words_and_keeps_what_was_typed(cast, data, words):
    answer = browser(cast.amara).post(f"{LIST}invite", data)
    assert answer.status_code == 422
    assert words in answer.content
    assert data["email"][:20].encode() in answer.content


def test_only_owners_manage(cast):
    for user in (cast.bruno, cast.fay, cast.vera):
        assert browser(user).post(f"{LIST}invite", {"email": "x@y.test", "role": "owner"}).status_code == 403
        assert browser(user).get(LIST).status_code == 200


def test_last_owner_stays(cast):
    mine = _membership(cast, cast.amara)
    page = browser(cast.amara).post(f"{LIST}{mine.public_id}/remove", follow=True)
    assert b"only owner" in page.content
    page = browser(cast.amara).post(f"{LIST}{mine.public_id}/role", {"role": "viewer"}, follow=True)
    assert b"only owner" in page.content
    assert _membership(cast, cast.amara).role == "owner"


def test_removed_member_is_out_with_the_next_click(cast):
    bruno = browser(cast.bruno)
    assert bruno.get(LIST).status_code == 200
    browser(cast.amara).post(f"{LIST}{_membership(cast, cast.bruno).public_id}/remove")
    assert bruno.get(LIST).status_code == 404


def test_dmitri_finds_none_of_it(cast):
    member = _membership(cast, cast.bruno).public_id
    dmitri = browser(cast.dmitri)
    assert dmitri.get(LIST).status_code == 404
    for url in (f"{LIST}invite", f"{LIST}{member}/role", f"{LIST}{member}/remove"):
        assert dmitri.post(url, {"role": "owner", "email": "x@y.test"}).status_code == 404
    # The id of another agency's member under one's own agency.
    assert dmitri.post(f"/a/rivalry/members/{member}/remove").status_code == 404
    assert _membership(cast, cast.bruno).is_active


def test_front_door_leads_home_to_sign_in_or_to_a_start(cast):
    assert browser(cast.bruno).get("/").url == "/a/northlight/"
    assert browser().get("/").url == "/accounts/login/"
    assert browser(person("new@nowhere.test", "New")).get("/").url == "/start"


def test_sol_starts_an_agency_and_a_taken_name_is_told(cast):
    answer = browser(cast.sol).post("/start", {"name": "Northlight"})
    assert answer.status_code == 422
    assert b"is taken" in answer.content
    assert browser(cast.sol).post("/start", {"name": "Solar"}).url == "/a/solar/"


def test_sign_in_by_password(cast):
    guest = browser()
    wrong = guest.post("/accounts/login/", {"login": "bruno@northlight.test", "password": "wrong"})
    assert wrong.status_code == 200
    assert b"not correct" in wrong.content
    right = guest.post("/accounts/login/", {"login": "bruno@northlight.test", "password": PASSWORD})
    assert right.status_code == 302


def test_member_of_two_agencies_switches_and_neither_sees_the_other(cast):
    with cast.at(cast.rivalry):
        Membership.objects.create(user=cast.vera, role="viewer")
    vera = browser(cast.vera)
    page = vera.get("/a/northlight/").content.decode()
    assert 'href="/a/rivalry/"' in page
    assert vera.get("/a/rivalry/").status_code == 200
    # Her own row of the other agency must not count among the members of this one.
    members = vera.get("/a/northlight/members/").content.decode()
    assert members.count("vera@northlight.test") == 1
    assert "4 people work here" in members
