"""Drives a Videos API server with the official `openai` package, one printed line per operation.

A program of its own, so that it runs under any interpreter with any version of the package:

    python tests/verification/sdk_exercise.py http://127.0.0.1:4010/v1 sk-emulator whsec_… http://127.0.0.1:9000

The last argument is where webhooks were told to go; this program listens there. It leaves with code 0 when every
operation did what the package promises, and with 1 and the failed line otherwise.
"""

import http.server
import queue
import struct
import sys
import threading
import time
import zlib
from urllib.parse import urlsplit

import openai

PROMPT = "A paper boat drifts over a still lake at dawn"


def check(told: bool, what: str) -> None:
    """Fail with a sentence."""
    if not told:
        raise AssertionError(what)


def png(width: int, height: int) -> bytes:
    """A one-coloured PNG, made by hand: the environment of the other SDK has no imaging library."""
    rows = (b"\x00" + b"\xd0\x70\x30" * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data) & 0xFFFFFFFF)
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Listener:
    """Takes webhooks and keeps them."""

    def __init__(self, url: str) -> None:
        kept: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                kept.put((body, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        parts = urlsplit(url)
        server = http.server.ThreadingHTTPServer((parts.hostname or "127.0.0.1", parts.port or 80), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.kept = kept


class Exercise:
    """The operations, in an order in which each finds what it needs."""

    def __init__(self, url: str, key: str, secret: str, listener: Listener) -> None:
        self.client = openai.OpenAI(
            base_url=url, api_key=key, webhook_secret=secret, max_retries=0, timeout=30
        )
        self.videos = self.client.videos
        self.listener = listener
        self.first = self.clip = None

    def done(self, video):
        """Poll to the end as the package does, at the pace that the server advises."""
        video = self.videos.poll(video.id)
        check(video.status == "completed", f"{video.id} ended {video.status}: {video.error}")
        check(video.progress == 100, "progress is 100 at the end")
        return video

    def models(self):
        names = {model.id for model in self.client.models.list()}
        check({"sora-2", "sora-2-pro"} <= names, "both models are listed")
        check(self.client.models.retrieve("sora-2").object == "model", "a model can be retrieved")

    def moderation(self):
        result = self.client.moderations.create(
            model="omni-moderation-latest", input="I will murder you"
        ).results[0]
        check(result.flagged and result.categories.violence, "violence is flagged")
        check(not self.client.moderations.create(input=PROMPT).results[0].flagged, "a boat is not")

    def create(self):
        video = self.videos.create(prompt=PROMPT, model="sora-2", seconds="4", size="1280x720")
        check(video.id.startswith("video_") and len(video.id) == 54, "an id of 48 digits")
        check(video.status == "queued" and video.progress == 0, "it begins queued")
        check(
            video.seconds == "4" and video.size == "1280x720" and video.prompt == PROMPT,
            "it echoes the request",
        )
        self.first = video

    def poll(self):
        self.first = self.done(self.first)
        check(self.first.expires_at == self.first.completed_at + 3600, "content lives for an hour")

    def webhook(self):
        while True:
            body, headers = self.listener.kept.get(timeout=10)
            event = self.client.webhooks.unwrap(body.decode(), headers)
            if event.data.id == self.first.id:
                break
        check(event.type == "video.completed", "the event tells what happened")
        check(headers["webhook-id"] != event.id, "delivery and event have ids of their own")
        try:
            self.client.webhooks.unwrap(body.decode().replace("completed", "Completed"), headers)
        except openai.InvalidWebhookSignatureError:
            return
        raise AssertionError("a changed body was believed")

    def download(self):
        self.clip = self.videos.download_content(self.first.id).read()
        check(self.clip[4:8] == b"ftyp" and len(self.clip) > 50_000, "an MP4")

    def thumbnail(self):
        data = self.videos.download_content(self.first.id, variant="thumbnail").read()
        check(data[:4] == b"RIFF" and data[8:12] == b"WEBP", "a WebP")

    def spritesheet(self):
        data = self.videos.download_content(self.first.id, variant="spritesheet").read()
        check(data[:3] == b"\xff\xd8\xff", "a JPEG")

    def create_with_image(self):
        still = ("still.png", png(1280, 720), "image/png")
        video = self.videos.create(prompt=PROMPT, input_reference=still, size="1280x720", seconds="4")
        check(self.videos.retrieve(video.id).id == video.id, "it can be retrieved")
        try:
            self.videos.create(prompt=PROMPT, input_reference=still, size="720x1280")
        except openai.BadRequestError as error:
            check("Inpaint image must match" in str(error), "another size is refused by name")
            return
        raise AssertionError("an image of another size was taken")

    def create_and_poll(self):
        video = self.videos.create_and_poll(prompt=PROMPT, seconds="4", size="1280x720")
        check(video.status == "completed", "create_and_poll ends with a clip")

    def characters(self):
        made = self.videos.create_character(name="Pip", video=("pip.mp4", self.clip, "video/mp4"))
        check(made.name == "Pip" and self.videos.get_character(made.id).id == made.id, "a character is kept")
        video = self.videos.create(
            prompt="Pip waves", seconds="4", extra_body={"characters": [{"id": made.id}]}
        )
        self.done(video)

    def remix(self):
        video = self.videos.remix(self.first.id, prompt="Now at night")
        check(video.remixed_from_video_id == self.first.id, "a remix names its parent")

    def edit(self):
        video = self.videos.edit(prompt="Make it golden", video=("clip.mp4", self.clip, "video/mp4"))
        check(video.seconds == "4" and video.size == "1280x720", "an uploaded clip keeps length and size")
        body = {"prompt": "Make it golden", "video": {"id": self.first.id}}
        raw = self.client.post("/videos/edits", body=body, cast_to=type(video))
        check(raw.remixed_from_video_id is None, "an edit does not name its parent")

    def extend(self):
        body = {"prompt": "A second boat comes", "seconds": "4", "video": {"id": self.first.id}}
        video = self.client.post("/videos/extensions", body=body, cast_to=type(self.first))
        check(video.seconds == "8", "the stitched total is told")
        self.done(video)
        uploaded = self.videos.extend(
            prompt="A second boat", seconds="8", video=("clip.mp4", self.clip, "video/mp4")
        )
        check(uploaded.seconds == "12", "an upload is extended too")

    def list(self):
        page = self.videos.list(limit=2, order="asc")
        check(page.data[0].id == self.first.id and page.has_more, "the oldest comes first")
        names = [video.id for video in self.videos.list(limit=3)]
        check(len(names) == len(set(names)) and len(names) >= 8, "pages follow one another")
        check(self.first.id in names, "and reach the first video")

    def delete(self):
        gone = self.videos.delete(self.first.id)
        check(gone.deleted and gone.id == self.first.id, "a deletion is confirmed")
        try:
            self.videos.retrieve(self.first.id)
        except openai.NotFoundError:
            return
        raise AssertionError("a deleted video is still there")

    def errors(self):
        bad = self.client.with_options(api_key="sk-wrong")
        for call, kind in (
            (lambda: bad.videos.list(), openai.AuthenticationError),
            (lambda: self.videos.create(prompt=PROMPT, seconds="5"), openai.BadRequestError),
            (lambda: self.videos.retrieve("video_missing"), openai.NotFoundError),
        ):
            try:
                call()
            except kind as error:
                check(error.request_id is not None and error.body["message"], "an error has an id and words")
            else:
                raise AssertionError(f"no {kind.__name__}")


OPERATIONS = (
    "models", "moderation", "create", "poll", "webhook", "download", "thumbnail", "spritesheet",
    "create_with_image", "create_and_poll", "characters", "remix", "edit", "extend", "list", "delete", "errors",
)  # fmt: skip


def main(url: str, key: str, secret: str, hook: str) -> int:
    """Run everything; returns the exit code."""
    exercise = Exercise(url, key, secret, Listener(hook))
    for name in OPERATIONS:
        begun = time.monotonic()
        try:
            getattr(exercise, name)()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
            print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
            return 1
        print(f"ok {name} {time.monotonic() - begun:.2f} s", flush=True)
    print(f"openai {openai.__version__}: {len(OPERATIONS)} operations", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
