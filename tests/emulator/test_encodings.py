"""Bodies as real clients write them: multipart with and without a file, bracketed keys, JSON, images by every way."""

import base64
import http.server
import threading

import pytest

from tests.emulator.driver import PROMPT, Api, error_of, image

SIZE = "1280x720"


def character(api: Api, clip: bytes, name: str = "Pip") -> dict:
    reply = api.http.post(
        "/videos/characters", data={"name": name}, files={"video": ("pip.mp4", clip, "video/mp4")}
    )
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
def clip(api: Api) -> bytes:
    return api.content(api.made(size=SIZE)["id"]).content


def multipart(*fields: tuple[str, str]) -> tuple[bytes, dict[str, str]]:
    """A multipart body without a file, as the official package writes it."""
    parts = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields
    )
    return f"{parts}--edge--\r\n".encode(), {"content-type": "multipart/form-data; boundary=edge"}


def test_multipart_without_a_file_is_taken(api: Api):
    body, headers = multipart(("prompt", PROMPT), ("seconds", "8"), ("size", SIZE), ("model", "sora-2-pro"))
    video = api.http.post("/videos", content=body, headers=headers).json()
    assert (video["prompt"], video["seconds"], video["size"], video["model"]) == (
        PROMPT,
        "8",
        SIZE,
        "sora-2-pro",
    )


def test_urlencoded_fields_are_taken(api: Api):
    assert api.http.post("/videos", data={"prompt": PROMPT}).json()["prompt"] == PROMPT


def test_characters_come_as_form_keys_or_as_json(api: Api, clip):
    one, two = character(api, clip), character(api, clip, "Momo")
    for form in (
        multipart(("prompt", PROMPT), ("characters[][id]", one["id"]), ("characters[][id]", two["id"])),
        multipart(("prompt", PROMPT), ("characters[0][id]", one["id"])),
    ):
        assert api.http.post("/videos", content=form[0], headers=form[1]).status_code == 200
    assert (
        api.http.post("/videos", json={"prompt": PROMPT, "characters": [{"id": one["id"]}]}).status_code
        == 200
    )
    body, headers = multipart(("prompt", PROMPT), *[("characters[][id]", one["id"])] * 3)
    assert (
        error_of(api.http.post("/videos", content=body, headers=headers), 400)["code"]
        == "array_above_max_length"
    )


def test_a_character_is_kept_and_belongs_to_its_key(api: Api, other: Api, clip):
    made = character(api, clip)
    assert set(made) == {"id", "name", "created_at"}
    assert api.http.get(f"/videos/characters/{made['id']}").json() == made
    error_of(other.http.get(f"/videos/characters/{made['id']}"), 404)
    error_of(other.http.post("/videos", json={"prompt": PROMPT, "characters": [{"id": made["id"]}]}), 400)


@pytest.mark.parametrize(
    ("fields", "with_clip", "param"),
    [
        ({}, True, "name"),
        ({"name": ""}, True, "name"),
        ({"name": "x" * 81}, True, "name"),
        ({"name": "Pip"}, False, "video"),
    ],
)
def test_a_character_needs_name_and_video(api: Api, clip, fields, with_clip, param):
    files = {"video": ("pip.mp4", clip, "video/mp4")} if with_clip else {"_": ("", b"")}
    reply = api.http.post("/videos/characters", data=fields, files=files)
    assert error_of(reply, 400)["param"] in (param, "_")
    reply = api.http.post("/videos/characters", json={"name": "Pip", "video": "x"})
    assert error_of(reply, 400)["code"] == "unsupported_content_type"


def test_what_is_no_video_makes_no_character(api: Api):
    for data in (b"", b"not a video", image((64, 64)), b"#EXTM3U\nhttp://127.0.0.1/x.ts\n"):
        reply = api.http.post(
            "/videos/characters", data={"name": "Pip"}, files={"video": ("pip.mp4", data, "video/mp4")}
        )
        assert error_of(reply, 400)["param"] == "video"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_comes_as_a_file_whatever_it_says_it_is(api: Api, kind):
    files = {"input_reference": ("still.bin", image((1280, 720), kind), "application/octet-stream")}
    assert api.http.post("/videos", data={"prompt": PROMPT, "size": SIZE}, files=files).status_code == 200


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_comes_as_a_data_url(api: Api, kind):
    url = f"data:image/{kind.lower()};base64," + base64.b64encode(image((1280, 720), kind)).decode()
    body = {"prompt": PROMPT, "size": SIZE, "input_reference": {"image_url": url}}
    assert api.http.post("/videos", json=body).status_code == 200
    form, headers = multipart(("prompt", PROMPT), ("size", SIZE), ("input_reference[image_url]", url))
    assert api.http.post("/videos", content=form, headers=headers).status_code == 200


def test_an_image_comes_as_a_stored_file(api: Api):
    stored = api.control.post(
        "/files", json={"content_base64": base64.b64encode(image((1280, 720))).decode()}
    ).json()
    body = {"prompt": PROMPT, "size": SIZE, "input_reference": {"file_id": stored["id"]}}
    assert api.http.post("/videos", json=body).status_code == 200
    body["input_reference"] = {"file_id": "file-none"}
    assert error_of(api.http.post("/videos", json=body), 400)["param"] == "input_reference.file_id"


def test_an_image_is_fetched_from_this_machine_and_from_nowhere_else(api: Api):
    picture = image((1280, 720))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/moved" else 200)
            if self.path == "/moved":
                self.send_header("location", "/still.png")
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        body = {"prompt": PROMPT, "size": SIZE, "input_reference": {"image_url": f"{here}/still.png"}}
        assert api.http.post("/videos", json=body).status_code == 200
        for url in (
            f"{here}/moved",
            "http://127.0.0.1:9/x.png",
            "http://192.0.2.1/x.png",
            "http://[::ffff:192.0.2.1]/x.png",
            "file:///etc/passwd",
            "http://[broken/x.png",
            "ftp://127.0.0.1/x.png",
            "",
        ):
            body["input_reference"] = {"image_url": url}
            assert error_of(api.http.post("/videos", json=body), 400)["param"] == "input_reference.image_url"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("size", [(720, 1280), (1280, 721), (1279, 720), (640, 360), (1, 1)])
def test_an_image_of_another_size_is_refused_in_the_known_words(api: Api, size):
    files = {"input_reference": ("still.png", image(size), "image/png")}
    error = error_of(api.http.post("/videos", data={"prompt": PROMPT, "size": SIZE}, files=files), 400)
    assert error == {
        "message": "Inpaint image must match the requested width and height",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(50),
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        image((1280, 720))[:200],
        b"\xff\xd8\xff" + bytes(99),
        b"<svg/>",
    ],
)
def test_what_is_no_image_is_refused(api: Api, data):
    files = {"input_reference": ("still.png", data, "image/png")}
    error = error_of(api.http.post("/videos", data={"prompt": PROMPT, "size": SIZE}, files=files), 400)
    assert error["param"] == "input_reference"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"image_url": "data:,", "file_id": "x"},
        {"url": "x"},
        {"image_url": 5},
        {"image_url": "data:image/png;base64,***"},
        [],
        5,
    ],
)
def test_an_image_reference_that_is_none_is_refused(api: Api, given):
    body = {"prompt": PROMPT, "size": SIZE, "input_reference": given}
    assert error_of(api.http.post("/videos", json=body), 400)["param"].startswith("input_reference")


def test_an_edit_and_an_extension_take_a_file_or_an_id(api: Api, clip):
    parent = api.made(size=SIZE)
    for path, extra, seconds in (("/videos/edits", {}, "4"), ("/videos/extensions", {"seconds": "4"}, "8")):
        upload = {"video": ("clip.mp4", clip, "video/mp4")}
        video = api.http.post(path, data={"prompt": "on", **extra}, files=upload).json()
        assert (video["seconds"], video["size"]) == (seconds, SIZE)
        form, headers = multipart(("prompt", "on"), ("video[id]", parent["id"]), *extra.items())
        assert api.http.post(path, content=form, headers=headers).json()["seconds"] == seconds
        text = multipart(("prompt", "on"), ("video", parent["id"]), *extra.items())
        assert error_of(api.http.post(path, content=text[0], headers=text[1]), 400)["code"] == "invalid_type"
        assert error_of(api.http.post(path, json={"prompt": "on", **extra}), 400)["param"] == "video"


def test_a_remix_takes_json_or_a_form(api: Api):
    parent = api.made(size=SIZE)
    assert api.http.post(f"/videos/{parent['id']}/remix", json={"prompt": "x"}).status_code == 200
    form, headers = multipart(("prompt", "x"))
    assert api.http.post(f"/videos/{parent['id']}/remix", content=form, headers=headers).status_code == 200
    assert (
        error_of(api.http.post(f"/videos/{parent['id']}/remix", json={"prompt": "x", "seconds": "8"}), 400)[
            "code"
        ]
        == "unknown_parameter"
    )
