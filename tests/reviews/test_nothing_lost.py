"""What a client has typed comes back whole, whatever happened to the link, the take or the length meanwhile."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from renders.models import Asset, Provenance
from renders.models.provenance import MEANINGS, Credentials
from reviews.actions.portal import revoke_link
from reviews.actions.rounds import reopen, set_resolved
from reviews.models import Comment, Decision, Guest, PortalLink, Round
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown, text_of

CLARA = {"name": "Clara Okafor", "email": "clara@acme.test"}
WORDS = "The logo is too small, and <the> sky too dark"


@pytest.fixture
def token(cast: Cast, shared: Round) -> str:
    with cast.at():
        return factories.link(shared, cast.amara)[1]


def _given_back(page: str) -> list[str]:
    return [unescape(text) for text in re.findall(r"<textarea[^>]* readonly[^>]*>([^<]*)</textarea>", page)]


@pytest.mark.parametrize("what", ["revoked", "ended"])
@pytest.mark.parametrize(
    ("path", "fields"),
    [("comment", {"body": WORDS}), ("decide", {"verdict": "changes_required", "note": WORDS})],
)
def test_closed_link_says_so_and_gives_the_words_back(
    cast: Cast, shared: Round, token: str, what: str, path: str, fields: dict[str, str]
) -> None:
    with cast.at():
        if what == "revoked":
            revoke_link(link=PortalLink.objects.get(), by=cast.amara)
        else:
            PortalLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    response = browser().post(f"/p/{token}/{path}", shown(shared, **fields, **CLARA))

    page = text_of(response)
    assert response.status_code == 404
    assert _given_back(page) == [WORDS]
    assert "nothing was sent" in page
    assert "have withdrawn it, or its time is over" in page
    assert "Ask them for a new link" in page
    assert "administrator" not in page
    assert "start page" not in page
    assert "no-store" in response["Cache-Control"]


def test_closed_link_gives_no_passcode_back(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        revoke_link(link=PortalLink.objects.get(), by=cast.amara)

    page = text_of(browser().post(f"/p/{token}/enter", {"passcode": "1234-5678"}))

    assert "1234-5678" not in page


def test_take_that_was_taken_back_gives_the_words_back(cast: Cast, shared: Round, token: str) -> None:
    with cast.at():
        reopen(round_=shared, by=cast.amara)

    response = browser().post(f"/p/{token}/comment", shown(shared, body=WORDS, **CLARA))

    assert response.status_code == 409
    assert _given_back(text_of(response)) == [WORDS]


def test_removed_clip_gives_the_words_back(cast: Cast, shared: Round, token: str) -> None:
    data = shown(shared, body=WORDS, **CLARA)
    with cast.at():
        Asset.objects.filter(render=shared.render).delete()

    response = browser().post(f"/p/{token}/comment", data)

    assert response.status_code == 409
    assert _given_back(text_of(response)) == [WORDS]


@pytest.mark.parametrize(("path", "name", "most"), [("comment", "body", 4000), ("decide", "note", 2000)])
def test_words_that_do_not_fit_are_counted_and_not_cut(
    cast: Cast, shared: Round, token: str, path: str, name: str, most: int
) -> None:
    long = "ab\r\n" * (most // 3) + "the end"  # an end of line is one character
    over = most // 3 * 3 + len("the end") - most
    guest = browser()
    page = text_of(guest.get(f"/p/{token}/{path if path == 'decide' else ''}"))

    response = guest.post(
        f"/p/{token}/{path}", shown(shared, verdict="changes_required", **{name: long}, **CLARA)
    )

    assert f'data-fits="{most}"' in page
    assert f'maxlength="{most}"' not in page
    assert response.status_code == 422
    assert f"{most:,} fit" in text_of(response)
    assert f"shorten it by {over}," in text_of(response)
    assert long.replace("\r\n", "\n") in text_of(response).replace("\r\n", "\n")
    with cast.at():
        assert not Guest.objects.exists()


def test_words_that_just_fit_are_kept(cast: Cast, shared: Round, token: str) -> None:
    body = "a\r\n" * 1999 + "an"

    response = browser().post(f"/p/{token}/comment", shown(shared, body=body, **CLARA))

    assert response.status_code == 302
    with cast.at():
        assert Comment.objects.get().body == body.replace("\r\n", "\n")


def test_team_reads_the_same_about_its_own_long_words(cast: Cast, in_review: Round) -> None:
    bruno = browser(cast.bruno)
    page = text_of(bruno.get(room(in_review.render)))
    assert 'data-fits="4000"' in page
    assert 'maxlength="4000"' not in page

    for path, name, most in (("/comment", "body", 4000), ("/decide", "note", 2000)):
        data = shown(in_review, verdict="changes_required", **{name: "x" * (most + 1)})
        response = bruno.post(room(in_review.render, path), data, **HTMX)
        assert response.status_code == 422
        assert "shorten it by 1," in text_of(response)
        assert "x" * (most + 1) in text_of(response)


class TestAskingForChanges:
    """Nobody can mend what nobody has named."""

    @pytest.fixture
    def phone(self, shared: Round, token: str):
        phone = browser()
        phone.post(f"/p/{token}/comment", shown(shared, "said", body="Warmer", **CLARA))
        return phone

    def _ask(self, phone, shared: Round, token: str, **more: str):
        return phone.post(f"/p/{token}/decide", shown(shared, verdict="changes_required", **more))

    def test_without_a_word_is_refused_beside_the_note(self, cast: Cast, shared: Round, token: str) -> None:
        response = self._ask(browser(), shared, token, **CLARA)

        page = text_of(response)
        assert response.status_code == 422
        assert 'id="id_note_error"' in page
        assert "Say what has to change" in page
        assert re.search(r'value="changes_required"[^>]* checked', page)
        assert "Clara Okafor" in page
        with cast.at():
            assert not Decision.objects.filter(guest__isnull=False).exists()

    def test_an_open_comment_of_theirs_says_it(self, cast: Cast, shared: Round, token: str, phone) -> None:
        assert self._ask(phone, shared, token).status_code == 302

    @pytest.mark.parametrize("what", ["done", "erased"])
    def test_what_was_done_or_erased_says_nothing(
        self, cast: Cast, shared: Round, token: str, phone, what: str
    ) -> None:
        with cast.at():
            comment = Comment.objects.get()
            if what == "done":
                set_resolved(comment=comment, is_resolved=True, by=cast.bruno)
            else:
                Comment.objects.update(body="")

        response = self._ask(phone, shared, token)

        assert response.status_code == 422
        assert 'id="id_note_error"' in text_of(response)

    def test_somebody_elses_comment_says_it_for_nobody(
        self, cast: Cast, shared: Round, token: str, phone
    ) -> None:
        other = {"name": "Dan", "email": "dan@acme.test"}
        assert self._ask(browser(), shared, token, **other).status_code == 422


@pytest.mark.parametrize("state", list(Credentials))
def test_client_reads_what_the_file_says_of_itself(
    cast: Cast, shared: Round, token: str, state: Credentials
) -> None:
    with cast.at():
        Provenance.objects.create(render=shared.render, asset_sha256="0" * 64, credentials=state)

    page = unescape(text_of(browser().get(f"/p/{token}/")))

    assert "Content credentials:" in page
    assert str(MEANINGS[state]) in page


def test_clip_that_was_not_read_claims_nothing(cast: Cast, shared: Round, token: str) -> None:
    assert "Content credentials" not in text_of(browser().get(f"/p/{token}/"))
