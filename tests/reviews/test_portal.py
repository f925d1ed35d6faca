"""The client's side, as Clara meets it: no account, a phone, perhaps no scripts."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from renders.models import AssetKind
from renders.states import State
from reviews.access import COOKIE
from reviews.actions.portal import revoke_link
from reviews.actions.rounds import reopen
from reviews.models import Comment, Decision, Guest, PortalLink, Round, StageKind, Verdict
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown, text_of

CLARA = {"name": "Clara Okafor", "email": "Clara@Acme.test"}


@pytest.fixture
def token(cast: Cast, shared: Round) -> str:
    with cast.at():
        return factories.link(shared, cast.amara, may_download=True)[1]


def _addresses(token: str, decision: Decision) -> list[str]:
    rest = ("", "enter", "comment", "decide", "download", "media", "brand.css")
    certificate = f"certificate/{decision.public_id}"
    return [f"/p/{token}/{part}" for part in (*rest, certificate, f"{certificate}.json")]


def test_three_taps_from_the_mail_to_the_approval(cast: Cast, shared: Round, token: str) -> None:
    phone = browser()

    page = text_of(phone.get(f"/p/{token}/"))
    approve = re.search(r'href="([^"]+verdict=approved)"', page).group(1)  # type: ignore[union-attr]
    question = text_of(phone.get(approve))
    hidden = dict(
        re.findall(r'<input type="hidden" name="(asset_sha256|form_key)" value="([^"]+)"', question)
    )
    done = phone.post(f"/p/{token}/decide", {**hidden, "verdict": "approved", **CLARA}, follow=True)

    assert re.search(r'value="approved"[^>]*checked', question)
    assert hidden["asset_sha256"] in re.sub(r"<input[^>]+>", "", question)
    assert "Thank you, it is approved" in text_of(done)
    with cast.at():
        shared.render.refresh_from_db()
        decision = Decision.objects.get(guest__isnull=False)
        assert shared.render.state == State.DELIVERABLE
        assert (decision.guest.name, decision.guest.email) == ("Clara Okafor", "clara@acme.test")
        assert done.redirect_chain[-1][0].endswith(decision.public_id)


def test_who_is_known_is_not_asked_again(cast: Cast, shared: Round, token: str) -> None:
    phone = browser()
    asked = text_of(phone.get(f"/p/{token}/"))
    phone.post(f"/p/{token}/comment", shown(shared, body="Warmer", timecode="0:01", **CLARA))

    page = text_of(phone.get(f"/p/{token}/decide?verdict=approved"))
    phone.post(f"/p/{token}/decide", shown(shared, "form-2", verdict="approved"))

    assert 'name="email"' in asked
    assert 'name="email"' not in page
    assert "You decide as <bdi>Clara Okafor</bdi>." in page
    with cast.at():
        assert Guest.objects.count() == 1
        comment = Comment.objects.get()
        assert (comment.frame_in, comment.visibility, comment.author_name) == (30, "shared", "Clara Okafor")


def test_somebody_else_at_the_same_browser_says_so(cast: Cast, shared: Round, token: str) -> None:
    phone = browser()
    phone.post(f"/p/{token}/comment", shown(shared, body="Warmer", **CLARA))
    assert "Clara Okafor" in text_of(phone.get(f"/p/{token}/"))

    phone.post(f"/p/{token}/enter", {"forget": "1"})

    assert 'name="email"' in text_of(phone.get(f"/p/{token}/"))


def test_a_double_tap_is_one_guest_and_one_decision(cast: Cast, shared: Round, token: str) -> None:
    """The second tap leaves before the first one's cookie has arrived."""
    data = shown(shared, verdict="approved", **CLARA)

    answers = [browser().post(f"/p/{token}/decide", data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].url == answers[1].url
    with cast.at():
        assert Guest.objects.count() == 1
        assert Decision.objects.filter(guest__isnull=False).count() == 1


@pytest.mark.parametrize(("path", "fields"), [
    ("decide", {"verdict": "approved", "name": "", "email": "clara@acme.test"}),
    ("decide", {"verdict": "approved", "name": "Clara", "email": "no address"}),
    ("decide", {"verdict": "maybe", **CLARA}),
    ("decide", {"verdict": "changes_required", **CLARA}),
    ("comment", {"body": "Keep these words", "frame_in": "500", **CLARA}),
    ("comment", {"body": "", **CLARA}),
    ("comment", {"body": "Keep these words", "timecode": "9:99", **CLARA}),
    ("comment", {"body": "Keep these words", "name": "Clara", "email": "no address"}),
])  # fmt: skip
def test_what_is_wrong_keeps_what_was_typed_and_leaves_nobody_behind(
    cast: Cast, shared: Round, token: str, path: str, fields: dict[str, str]
) -> None:
    response = browser().post(f"/p/{token}/{path}", shown(shared, **fields))

    assert response.status_code == 422
    for value in (value for name, value in fields.items() if name != "frame_in"):
        if value and value != "maybe":
            assert value in text_of(response)
    with cast.at():
        assert not Guest.objects.exists()


def test_other_bytes_than_shown_are_409(cast: Cast, shared: Round, token: str) -> None:
    data = {**shown(shared, verdict="approved", **CLARA), "asset_sha256": "0" * 64}

    response = browser().post(f"/p/{token}/decide", data)

    assert response.status_code == 409
    assert "is not the one that is here now" in text_of(response)
    with cast.at():
        assert not Guest.objects.exists()


def test_who_comes_second_reads_what_was_decided(cast: Cast, shared: Round, token: str) -> None:
    first = browser().post(
        f"/p/{token}/decide", shown(shared, "a", verdict="changes_required", note="Warmer", **CLARA)
    )
    second = browser().post(
        f"/p/{token}/decide", shown(shared, "b", verdict="approved", name="Cy", email="cy@acme.test")
    )

    assert (first.status_code, second.status_code) == (302, 409)
    assert "Changes asked for" in text_of(second)
    assert "the team works on the changes" in text_of(browser().get(f"/p/{token}/"))


@pytest.mark.parametrize("what", ["unknown", "revoked", "ended"])
def test_a_link_that_is_no_more_looks_like_one_that_never_was(
    cast: Cast, shared: Round, token: str, what: str
) -> None:
    with cast.at():
        decision = Decision.objects.get()
        if what == "revoked":
            revoke_link(link=PortalLink.objects.get(), by=cast.amara)
        elif what == "ended":
            PortalLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tried = "x" * 32 if what == "unknown" else token

    for url in _addresses(tried, decision):
        for method in ("get", "post"):
            response = getattr(browser(), method)(url)
            nothing = getattr(browser(), method)("/p/never-was/")
            assert response.status_code == 404, url
            assert response.content == nothing.content, url


def test_before_the_teams_approval_nothing_opens(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        decision = factories.decided(
            shared, Verdict.NOT_RELEVANT, factories.clara(PortalLink.objects.get()), kind=StageKind.CLIENT
        )
        reopen(round_=shared, by=cast.amara)

    for url in _addresses(token, decision):
        response = browser().get(url, follow=True)
        page = text_of(response) if "brand" not in url else ""
        assert "<dailies-player" not in page, url
        assert "/media/" not in page, url
        assert shared.render.brief.title not in page, url
    posted = browser().post(f"/p/{token}/decide", shown(shared, verdict="approved", **CLARA))
    assert posted.status_code == 409


def test_a_link_cannot_be_made_before_the_approval(cast: Cast, in_review: Round) -> None:
    data = {"label": "Clara", "days": "14", "form_key": "k"}

    response = browser(cast.amara).post(room(in_review.render, "/links"), data)

    assert response.status_code == 422
    with cast.at():
        assert not PortalLink.objects.exists()


@pytest.mark.parametrize(("missing", "path"), [("may_comment", "comment"), ("may_decide", "decide"), ("may_download", "download")])  # fmt: skip
def test_a_link_allows_what_it_says_and_no_more(cast: Cast, shared: Round, missing: str, path: str) -> None:
    with cast.at():
        _link, token = factories.link(
            shared,
            cast.amara,
            **{"may_comment": True, "may_decide": True, "may_download": True, missing: False},
        )
    guest = browser()

    assert guest.get(f"/p/{token}/").status_code == 200
    assert f'/p/{token}/{path}"' not in text_of(guest.get(f"/p/{token}/"))
    assert guest.get(f"/p/{token}/{path}").status_code == 404
    assert (
        guest.post(f"/p/{token}/{path}", shown(shared, verdict="approved", body="x", **CLARA)).status_code
        == 404
    )


def test_the_original_comes_after_the_signature(cast: Cast, shared: Round, token: str) -> None:
    guest = browser()
    early = guest.get(f"/p/{token}/download")
    guest.post(f"/p/{token}/decide", shown(shared, verdict="approved", **CLARA))

    late = guest.get(f"/p/{token}/download")

    assert early.status_code == 409
    assert guest.get(late.url).getvalue() == f"original of {shared.render.pk}".encode()


def test_the_portal_signs_files_of_its_own_take_only(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        others = {str(a.pk) for a in factories.take(cast).assets.all()}
        own = {kind: shared.render.asset(kind).pk for kind in (AssetKind.PROXY, AssetKind.POSTER, AssetKind.HOVER_SHEET, AssetKind.WAVEFORM)}  # fmt: skip
    from tenants.storage import read_signed_name

    page = text_of(browser().get(f"/p/{token}/"))
    fresh = browser().get(f"/p/{token}/media").json()

    signed = {read_signed_name(name)[0] for name in re.findall(r'/media/([^"]+)"', page)}  # type: ignore[index]
    assert signed == set(own.values())
    assert not signed & others
    assert read_signed_name(fresh["src"].split("/media/")[1])[0] == own[AssetKind.PROXY]  # type: ignore[index]


def test_a_guest_of_one_link_is_nobody_at_another(cast: Cast, shared: Round, token: str) -> None:
    """The cookie says who one is at which link; an id in it, or of another link, opens nothing."""
    with cast.at():
        _other, other_token = factories.link(factories.shared_take(cast, title="Kettle"), cast.amara)
    phone = browser()
    phone.post(f"/p/{token}/comment", shown(shared, body="Warmer", **CLARA))

    assert 'name="email"' in text_of(phone.get(f"/p/{other_token}/"))


def test_a_forged_cookie_is_no_cookie(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        guest = factories.clara(PortalLink.objects.get())
    phone = browser()
    for value in (str(guest.pk), f'{{"guest": "{guest.pk}"}}', "x:y:z", "\x00", "é" * 300):
        phone.cookies[COOKIE] = value
        assert 'name="email"' in text_of(phone.get(f"/p/{token}/"))


def test_a_guest_answers_only_what_a_guest_may_read(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        inside = factories.said(shared, cast.bruno, shared=False)
        outside = factories.said(shared, cast.bruno)
    phone = browser()

    hidden = phone.post(f"/p/{token}/comment", shown(shared, body="?", parent=inside.public_id, **CLARA))
    answered = phone.post(f"/p/{token}/comment", shown(shared, body="Yes", parent=outside.public_id, **CLARA))

    assert (hidden.status_code, answered.status_code) == (404, 302)


def test_nothing_of_the_portal_is_kept_by_others(cast: Cast, shared: Round, token: str) -> None:
    for path in ("", "enter", "decide", "media", "brand.css"):
        response = browser().get(f"/p/{token}/{path}")
        assert "no-store" in response["Cache-Control"], path
        assert response["Referrer-Policy"] == "same-origin", path
        assert "noindex" in response["X-Robots-Tag"], path
    phone = browser()
    phone.post(f"/p/{token}/comment", shown(shared, body="Warmer", **CLARA))
    cookie = phone.cookies[COOKIE]
    assert cookie["path"] == "/p/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_agencys_face(cast: Cast, token: str) -> None:
    assert text_of(browser().get(f"/p/{token}/brand.css")) == ":root { --brand-hue: 250 }\n"
    page = text_of(browser().get(f"/p/{token}/"))
    assert "Northlight" in page
    assert f'href="/p/{token}/brand.css"' in page


def test_the_first_visit_is_noted(cast: Cast, shared: Round, token: str) -> None:
    amara = browser(cast.amara)
    before = text_of(amara.get(room(shared.render)))
    browser().get(f"/p/{token}/")
    after = text_of(amara.get(room(shared.render)))

    assert "Not opened yet" in before
    assert "Not opened yet" not in after


def test_too_much_in_a_minute_is_429_in_words(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        clara = factories.clara(PortalLink.objects.get())
        for _ in range(20):
            factories.said(shared, clara)

    response = browser().post(f"/p/{token}/comment", shown(shared, body="Keep these words", **CLARA))

    assert response.status_code == 429
    assert "Wait a minute" in text_of(response)
    assert "Keep these words" in text_of(response)


class TestLinks:
    """Amara sends a take."""

    DATA = {"label": "Clara", "days": "14", "may_comment": "on", "may_decide": "on", "form_key": "link-form"}

    @pytest.fixture
    def amara(self, cast: Cast) -> Browser:
        return browser(cast.amara)

    def _address(self, page: str) -> str:
        return re.search(r'id="new-address">[^<]*?(/p/[^<]+)<', page).group(1)  # type: ignore[union-attr]

    @pytest.mark.parametrize("extra", [{}, HTMX])
    def test_the_address_is_shown_once_and_works(
        self, cast: Cast, shared: Round, amara: Browser, extra: dict[str, str]
    ) -> None:
        response = amara.post(room(shared.render, "/links"), self.DATA, **extra)
        address = self._address(text_of(response))

        assert browser().get(address).status_code == 200
        assert address not in text_of(amara.get(room(shared.render)))
        with cast.at():
            assert address.split("/")[2] not in str(PortalLink.objects.values().get())

    def test_a_double_click_makes_one_link_and_sends_one_mail(
        self, cast: Cast, shared: Round, amara: Browser, django_capture_on_commit_callbacks: object
    ) -> None:
        data = {**self.DATA, "email": "clara@acme.test"}
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            first, second = (
                self._address(text_of(amara.post(room(shared.render, "/links"), data))) for _ in range(2)
            )

        assert first == second
        assert len(mail.outbox) == 1
        assert first in mail.outbox[0].body
        with cast.at():
            assert PortalLink.objects.count() == 1

    def test_the_same_form_key_of_another_form_is_another_address(self, cast: Cast, shared: Round) -> None:
        with cast.at():
            other = factories.shared_take(cast, title="Kettle")
            _a, one = factories.link(shared, cast.amara, form_key="k")
            _b, two = factories.link(other, cast.amara, form_key="k")
        assert one != two

    def test_a_title_cannot_forge_a_header(
        self, cast: Cast, shared: Round, amara: Browser, django_capture_on_commit_callbacks: object
    ) -> None:
        with cast.at():
            shared.render.brief.title = "Lighthouse\nBcc: everybody@acme.test"
            shared.render.brief.save()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            amara.post(room(shared.render, "/links"), {**self.DATA, "email": "clara@acme.test"})

        assert mail.outbox[0].recipients() == ["clara@acme.test"]
        assert "\n" not in mail.outbox[0].subject

    @pytest.mark.parametrize(("field", "value"), [
        ("label", ""), ("label", "x" * 121), ("email", "nobody"), ("passcode", "abc"), ("days", "0"), ("days", "91"), ("days", "9" * 40),
    ])  # fmt: skip
    def test_what_is_wrong_comes_back_in_words(
        self, cast: Cast, shared: Round, amara: Browser, field: str, value: str
    ) -> None:
        response = amara.post(
            room(shared.render, "/links"), {**self.DATA, "label": "Keep this name", field: value}
        )

        assert response.status_code == 422
        if field != "label":
            assert "Keep this name" in text_of(response)
        assert value in text_of(response)

    @pytest.mark.parametrize("extra", [{}, HTMX])
    def test_a_withdrawn_link_opens_nothing(
        self, cast: Cast, shared: Round, amara: Browser, extra: dict[str, str]
    ) -> None:
        with cast.at():
            link, token = factories.link(shared, cast.amara)

        amara.post(room(shared.render, f"/links/{link.public_id}/revoke"), **extra)

        assert browser().get(f"/p/{token}/").status_code == 404
        assert "Withdrawn" in text_of(amara.get(room(shared.render)))
