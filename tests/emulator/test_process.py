"""The program: restarts, signals, ports, clocks, controls. Each test has an emulator of its own."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulator.driver import PROMPT, ROOT, SECRET, Api, Emulator, Hook, error_of, start

Launch = Callable[..., Api]


@pytest.fixture
def launch(folder: Path, shelf: Path) -> Iterator[Launch]:
    """Starts emulators that end with the test."""
    started: list[Emulator] = []

    def begin(*extra: str, keys: int = 1) -> Api:
        place = folder / str(len(started))
        place.mkdir()
        started.append(start(place, *extra, keys=keys, shelf=shelf if "--canned" in extra else None))
        return Api(started[-1], started[-1].keys[0])

    yield begin
    for emulator in started:
        if emulator.process.poll() is None:
            emulator.stop(signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in done.stdout.split()]


def is_running(pid: int) -> bool:
    """Dead processes that nobody has collected yet do not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_what_was_done_survives_kill_9_and_what_was_under_way_goes_on(launch: Launch):
    api = launch("--canned", "--render-seconds", "2")
    done = api.made(size="1280x720")
    content = api.content(done["id"]).content
    api.fault("stuck", prompt="for ever")
    stuck, running = api.create("for ever"), api.create("on the way", size="1280x720")
    invoice = api.invoice()
    workers = children_of(api.emulator.process.pid)
    api.emulator.stop(signal.SIGKILL)
    api.emulator.restart()
    assert api.get(done["id"]) == done
    assert api.content(done["id"]).content == content
    assert api.invoice() == invoice
    assert api.wait(running)["status"] == "completed"
    assert api.content(running["id"]).status_code == 200
    assert api.get(stuck["id"])["status"] in ("queued", "in_progress")
    deadline = time.monotonic() + 3
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline, "workers outlived their killed parent"
        time.sleep(0.05)


def test_a_webhook_that_was_refused_is_delivered_after_a_restart(launch: Launch):
    hook = Hook()
    hook.answers = [500]
    api = launch("--canned", "--speed", "20", "--webhook-url", hook.url, "--webhook-secret", SECRET)
    api.fault("webhook_delay", seconds=30)
    video = api.made(size="1280x720")
    assert hook.received == []
    api.emulator.stop(signal.SIGKILL)
    api.emulator.restart()
    received = hook.wait(2)
    assert video["id"].encode() in received[-1].body
    hook.close()


def test_sigterm_ends_it_quickly_even_with_work_under_way(launch: Launch):
    api = launch("--render-seconds", "60")
    for number in range(4):
        api.create(f"take {number}", seconds="12")
    workers = children_of(api.emulator.process.pid)
    assert workers
    begun = time.monotonic()
    assert api.emulator.stop() == 0
    assert time.monotonic() - begun < 2
    time.sleep(0.2)
    assert not any(map(is_running, workers))


def test_a_busy_port_is_said_in_one_sentence(launch: Launch):
    api = launch("--canned")
    for option, port in (("--port", api.emulator.port), ("--control-port", api.emulator.control_port)):
        command = [sys.executable, "-m", "renders.emulator", "--port", "0", option, str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert f"Port {port}" in done.stderr
        assert option in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--webhook-secret", SECRET],
        ["--webhook-url", "http://x", "--webhook-secret", "plain"],
        ["--speed", "0"],
        ["--port", "99999"],
    ],
)
def test_a_senseless_command_line_is_refused(options):
    command = [sys.executable, "-m", "renders.emulator", *options]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=20, check=False).returncode == 2


def test_content_expires_by_the_clock(launch: Launch):
    api = launch("--canned", "--speed", "60")
    video = api.made(size="1280x720")
    left = video["expires_at"] - time.time()
    api.control.post("/clock", json={"advance": left - 5})
    assert api.content(video["id"]).status_code == 200
    api.control.post("/clock", json={"advance": 6})
    for variant in (None, "video", "thumbnail", "spritesheet"):
        error = error_of(api.content(video["id"], variant), 404)
        assert error["message"] == "The video is no longer available. Downloads expire after 1 hours."
    assert api.get(video["id"]) == video
    assert api.create(size="1280x720")["created_at"] > video["expires_at"]
    api.emulator.stop()
    api.emulator.restart()
    error_of(api.content(video["id"]), 404)
    api.control.post("/clock", json={"shift": 0})
    assert api.content(video["id"]).status_code == 200


def test_media_that_expired_long_ago_is_cleared_away_at_the_next_start(launch: Launch):
    api = launch("--canned", "--speed", "60")
    media = api.emulator.log.parent / "data" / "media"
    api.control.post("/clock", json={"advance": -100_000})
    old = api.made(size="1280x720")
    api.control.post("/clock", json={"shift": 0})
    fresh = api.made(size="720x1280")
    before = set(media.glob("*.mp4"))
    api.emulator.stop()
    api.emulator.restart()
    assert api.content(fresh["id"]).status_code == 200
    error_of(api.content(old["id"]), 404)
    assert len(before - set(media.glob("*.mp4"))) == 1


def test_the_invoice_holds_what_was_accepted_at_the_listed_price(launch: Launch):
    api = launch("--canned", "--speed", "60", "--profile", "openai-guide", keys=2)
    rival = Api(api.emulator, api.emulator.keys[1])
    api.create("a", seconds="20")
    api.create("b", model="sora-2-pro", seconds="20", size="1920x1080")
    rival.create("c", model="sora-2-pro", seconds="8", size="1024x1792")
    api.http.post("/videos", json={"prompt": ""})
    invoice = api.control.get("/invoice").json()
    assert invoice["count"] == 3
    assert [line["cost_microusd"] for line in invoice["lines"]] == [2_000_000, 14_000_000, 4_000_000]
    assert invoice["totals_by_key"] == {api.key: 16_000_000, rival.key: 4_000_000}
    assert set(invoice["lines"][0]) == {
        "video_id", "key", "operation", "model", "size", "seconds", "cost_microusd", "prompt_sha256", "created_at",
    }  # fmt: skip
    assert (
        invoice["lines"][0]["prompt_sha256"]
        == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    )


def test_requests_are_recorded_without_their_keys(launch: Launch):
    api = launch("--canned")
    api.http.post(
        "/videos", data={"prompt": "x" * 900}, files={"input_reference": ("a.png", b"1234", "image/png")}
    )
    api.http.get("/videos?limit=5")
    text = api.control.get("/requests").text
    assert api.key not in text
    recorded = api.control.get("/requests", params={"operation": "create"}).json()
    [create] = recorded["requests"]
    assert (create["method"], create["path"], create["status"]) == ("POST", "/v1/videos", 400)
    assert create["content_type"].startswith("multipart/form-data")
    assert len(create["body"]["values"]["prompt"]) == 500
    assert create["body"]["files"]["input_reference"]["bytes"] == 4
    assert api.control.delete("/requests").json()["removed"] == 2
    assert api.control.get("/requests").json()["count"] == 0


def test_an_enforced_rate_limit_answers_429(launch: Launch):
    api = launch("--canned", "--rate-limit", "3")
    replies = [api.http.get("/videos") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining-requests"] for reply in replies] == ["2", "1", "0", "0"]
    assert int(replies[3].headers["retry-after"]) > 0
    assert error_of(replies[3], 429)["code"] == "rate_limit_exceeded"


def test_a_reset_forgets_everything(launch: Launch):
    api = launch("--canned", "--speed", "60", "--webhook-url", "http://127.0.0.1:9/")
    api.made(size="1280x720")
    api.fault("stuck")
    api.control.post("/clock", json={"advance": 100})
    api.create()
    api.control.post("/webhooks/endpoints", json={"url": "http://127.0.0.1:9/x"})
    assert api.control.post("/reset").status_code == 200
    assert api.http.get("/videos").json()["data"] == []
    assert api.invoice() == []
    assert api.control.get("/faults").json()["faults"] == []
    assert api.control.get("/clock").json()["shift"] == 0
    assert [e["url"] for e in api.control.get("/webhooks/endpoints").json()["endpoints"]] == [
        "http://127.0.0.1:9/"
    ]
    assert api.made(size="1280x720")["status"] == "completed"


def test_the_control_surface_is_not_for_web_pages(launch: Launch):
    api = launch("--canned")
    assert api.control.get("/health", headers={"origin": "http://example.com"}).status_code == 403
    assert api.control.get("/nowhere").status_code == 404
    assert api.control.post("/faults", content=b"{").status_code == 400
    assert api.control.post("/clock", json={"advance": "x"}).status_code == 400
    assert api.control.get("/health").json()["status"] == "ok"


def test_many_reads_are_answered_while_clips_are_drawn(launch: Launch):
    api = launch("--speed", "60")
    for number in range(3):
        api.create(f"{PROMPT} {number}", size="1280x720", seconds="8")
    slowest = 0.0
    for _ in range(60):
        begun = time.monotonic()
        assert api.http.get("/videos").status_code == 200
        slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 0.5
