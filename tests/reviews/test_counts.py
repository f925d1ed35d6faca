"""How many statements a page takes: few, and the same however much there is to show."""

import pytest

from reviews.models import Round, StageKind, Verdict
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown, statements


def _said(cast: Cast, round_: Round, number: int) -> None:
    with cast.at():
        for n in range(number):
            factories.said(round_, (cast.amara, cast.bruno)[n % 2], frame_in=n % 100)


def test_the_room_is_flat_in_comments(cast: Cast, in_review: Round) -> None:
    bruno = browser(cast.bruno)
    _said(cast, in_review, 1)
    _response, few = statements(bruno, "get", room(in_review.render))
    _said(cast, in_review, 199)
    _response, many = statements(bruno, "get", room(in_review.render))

    assert len(many) == len(few) <= 15


def test_the_list_is_flat_in_takes(cast: Cast) -> None:
    vera = browser(cast.vera)
    with cast.at():
        factories.take(cast)
    _response, few = statements(vera, "get", "/a/northlight/review/")
    with cast.at():
        for _ in range(9):
            factories.take(cast)
    _response, many = statements(vera, "get", "/a/northlight/review/")

    assert len(many) == len(few) <= 12


def test_home_is_flat_in_takes(cast: Cast, shared: Round) -> None:
    amara = browser(cast.amara)
    _response, few = statements(amara, "get", "/a/northlight/")
    with cast.at():
        for _ in range(9):
            factories.shared_take(cast)
    _response, many = statements(amara, "get", "/a/northlight/")

    assert len(many) == len(few) <= 15


def test_the_portal_is_flat_in_comments(cast: Cast, shared: Round) -> None:
    with cast.at():
        link, token = factories.link(shared, cast.amara)
        factories.decided(shared, Verdict.APPROVED, factories.clara(link), kind=StageKind.CLIENT)
    statements(browser(), "get", f"/p/{token}/")  # the first visit is noted
    _said(cast, shared, 1)
    _response, few = statements(browser(), "get", f"/p/{token}/")
    _said(cast, shared, 99)
    _response, many = statements(browser(), "get", f"/p/{token}/")

    assert len(many) == len(few) <= 12


@pytest.mark.parametrize(("path", "most"), [("threads", 11), ("decision", 12), ("media", 10)])
def test_the_parts_of_the_room(cast: Cast, in_review: Round, path: str, most: int) -> None:
    _said(cast, in_review, 5)

    _response, found = statements(browser(cast.bruno), "get", room(in_review.render, f"/{path}"))

    assert len(found) <= most


def test_posting_a_comment(cast: Cast, in_review: Round) -> None:
    bruno = browser(cast.bruno)
    plain = statements(bruno, "post", room(in_review.render, "/comment"), shown(in_review, "a", body="x"))
    part = statements(
        bruno, "post", room(in_review.render, "/comment"), shown(in_review, "b", body="x"), **HTMX
    )

    assert plain[0].status_code == 302
    assert len(plain[1]) <= 14
    assert len(part[1]) <= 15


def test_deciding(cast: Cast, in_review: Round) -> None:
    bruno = browser(cast.bruno)

    response, found = statements(
        bruno, "post", room(in_review.render, "/decide"), shown(in_review, verdict="approved_with_changes")
    )

    assert response.status_code == 302
    assert len(found) <= 26
