"""What goes over the wire: bodies, headers, errors, chains, models, moderation."""

import re
import time

import httpx
import pytest

from tests.emulator.driver import PROMPT, Api, error_of, start
from tests.emulator.shapes import CATEGORIES, check_video


def test_a_video_holds_thirteen_keys_from_beginning_to_end(api: Api):
    begun = api.create(size="1280x720", model="sora-2")
    check_video(begun)
    assert (begun["status"], begun["progress"]) == ("queued", 0)
    assert (begun["prompt"], begun["size"], begun["seconds"], begun["model"]) == (
        PROMPT,
        "1280x720",
        "4",
        "sora-2",
    )
    assert abs(begun["created_at"] - time.time()) < 5
    ended = api.wait(begun)
    check_video(ended)
    assert (ended["status"], ended["progress"], ended["remixed_from_video_id"]) == ("completed", 100, None)
    assert {name: begun[name] for name in ("id", "created_at", "prompt")} == {
        name: ended[name] for name in ("id", "created_at", "prompt")
    }


def test_progress_moves_and_never_falls(folder, shelf):
    slow = start(folder, "--render-seconds", "1.5", "--canned", shelf=shelf)
    try:
        api = Api(slow, slow.keys[0])
        video = api.create(size="1280x720")
        seen = []
        while not seen or seen[-1][0] != "completed":
            body = api.get(video["id"])
            check_video(body)
            seen.append((body["status"], body["progress"]))
            time.sleep(0.05)
        assert list(dict.fromkeys(status for status, _ in seen)) == [
            "queued",
            "in_progress",
            "completed",
        ]
        assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)
        assert len({progress for _, progress in seen}) > 5
    finally:
        slow.stop()


def test_defaults_fill_what_is_left_out(api: Api):
    body = api.http.post("/videos", json={"prompt": PROMPT}).json()
    assert (body["model"], body["seconds"], body["size"]) == ("sora-2", "4", "720x1280")


def test_a_blocked_prompt_ends_failed_with_its_code(api: Api):
    ended = api.wait(api.create("A murder in the library"))
    check_video(ended)
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "moderation_blocked"
    error_of(api.content(ended["id"]), 404)


# --- headers ------------------------------------------------------------------------------------------


def test_every_reply_has_an_id_and_rate_limits(api: Api):
    replies = [
        api.http.get("/videos"),
        api.http.get("/nowhere"),
        api.http.get("/videos/none"),
        httpx.get(api.emulator.url + "/videos"),
    ]
    for reply in replies:
        assert re.fullmatch(r"req_[0-9a-f]{32}", reply.headers["x-request-id"])
        assert int(reply.headers["x-ratelimit-limit-requests"]) >= int(
            reply.headers["x-ratelimit-remaining-requests"]
        )
        assert re.fullmatch(r"\d+(s|ms)", reply.headers["x-ratelimit-reset-requests"])
    assert len({reply.headers["x-request-id"] for reply in replies}) == len(replies)


def test_pending_videos_say_when_to_poll_again(api: Api):
    reply = api.http.post("/videos", json={"prompt": PROMPT})
    assert int(reply.headers["openai-poll-after-ms"]) >= 50
    ended = api.wait(reply.json())
    assert "openai-poll-after-ms" not in api.http.get(f"/videos/{ended['id']}").headers


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"),
    [
        (
            {"seconds": 8},
            "Invalid type for 'seconds': expected one of '4', '8', or '12', but got an integer instead.",
            "seconds",
            "invalid_type",
        ),
        ({"seed": 1}, "Unknown parameter: 'seed'.", "seed", "unknown_parameter"),
        (
            {"input_reference": "a.png"},
            "Invalid type for 'input_reference': expected a file, but got a string instead.",
            "input_reference",
            "invalid_type",
        ),
        (
            {"size": "1024x1792"},
            "Invalid value: '1024x1792'. Supported values are: '720x1280' and '1280x720'.",
            "size",
            "invalid_value",
        ),
        (
            {"characters": [{"id": "char_none"}]},
            "Character with id 'char_none' not found.",
            "characters[0].id",
            "invalid_value",
        ),
    ],
)
def test_a_wrong_create_is_refused_in_known_words_and_costs_nothing(api: Api, fields, message, param, code):
    error = error_of(api.http.post("/videos", json={"prompt": PROMPT, **fields}), 400)
    assert error == {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert api.invoice() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/batches/batch_none", 404),
        ("GET", "/files/file-none", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/videos/video_none", 404),
        ("GET", "/videos/characters/char_none", 404),
        ("GET", "/models/gpt-1", 404),
        ("PUT", "/videos", 405),
        ("DELETE", "/videos/characters/char_x", 405),
    ],
)
def test_what_does_not_exist_answers_with_an_error_body(api: Api, method, path, status):
    error_of(api.http.request(method, path), status)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"[" * 200_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"prompt", "text/plain"),
        (b"no boundary", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_400(api: Api, content, kind):
    error_of(api.http.post("/videos", content=content, headers={"content-type": kind}), 400)


def test_only_finished_videos_can_be_deleted_remixed_or_extended(api: Api):
    api.fault("stuck")
    video = api.create()
    assert "cannot be deleted" in error_of(api.http.delete(f"/videos/{video['id']}"), 400)["message"]
    for path, body in (
        (f"/videos/{video['id']}/remix", {"prompt": "x"}),
        ("/videos/edits", {"prompt": "x", "video": {"id": video["id"]}}),
        ("/videos/extensions", {"prompt": "x", "seconds": "4", "video": {"id": video["id"]}}),
    ):
        assert "is not completed" in error_of(api.http.post(path, json=body), 400)["message"]
    assert "not ready" in error_of(api.content(video["id"]), 404)["message"]


def test_a_deleted_video_is_gone(api: Api):
    video = api.made()
    assert api.http.delete(f"/videos/{video['id']}").json() == {
        "id": video["id"],
        "object": "video.deleted",
        "deleted": True,
    }
    error_of(api.http.get(f"/videos/{video['id']}"), 404)
    error_of(api.content(video["id"]), 404)
    error_of(api.http.delete(f"/videos/{video['id']}"), 404)
    assert len(api.invoice()) == 1


def test_deleting_one_of_two_equal_clips_leaves_the_other(api: Api, other: Api):
    prompt = "Two keys, one clip"
    mine, theirs = api.made(prompt), other.made(prompt)
    api.http.delete(f"/videos/{mine['id']}")
    assert other.content(theirs["id"]).status_code == 200


# --- chains -------------------------------------------------------------------------------------------


def test_a_remix_names_its_parent_and_an_edit_does_not(api: Api):
    parent = api.made(size="1280x720")
    remix = api.http.post(f"/videos/{parent['id']}/remix", json={"prompt": "in snow"}).json()
    check_video(remix)
    assert (remix["remixed_from_video_id"], remix["size"], remix["seconds"]) == (
        parent["id"],
        "1280x720",
        "4",
    )
    edit = api.http.post("/videos/edits", json={"prompt": "in gold", "video": {"id": parent["id"]}}).json()
    check_video(edit)
    assert edit["remixed_from_video_id"] is None


def test_an_extension_tells_the_stitched_total_and_bills_the_new_part(api: Api):
    parent = api.made()
    extension = api.http.post(
        "/videos/extensions", json={"prompt": "on", "seconds": "8", "video": {"id": parent["id"]}}
    ).json()
    check_video(extension)
    assert extension["seconds"] == "12"
    assert [(line["operation"], line["seconds"]) for line in api.invoice()] == [("create", 4), ("extend", 8)]


@pytest.mark.parametrize("seconds", [4, "5", "24", None])
def test_an_extension_of_strange_length_is_refused(api: Api, seconds):
    body = {"prompt": "on", "video": {"id": "video_x"}} | ({"seconds": seconds} if seconds else {})
    assert error_of(api.http.post("/videos/extensions", json=body), 400)["param"] == "seconds"


def test_models_are_listed_and_found(api: Api):
    listed = api.http.get("/models").json()
    assert listed["object"] == "list"
    for model in listed["data"]:
        assert {"id", "object", "created", "owned_by"} <= set(model)
    assert {"sora-2", "sora-2-pro", "omni-moderation-latest"} <= {model["id"] for model in listed["data"]}
    assert api.http.get("/models/sora-2").json()["object"] == "model"


@pytest.mark.parametrize(
    ("given", "count", "is_flagged"),
    [
        ("a calm lake", 1, [False]),
        ("a brutal murder", 1, [True]),
        (["a calm lake", "gore"], 2, [False, True]),
        (
            [
                {"type": "text", "text": "erotic"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}},
            ],
            1,
            [True],
        ),
    ],
)
def test_moderation_answers_for_thirteen_categories(api: Api, given, count, is_flagged):
    reply = api.http.post("/moderations", json={"model": "omni-moderation-latest", "input": given}).json()
    assert set(reply) == {"id", "model", "results"}
    assert len(reply["results"]) == count
    assert [result["flagged"] for result in reply["results"]] == is_flagged
    for result in reply["results"]:
        assert set(result) == {"flagged", "categories", "category_scores", "category_applied_input_types"}
        for name in ("categories", "category_scores", "category_applied_input_types"):
            assert set(result[name]) == CATEGORIES
        assert all(0 <= score <= 1 for score in result["category_scores"].values())
    again = api.http.post("/moderations", json={"input": given}).json()
    assert again["results"] == reply["results"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": 5},
        {"input": []},
        {"input": [5]},
        {"input": [{"type": "video"}]},
        {"input": "x", "model": "gpt"},
    ],
)
def test_a_strange_moderation_is_refused(api: Api, body):
    error_of(api.http.post("/moderations", json=body), 400)
