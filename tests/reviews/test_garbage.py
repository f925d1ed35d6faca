"""Nonsense in any field answers in words, never with a fault of ours."""

import pytest

from reviews.models import Round
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown

NONSENSE = ["", "\x00", "a\x00b", "9" * 400, "-1", "1e9", "é" * 5000, "' OR 1=1 --", "cmt_1111111111111111111111",
            "{{ 7 }}", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "../../etc/passwd", "true"]  # fmt: skip
COMMENT = (
    "body",
    "timecode",
    "frame_in",
    "frame_out",
    "whole",
    "team_only",
    "parent",
    "asset_sha256",
    "form_key",
    "show",
)
DECIDE = ("verdict", "note", "asset_sha256", "form_key")
LINK = ("label", "email", "passcode", "days", "may_comment", "form_key")
GUEST = (*COMMENT, "name", "email")
CLARA = {"name": "Clara", "email": "clara@acme.test"}


@pytest.mark.parametrize("extra", [{}, HTMX])
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_field_of_the_room_breaks_it(
    cast: Cast, in_review: Round, shared: Round, nonsense: str, extra: dict[str, str]
) -> None:
    amara, bruno = browser(cast.amara), browser(cast.bruno)
    tries = [
        (bruno, room(in_review.render, "/comment"), shown(in_review, "k", body="x"), COMMENT),
        (bruno, room(in_review.render, "/decide"), shown(in_review, "k", verdict="not_relevant"), DECIDE),
        (amara, room(shared.render, "/links"), {"label": "C", "days": "3", "form_key": "k"}, LINK),
    ]
    for who, url, data, fields in tries:
        for field in fields:
            response = who.post(url, {**data, field: nonsense}, **extra)
            assert response.status_code < 500, (url, field)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_field_of_the_portal_breaks_it(cast: Cast, shared: Round, nonsense: str) -> None:
    with cast.at():
        _link, token = factories.link(shared, cast.amara, passcode="teapot")
        _open, open_token = factories.link(shared, cast.amara)
    tries = [
        (f"/p/{token}/enter", {}, ("passcode", "forget")),
        (f"/p/{open_token}/comment", shown(shared, "k", body="x", **CLARA), GUEST),
        (
            f"/p/{open_token}/decide",
            shown(shared, "k", verdict="not_relevant", **CLARA),
            (*DECIDE, "name", "email"),
        ),
    ]
    for url, data, fields in tries:
        for field in fields:
            assert browser().post(url, {**data, field: nonsense}).status_code < 500, (url, field)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_address_breaks_it(cast: Cast, in_review: Round, shared: Round, nonsense: str) -> None:
    with cast.at():
        _link, token = factories.link(shared, cast.amara)
    amara = browser(cast.amara)
    for path, query in (
        (room(in_review.render), {"show": nonsense, "reply": nonsense}),
        (room(in_review.render, "/reply"), {"reply": nonsense}),
        (room(in_review.render, "/decision"), {"was": nonsense}),
        ("/a/northlight/review/", {"show": nonsense, "before": nonsense}),
        (f"/p/{token}/decide", {"verdict": nonsense}),
    ):
        assert amara.get(path, query).status_code < 500, path
    if nonsense:
        from urllib.parse import quote

        assert browser().get(f"/p/{quote(nonsense, safe='')}/").status_code in {400, 404}
