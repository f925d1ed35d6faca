"""Who sees what, and in which order: keys and lists."""

import httpx
import pytest

from tests.emulator.driver import Api, error_of
from tests.emulator.shapes import LIST_KEYS, check_video


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, None),
        ({"authorization": "Bearer"}, None),
        ({"authorization": "Basic c2s6"}, None),
        ({"authorization": "Bearer sk-wrong"}, "invalid_api_key"),
        ({"authorization": "sk-test-0"}, None),
    ],
)
def test_without_a_right_key_nothing_is_answered(api: Api, headers, code):
    for method, path in (
        ("GET", "/videos"),
        ("POST", "/videos"),
        ("GET", "/models"),
        ("POST", "/moderations"),
    ):
        error = error_of(httpx.request(method, api.emulator.url + path, headers=headers), 401)
        assert error["code"] == code
        assert "sk-wrong" not in error["message"]


def test_another_key_sees_nothing(api: Api, other: Api):
    video = api.made()
    for reply in (
        other.http.get(f"/videos/{video['id']}"),
        other.http.delete(f"/videos/{video['id']}"),
        other.content(video["id"]),
        other.http.post(f"/videos/{video['id']}/remix", json={"prompt": "x"}),
        other.http.post("/videos/edits", json={"prompt": "x", "video": {"id": video["id"]}}),
        other.http.post(
            "/videos/extensions", json={"prompt": "x", "seconds": "4", "video": {"id": video["id"]}}
        ),
    ):
        assert error_of(reply, 404)["message"] == f"Video with id '{video['id']}' not found."
    assert other.http.get("/videos").json()["data"] == []
    assert error_of(other.http.get("/videos", params={"after": video["id"]}), 400)["param"] == "after"
    assert api.get(video["id"])["status"] == "completed"


def test_an_empty_list_still_has_five_keys(api: Api):
    assert api.http.get("/videos").json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_pages_follow_one_another_in_both_orders(api: Api):
    made = [api.create()["id"] for _ in range(7)]
    for order, expected in (("asc", made), ("desc", made[::-1])):
        seen, after = [], None
        while True:
            query = {"limit": 3, "order": order} | ({"after": after} if after else {})
            page = api.http.get("/videos", params=query).json()
            assert set(page) == LIST_KEYS
            assert page["object"] == "list"
            for body in page["data"]:
                check_video(body)
            ids = [body["id"] for body in page["data"]]
            assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])
            seen += ids
            after = page["last_id"]
            assert page["has_more"] is (len(seen) < 7)
            if not page["has_more"]:
                break
        assert seen == expected
    assert [body["id"] for body in api.http.get("/videos").json()["data"]] == made[::-1]


def test_a_page_of_nothing_tells_whether_there_is_more(api: Api):
    api.create()
    page = api.http.get("/videos", params={"limit": 0}).json()
    assert (page["data"], page["first_id"], page["last_id"], page["has_more"]) == ([], None, None, True)


def test_a_deleted_video_still_marks_a_place_in_the_list(api: Api):
    first, second, third = (api.made()["id"] for _ in range(3))
    api.http.delete(f"/videos/{second}")
    page = api.http.get("/videos", params={"after": second, "order": "asc"}).json()
    assert [body["id"] for body in page["data"]] == [third]
    assert first != third


@pytest.mark.parametrize("query", ["limit=101", "limit=-1", "limit=x", "order=up", "after=video_none"])
def test_a_strange_page_is_refused(api: Api, query):
    assert error_of(api.http.get(f"/videos?{query}"), 400)["type"] == "invalid_request_error"
