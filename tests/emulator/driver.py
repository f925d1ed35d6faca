"""Starts an emulator as a process of its own and speaks to it. Knows nothing of the emulator's code."""

import contextlib
import http.server
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import httpx
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMTIzNA=="
# A prompt that many tests share: the clip is drawn once, whoever asks first.
PROMPT = "A lantern floats over a quiet harbour"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def http_client(url: str, headers: dict[str, str] | None = None) -> httpx.Client:
    """A client for plain HTTP. Without `verify=False` each one would read all certificates of the system first."""
    return httpx.Client(base_url=url, headers=headers, timeout=20, verify=False)


@dataclass
class Emulator:
    """A running emulator: `url` ends in /v1, `control` speaks to its controls."""

    port: int
    control_port: int
    keys: list[str]
    process: subprocess.Popen[bytes]
    log: Path
    arguments: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def control(self) -> httpx.Client:
        return http_client(f"http://127.0.0.1:{self.control_port}")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        os.kill(self.process.pid, how)
        return self.process.wait(10)

    def restart(self) -> None:
        """Start it again on the same ports and data."""
        self.process = _launch(self.arguments, self.log)
        _await(self)


def _launch(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "renders.emulator", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _await(emulator: Emulator) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if emulator.control.get("/health").status_code == 200:
                return
        assert emulator.process.poll() is None, emulator.log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"The emulator does not answer:\n{emulator.log.read_text()}")


def start(folder: Path, *extra: str, keys: int = 1, shelf: Path | None = None) -> Emulator:
    """Start one with its data in a folder; returns when it answers.

    shelf: media of another emulator. Clips are named by what they show, so it need not draw them again.
    """
    if shelf is not None:
        shutil.copytree(shelf, folder / "data" / "media")
    port, control_port = free_port(), free_port()
    names = [f"sk-test-{number}" for number in range(keys)]
    arguments = [
        "--port",
        str(port),
        "--control-port",
        str(control_port),
        "--data",
        str(folder / "data"),
        *extra,
    ]
    for name in names:
        arguments += ["--api-key", name]
    emulator = Emulator(
        port, control_port, names, _launch(arguments, folder / "log"), folder / "log", arguments
    )
    _await(emulator)
    return emulator


@dataclass
class Api:
    """One key's view of an emulator, with the waits that tests need."""

    emulator: Emulator
    key: str
    http: httpx.Client = field(init=False)
    control: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = http_client(self.emulator.url, {"authorization": f"Bearer {self.key}"})
        self.control = self.emulator.control

    def create(self, prompt: str = PROMPT, **fields: Any) -> dict[str, Any]:
        """A video of four seconds."""
        reply = self.http.post("/videos", json={"prompt": prompt, "seconds": "4", **fields})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def get(self, video_id: str) -> dict[str, Any]:
        reply = self.http.get(f"/videos/{video_id}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def wait(
        self, video: dict[str, Any] | str, until: tuple[str, ...] = ("completed", "failed")
    ) -> dict[str, Any]:
        """Poll until one of the statuses."""
        video_id = video if isinstance(video, str) else video["id"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            body = self.get(video_id)
            if body["status"] in until:
                return body
            time.sleep(0.03)
        raise AssertionError(f"still {body}")

    def made(self, prompt: str = PROMPT, **fields: Any) -> dict[str, Any]:
        """A completed video."""
        body = self.wait(self.create(prompt, **fields))
        assert body["status"] == "completed", body
        return body

    def content(self, video_id: str, variant: str | None = None) -> httpx.Response:
        return self.http.get(f"/videos/{video_id}/content", params={"variant": variant} if variant else None)

    def fault(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Schedule a fault that only this key meets."""
        if "video_id" not in fields:
            fields["key"] = self.key
        reply = self.control.post("/faults", json={"kind": kind, **fields})
        assert reply.status_code == 200, reply.text
        return reply.json()["faults"][0]

    def invoice(self) -> list[dict[str, Any]]:
        """This key's lines."""
        return [line for line in self.control.get("/invoice").json()["lines"] if line["key"] == self.key]


def error_of(reply: httpx.Response, status: int) -> dict[str, Any]:
    """The error of a reply, after checking the shape that every error has."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]


def image(size: tuple[int, int], kind: str = "PNG") -> bytes:
    """A picture with three coloured fields."""
    picture = Image.new("RGB", size, (214, 120, 52))
    picture.paste((40, 88, 190), (size[0] // 4, size[1] // 4, size[0] // 2, size[1] * 3 // 4))
    picture.paste((90, 170, 80), (size[0] // 2, size[1] // 2, size[0] * 3 // 4, size[1] * 3 // 4))
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def frames(mp4: bytes, wanted: set[int] | None = None) -> tuple[int, dict[int, Image.Image]]:
    """The number of frames, and the wanted ones as pictures."""
    kept = {}
    count = 0
    with av.open(io.BytesIO(mp4), format="mp4") as container:
        for count, frame in enumerate(container.decode(video=0), 1):
            if wanted and count - 1 in wanted:
                kept[count - 1] = frame.to_image()
    return count, kept


def edge_number(picture: Image.Image) -> int:
    """The frame number in the edge code, read as the README says."""
    width, height = picture.size
    unit = (min(width, height) // 90) // 2 * 2
    grey = picture.convert("L")
    bits = [
        grey.getpixel((width - 27 * unit + 2 * index * unit + unit // 2, 4 * unit + unit // 2)) > 128
        for index in range(12)
    ]
    return int("".join("1" if bit else "0" for bit in bits), 2)


def difference(
    one: Image.Image, other: Image.Image, box: tuple[float, float, float, float] = (0, 0.14, 1, 1)
) -> float:
    """Mean difference of two pictures, 0 to 255, within a box of shares that leaves the frame number out."""
    width, height = one.size
    area = tuple(round(share * side) for share, side in zip(box, (width, height, width, height), strict=True))
    first, second = (picture.convert("RGB").crop(area).tobytes() for picture in (one, other))
    return sum(abs(a - b) for a, b in zip(first[::7], second[::7], strict=True)) / len(first[::7])


@dataclass
class Received:
    """One webhook as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


class Hook:
    """A webhook endpoint that answers as told and keeps what it gets."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Where a redirect leads. Whoever comes here has followed it."""
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                hook.received.append(Received(self.path, headers, body))
                status = hook.answers.pop(0) if hook.answers else 200
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def wait(self, count: int, seconds: float = 10) -> list[Received]:
        """At least so many webhooks, in order of arrival."""
        deadline = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.received) >= count, f"{len(self.received)} of {count} webhooks came"
        return list(self.received)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def hook_for(api: Api) -> Iterator[Hook]:
    """A hook that gets the events of one key."""
    hook = Hook()
    endpoint = api.control.post(
        "/webhooks/endpoints", json={"url": hook.url, "secret": SECRET, "key": api.key}
    ).json()
    try:
        yield hook
    finally:
        api.control.delete(f"/webhooks/endpoints/{endpoint['id']}")
        hook.close()
