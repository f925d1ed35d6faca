"""Every address of the review, for everybody of the cast."""

import pytest

from reviews.models import Round, StageKind, Verdict
from reviews.urls import urlpatterns
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import room, shown

NO_ROW = "1111111111111111111111"


@pytest.fixture
def addresses(cast: Cast, in_review: Round, shared: Round) -> dict[str, tuple[str, str]]:
    """Name → (method, address) of each page that an agency has."""
    with cast.at():
        comment = factories.said(in_review, cast.bruno)
        link, _token = factories.link(shared, cast.amara)
        clara = factories.clara(link)
        decision = factories.decided(shared, Verdict.APPROVED, clara, kind=StageKind.CLIENT)
    talk = room(in_review.render, f"/comments/{comment.public_id}")
    return {
        "home": ("get", "/a/northlight/"),
        "home-now": ("get", "/a/northlight/home/now"),
        "review-list": ("get", "/a/northlight/review/"),
        "room": ("get", room(in_review.render)),
        "room-threads": ("get", room(in_review.render, "/threads")),
        "room-window": ("get", room(in_review.render, "/threads/window")),
        "room-reply": ("get", room(in_review.render, f"/reply?reply={comment.public_id}")),
        "room-decision": ("get", room(in_review.render, "/decision")),
        "room-sharing": ("get", room(in_review.render, "/sharing")),
        "room-media": ("get", room(in_review.render, "/media")),
        "room-original": ("get", room(in_review.render, "/original")),
        "comment-add": ("post", room(in_review.render, "/comment")),
        "comment-resolve": ("post", f"{talk}/resolve"),
        "comment-reopen": ("post", f"{talk}/reopen"),
        "comment-delete": ("post", f"{talk}/delete"),
        "decide": ("post", room(in_review.render, "/decide")),
        "take-back": ("post", room(shared.render, "/take-back")),
        "link-create": ("post", room(shared.render, "/links")),
        "link-revoke": ("post", room(shared.render, f"/links/{link.public_id}/revoke")),
        "people": ("get", "/a/northlight/retention/people/"),
        "person-erase": ("get", f"/a/northlight/retention/people/{clara.public_id}/erase"),
        "certificate": ("get", f"/a/northlight/certificates/{decision.public_id}"),
        "certificate-json": ("get", f"/a/northlight/certificates/{decision.public_id}.json"),
    }


COMMENTERS = {"room-reply", "comment-add", "comment-resolve", "comment-reopen", "comment-delete", "decide"}
OWNERS = {"people", "person-erase"}
MAKERS = {"room-sharing", "take-back", "link-create", "link-revoke"}


def test_the_list_of_addresses_is_complete(addresses: dict[str, tuple[str, str]]) -> None:
    named = {pattern.name for pattern in urlpatterns if not pattern.name.startswith("portal")}

    assert named == set(addresses)


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("who", ["dmitri", "sol"])
def test_an_outsider_gets_404_everywhere(
    cast: Cast, addresses: dict[str, tuple[str, str]], who: str, method: str
) -> None:
    outsider = browser(getattr(cast, who))

    found = {name: getattr(outsider, method)(url).status_code for name, (_m, url) in addresses.items()}

    assert found == dict.fromkeys(addresses, 404)


def test_dmitri_gets_404_for_northlights_ids_under_his_own_agency(
    cast: Cast, addresses: dict[str, tuple[str, str]]
) -> None:
    dmitri = browser(cast.dmitri)
    with_ids = {n: m for n, m in addresses.items() if not n.startswith(("home", "review", "people"))}

    found = {
        name: getattr(dmitri, method)(url.replace("northlight", "rivalry")).status_code
        for name, (method, url) in with_ids.items()
    }

    assert found == dict.fromkeys(with_ids, 404)


def test_nobody_is_sent_to_sign_in(cast: Cast, addresses: dict[str, tuple[str, str]]) -> None:
    nobody = browser()

    for method, url in addresses.values():
        response = getattr(nobody, method)(url)
        assert response.status_code == 302, url
        assert response.url.startswith("/accounts/login/"), url


def test_vera_looks_and_changes_nothing(cast: Cast, addresses: dict[str, tuple[str, str]]) -> None:
    vera = browser(cast.vera)

    for name, (method, url) in addresses.items():
        expected = {403} if name in COMMENTERS | MAKERS | OWNERS else {200, 302}
        assert getattr(vera, method)(url).status_code in expected, name


def test_bruno_reviews_and_does_not_send_to_clients(
    cast: Cast, addresses: dict[str, tuple[str, str]]
) -> None:
    bruno = browser(cast.bruno)

    for name, (method, url) in addresses.items():
        is_refused = getattr(bruno, method)(url).status_code == 403
        assert is_refused == (name in MAKERS | OWNERS), name


def test_amara_opens_everything(cast: Cast, addresses: dict[str, tuple[str, str]]) -> None:
    amara = browser(cast.amara)

    for name, (method, url) in addresses.items():
        assert getattr(amara, method)(url).status_code in {200, 302, 422}, name


def test_an_action_refuses_to_be_fetched(cast: Cast, addresses: dict[str, tuple[str, str]]) -> None:
    amara = browser(cast.amara)

    for name, (method, url) in addresses.items():
        if method == "post":
            assert amara.get(url).status_code == 405, name


@pytest.mark.parametrize("url", [
    f"/a/northlight/review/rnd_{NO_ROW}",
    f"/a/northlight/certificates/dec_{NO_ROW}",
    "/a/northlight/review/rnd_zzzzzzzzzzzzzzzzzzzzzz",
    "/a/northlight/review/rnd_short",
])  # fmt: skip
def test_an_id_that_is_not_there_is_404(cast: Cast, url: str) -> None:
    assert browser(cast.amara).get(url).status_code == 404


def test_a_comment_of_another_room_is_404(cast: Cast, in_review: Round, shared: Round) -> None:
    """Swapped ids: the right to change one room's comments must not reach another's through its address."""
    with cast.at():
        comment = factories.said(shared, cast.bruno)
        link, _token = factories.link(shared, cast.amara)
    amara = browser(cast.amara)

    assert amara.post(room(in_review.render, f"/comments/{comment.public_id}/resolve")).status_code == 404
    assert amara.post(room(in_review.render, f"/links/{link.public_id}/revoke")).status_code == 404
    body = shown(in_review, body="Me, too", parent=comment.public_id)
    assert amara.post(room(in_review.render, "/comment"), body).status_code == 404
