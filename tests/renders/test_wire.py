"""What goes on the wire in each dialect, to the letter, and every answer that makes no sense has a named error."""

import email
import json

import httpx
import pytest

from renders.capabilities import CAPABILITIES, SWITCHES, lack
from renders.providers import normalise
from renders.providers.errors import Ambiguous, Gone, ProviderError, RateLimited, Refused, Retired, Unexpected
from renders.providers.port import CreateRequest, Operation, Picture, Status, Variant
from renders.providers.videos_api import VideosApi
from renders.providers.wire import PictureAs, Wire

PLAIN = CreateRequest("A boat, “slowly”.", "sora-2", "1280x720", 8)
FORM = [
    ('form-data; name="prompt"', "A boat, “slowly”.".encode()),
    ('form-data; name="model"', b"sora-2"),
    ('form-data; name="size"', b"1280x720"),
    ('form-data; name="seconds"', b"8"),
]


class Server:
    """Answers as told, and keeps the last request."""

    def __init__(self, status=200, body=None, content=None, headers=None):
        self.answer = json.dumps(body).encode() if content is None else content
        self.status, self.headers, self.request = status, headers or {}, None

    def __call__(self, request):
        request.read()
        self.request = request
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.answer))

    def parts(self):
        head = f"Content-Type: {self.request.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + self.request.content)
        return [
            (part["Content-Disposition"], part.get_payload(decode=True)) for part in message.get_payload()
        ]


def api(server, wire=None):
    transport = httpx.MockTransport(server)
    return VideosApi(base_url="https://videos.test/v1", api_key="sk-1", wire=wire, transport=transport)


def made():
    return Server(body={"id": "video_1", "status": "queued"})


# Both encodings of a create. A03.


def test_create_as_a_form_has_four_fields_and_no_file():
    server = made()
    api(server).create(PLAIN)
    assert (server.request.method, server.request.url.path) == ("POST", "/v1/videos")
    assert server.request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert server.parts() == FORM


def test_create_as_json_says_the_same():
    server = made()
    api(server, Wire(creates_as_json=True)).create(PLAIN)
    assert server.request.headers["content-type"] == "application/json"
    assert json.loads(server.request.content) == {
        "prompt": "A boat, “slowly”.",
        "model": "sora-2",
        "size": "1280x720",
        "seconds": "8",
    }


DATA_URL = "data:image/png;base64,iVBORw=="
JSON_PICTURES = {
    PictureAs.OBJECT: {"input_reference": {"image_url": DATA_URL}},
    PictureAs.TEXT: {"input_reference": DATA_URL},
    PictureAs.IMAGE_INPUT: {"image_input": DATA_URL},
}


@pytest.mark.parametrize("spelling", JSON_PICTURES)
def test_picture_in_json_is_a_data_url(tmp_path, spelling):
    still = tmp_path / "still"
    still.write_bytes(b"\x89PNG")
    server = made()
    request = CreateRequest("A boat.", "sora-2", "1280x720", 8, picture=Picture(still, "image/png"))
    api(server, Wire(picture_as=spelling)).create(request)
    plain = {"prompt": "A boat.", "model": "sora-2", "size": "1280x720", "seconds": "8"}
    assert json.loads(server.request.content) == {**plain, **JSON_PICTURES[spelling]}


def test_safety_check_is_asked_about_prompt_and_picture_together(tmp_path):
    still = tmp_path / "still"
    still.write_bytes(b"\x89PNG")
    server = Server(body={"results": [{"flagged": False, "categories": {}}]})
    api(server).moderate("A boat.", picture=Picture(still, "image/png"))
    image = {"type": "image_url", "image_url": {"url": DATA_URL}}
    assert json.loads(server.request.content)["input"] == [{"type": "text", "text": "A boat."}, image]
    api(server).moderate("A boat.")
    assert json.loads(server.request.content)["input"] == "A boat."


def test_picture_as_a_field_of_a_form_is_json_in_text(tmp_path):
    still = tmp_path / "still"
    still.write_bytes(b"\x89PNG")
    server = made()
    request = CreateRequest("A boat, “slowly”.", "sora-2", "1280x720", 8, picture=Picture(still, "image/png"))
    api(server, Wire(picture_as=PictureAs.FIELD)).create(request)
    name, body = server.parts()[-1]
    assert (name, json.loads(body)) == ('form-data; name="image_reference"', {"image_url": DATA_URL})


@pytest.mark.parametrize("wire", [Wire(), Wire(creates_as_json=True)])
def test_picture_goes_as_a_file_whatever_the_encoding(tmp_path, wire):
    still = tmp_path / "still"
    still.write_bytes(b"\x89PNG")
    server = made()
    request = CreateRequest("A boat, “slowly”.", "sora-2", "1280x720", 8, picture=Picture(still, "image/png"))
    api(server, wire).create(request)
    name = 'form-data; name="input_reference"; filename="reference.png"'
    assert server.parts() == [*FORM, (name, b"\x89PNG")]


def test_characters_as_json_are_objects():
    server = made()
    request = CreateRequest("With Pip.", "sora-2", "1280x720", 4, ("char_1", "char_2"))
    api(server, Wire(creates_as_json=True)).create(request)
    assert json.loads(server.request.content)["characters"] == [{"id": "char_1"}, {"id": "char_2"}]


def test_what_a_server_would_drop_in_silence_is_not_sent(tmp_path):
    still = tmp_path / "still"
    still.write_bytes(b"\x89PNG")
    server = made()
    for request in (
        CreateRequest("With Pip.", "sora-2", "1280x720", 4, ("char_1",)),
        CreateRequest("A boat.", "sora-2", "1280x720", 4, picture=Picture(still, "image/png")),
    ):
        with pytest.raises(Refused) as refusal:
            api(server, Wire(takes_characters=False, takes_pictures=False)).create(request)
        assert refusal.value.reason == Refused.INVALID
    assert server.request is None


GOLDEN = {
    Operation.REMIX: ("/v1/videos/video_9/remix", {"prompt": "At night."}),
    Operation.EDIT: ("/v1/videos/edits", {"prompt": "At night.", "video": {"id": "video_9"}}),
    Operation.EXTEND: (
        "/v1/videos/extensions",
        {"prompt": "At night.", "seconds": "4", "video": {"id": "video_9"}},
    ),
}


@pytest.mark.parametrize("operation", GOLDEN)
def test_what_starts_from_a_clip_is_json_with_its_id(operation):
    server = made()
    request = CreateRequest(
        "At night.", "sora-2", "1280x720", 8, operation=operation, source_id="video_9", added_seconds=4
    )
    api(server).create(request)
    assert (server.request.url.path, json.loads(server.request.content)) == GOLDEN[operation]


# Answers. Every one that makes no sense ends in an error that says whether money may be spent.


@pytest.mark.parametrize(
    ("server", "error", "reason"),
    [
        (Server(200, content=b"<html>"), Ambiguous, None),
        (Server(200, []), Ambiguous, None),
        (Server(200, {"id": 7}), Ambiguous, None),
        (Server(200, {"id": "x" * 1001}), Ambiguous, None),
        (Server(302, {}), Ambiguous, None),
        (Server(500, {"detail": "CUDA"}), Ambiguous, None),
        (Server(429, {"detail": "slow down"}), RateLimited, None),
        (Server(410, {"error": {"message": "gone"}}), Retired, None),
        (Server(400, {"detail": "bad"}), Refused, Refused.INVALID),
        (Server(422, {"detail": [{"loc": ["body", "prompt"]}]}), Refused, Refused.INVALID),
        (Server(400, {"code": "invalid_request", "message": "no", "data": None}), Refused, Refused.INVALID),
        (Server(400, {"error": "no"}), Refused, Refused.INVALID),
        (Server(400, content=b"no"), Refused, Refused.INVALID),
        (Server(403, {"error": {"code": None, "message": "no access"}}), Refused, Refused.ACCESS),
        (Server(403, {"error": {"code": "sentinel_block"}}), Refused, Refused.POLICY),
        (Server(400, {"detail": "Blocked by our moderation system."}), Refused, Refused.POLICY),
        # A proxy without a database: a wrong key is a 400 there.
        (Server(400, {"error": {"type": "no_db_connection", "code": "400"}}), Refused, Refused.ACCESS),
    ],
)
def test_answers_to_a_create_have_a_name(server, error, reason):
    with pytest.raises(error) as caught:
        api(server).create(PLAIN)
    assert getattr(caught.value, "reason", None) == reason


def test_error_that_a_proxy_quotes_is_read_from_its_sentence():
    inner = {"error": {"message": "Blocked.", "type": "t", "param": None, "code": "moderation_blocked"}}
    said = f"litellm.BadRequestError: OpenAIException - {json.dumps(inner)}\n\nNo fallback was attempted."
    with pytest.raises(Refused) as caught:
        api(Server(400, {"error": {"message": said, "type": "x", "param": None, "code": "400"}})).create(
            PLAIN
        )
    assert (caught.value.reason, str(caught.value)) == (Refused.POLICY, "Blocked.")
    assert caught.value.detail == inner["error"]


def test_quoted_error_that_is_cut_short_is_left_as_it_came():
    with pytest.raises(Refused) as caught:
        api(Server(400, {"error": {"message": 'x {"error": {"message": "Bl', "code": "400"}})).create(PLAIN)
    assert caught.value.reason == Refused.INVALID


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, {"id": "a", "status": "SUCCEEDED "}, (Status.COMPLETED, "", "")),
        (200, {"id": "a", "status": "NOT_START"}, (Status.RUNNING, "", "")),
        (200, {"id": "a", "status": "FAILURE", "error": "no credit"}, (Status.FAILED, "", "no credit")),
        (200, {"id": "a", "status": "warming_up"}, (Status.RUNNING, "", "")),
        (
            500,
            {"id": "a", "status": "failed", "error": {"code": 500, "message": "OOM"}},
            (Status.FAILED, "500", "OOM"),
        ),
        (400, {"id": "a", "status": "failed", "error": {"message": "x"}}, (Status.FAILED, "", "x")),
        (200, {"id": "a", "status": "cancelled"}, (Status.CANCELLED, "", "")),
    ],
)
def test_bodies_of_every_dialect_are_read(status, body, found):
    video = api(Server(status, body)).retrieve("a")
    assert (video.status, video.error_code, video.error_message) == found


@pytest.mark.parametrize(
    ("server", "error"),
    [
        (Server(404, {"detail": "Video not found"}), Gone),
        (Server(405, {"detail": "Method Not Allowed"}), Refused),
        (Server(401, {"error": {"code": "401"}}), Refused),
        (Server(500, content=b""), Unexpected),
        (Server(200, content=b"\xff\xfe"), Unexpected),
        (Server(200, content=b"[" * 100_000), Unexpected),
        (Server(200, {"data": "x"}), Unexpected),
    ],
)
@pytest.mark.parametrize("read", ["retrieve", "list_videos", "models", "retrieve_character"])
def test_reads_that_make_no_sense_have_a_name(server, error, read):
    arguments = ["x"] if read.startswith("retrieve") else []
    with pytest.raises(error) as caught:
        getattr(api(server), read)(*arguments)
    assert isinstance(caught.value, ProviderError)


@pytest.mark.parametrize(("count", "more"), [(1, False), (2, True)])
def test_list_that_does_not_say_goes_on_while_pages_are_full(count, more):
    body = {"object": "list", "data": [{"id": f"v{n}", "status": "queued"} for n in range(count)]}
    assert api(Server(200, body)).list_videos(limit=2).has_more is more


def test_plain_clip_is_asked_for_without_a_variant():
    server = Server(200, content=b"x", headers={"content-type": "video/mp4"})
    with api(server).content("video_1", Variant.VIDEO) as content:
        assert b"".join(content.chunks) == b"x"
    assert server.request.url.query == b""


@pytest.mark.parametrize(
    ("code", "message", "found"),
    [
        ("moderation_blocked", "", True),
        ("", "Your request was blocked by our moderation system.", True),
        ("400", "Your request was blocked by our moderation system.", True),
        ("processing_error", "the moderation queue is full", False),
        ("", "Out of memory", False),
    ],
)
def test_words_decide_only_where_a_code_is_missing(code, message, found):
    assert normalise.is_policy(code, message) is found


# The profiles themselves. A26, E33.


def test_each_profile_says_when_and_where_it_was_read():
    for name, profile in CAPABILITIES.items():
        assert profile.dialect == name
        assert profile.source
        assert profile.verified_on.year >= 2026
        inputs = profile.inputs()
        assert "text" in inputs["create"]
        assert ("remix" in inputs) == profile.can_remix
        assert all(key in SWITCHES for key in SWITCHES)


def test_override_changes_one_account_and_unknown_names_are_left_out():
    plain = CAPABILITIES["litellm"]
    other = plain.with_overrides({"can_edit": True, "nonsense": True, "title": False})
    assert (plain.can_edit, other.can_edit, other.title) == (False, True, plain.title)


def test_what_is_lacking_is_said_with_what_to_do_instead():
    assert lack("can_remix", account="Our GPUs") == (
        "Our GPUs has no remix. Render the brief once more instead."
    )
