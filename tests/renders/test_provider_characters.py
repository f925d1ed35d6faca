"""What goes on the wire for characters, byte by byte, and what may come back. Requirements A16, A17, B21."""

import email
import json
import re

import httpx
import pytest

from renders.providers.errors import Ambiguous, Gone, RateLimited, Refused, Unexpected
from renders.providers.port import CharacterRequest, CreateRequest
from renders.providers.videos_api import VideosApi
from tests.characters_kit import clip_bytes


class Wire:
    """Keeps the last request, and answers with what it was told."""

    def __init__(self, status=200, body=None, content=None):
        self.answer = json.dumps(body).encode() if content is None else content
        self.status, self.request = status, None

    def __call__(self, request):
        request.read()
        self.request = request
        return httpx.Response(self.status, stream=httpx.ByteStream(self.answer))

    def parts(self):
        """(disposition, type, content) of each part of the form, in order."""
        head = f"Content-Type: {self.request.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + self.request.content)
        return [
            (part["Content-Disposition"], part["Content-Type"], part.get_payload(decode=True))
            for part in message.get_payload()
        ]


def api(wire):
    return VideosApi(base_url="https://videos.test/v1", api_key="sk-1", transport=httpx.MockTransport(wire))


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "any-name.bin"
    path.write_bytes(clip_bytes())
    return path


def test_character_goes_out_as_multipart_with_name_and_file(clip):
    wire = Wire(body={"id": "char_1", "name": "Pip", "created_at": 1_790_000_000})
    made = api(wire).create_character(CharacterRequest("Pip & Zoë", clip))
    assert (made.id, made.name, made.created_at.year) == ("char_1", "Pip", 2026)
    assert (wire.request.method, wire.request.url.path) == ("POST", "/v1/videos/characters")
    assert wire.request.headers["authorization"] == "Bearer sk-1"
    assert wire.request.headers["content-type"].startswith("multipart/form-data; boundary=")
    name, video = wire.parts()
    assert name == ('form-data; name="name"', None, "Pip & Zoë".encode())
    assert video == ('form-data; name="video"; filename="character.mp4"', "video/mp4", clip_bytes())


def test_character_is_fetched_by_an_id_that_cannot_leave_its_place():
    wire = Wire(body={"id": "char_1", "name": None, "created_at": None})
    found = api(wire).retrieve_character("../videos?x=1")
    assert (found.id, found.name, found.created_at) == ("char_1", "", None)
    assert wire.request.url.raw_path == b"/v1/videos/characters/..%2Fvideos%3Fx%3D1"


def test_create_sends_characters_as_the_official_sdk_does():
    wire = Wire(body={"id": "video_1", "status": "queued"})
    api(wire).create(CreateRequest("With Pip.", "sora-2", "1280x720", 4, ("char_1", "char_2")))
    names = [re.search(r'name="([^"]*)"', part[0])[1] for part in wire.parts()]
    assert names == ["prompt", "model", "size", "seconds", "characters[][id]", "characters[][id]"]
    assert [part[2] for part in wire.parts()][-2:] == [b"char_1", b"char_2"]


def test_create_without_characters_says_nothing_of_them():
    wire = Wire(body={"id": "video_1", "status": "queued"})
    api(wire).create(CreateRequest("A boat.", "sora-2", "1280x720", 4))
    assert b"characters" not in wire.request.content


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Wire(body={"id": None, "name": None, "created_at": 1}), Ambiguous),
        (Wire(body={"id": "   "}), Ambiguous),
        (Wire(body={"id": "x" * 301}), Ambiguous),
        (Wire(body=[]), Ambiguous),
        (Wire(content=b"<html>"), Ambiguous),
        (Wire(500, {}), Ambiguous),
        (Wire(408, {}), Ambiguous),
        (Wire(302, {}), Ambiguous),
        (Wire(429, {}), RateLimited),
        (Wire(400, {"error": {"message": "no"}}), Refused),
        (Wire(403, {"error": {"code": "sentinel_block"}}), Refused),
    ],
)
def test_answers_to_a_registration(clip, answer, error):
    with pytest.raises(error):
        api(answer).create_character(CharacterRequest("Pip", clip))


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Wire(404, {}), Gone), (Wire(500, {}), Unexpected), (Wire(200, {"id": 7}), Unexpected)],
)
def test_answers_to_a_look(answer, error):
    with pytest.raises(error):
        api(answer).retrieve_character("char_1")


def test_the_emulator_makes_and_knows_it(emulator, clip):
    provider = VideosApi(base_url=emulator.url, api_key=emulator.api_key)
    made = provider.create_character(CharacterRequest("Pip", clip))
    assert provider.retrieve_character(made.id).name == "Pip"
    with pytest.raises(Gone):
        provider.retrieve_character("char_nobody")
    provider.close()
