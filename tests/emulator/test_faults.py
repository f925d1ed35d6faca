"""Every kind of fault, seen from the client's side."""

import json
import time

import httpx
import pytest

from tests.emulator.driver import PROMPT, Api, error_of


def post(api: Api, prompt: str = PROMPT) -> httpx.Response:
    return api.http.post("/videos", json={"prompt": prompt})


def billed(api: Api) -> int:
    return len(api.invoice())


def test_a_status_is_injected_once_with_body_headers_and_no_job(api: Api):
    api.fault("status", operation="create", status=429, headers={"Retry-After": "7"})
    reply = post(api)
    assert error_of(reply, 429)["code"] == "rate_limit_exceeded"
    assert reply.headers["retry-after"] == "7"
    assert "x-request-id" in reply.headers
    assert billed(api) == 0
    assert post(api).status_code == 200


@pytest.mark.parametrize(
    "status", [400, 401, 402, 403, 404, 408, 409, 410, 429, 500, 502, 503, 504, 520, 599]
)
def test_any_status_has_an_error_body(api: Api, status):
    api.fault("status", operation="create", status=status, message="Said so.", code="chosen")
    error = error_of(post(api), status)
    assert (error["message"], error["code"]) == ("Said so.", "chosen")


def test_a_status_may_carry_any_body_and_may_come_after_acceptance(api: Api):
    api.fault("status", operation="create", status=500, body={"detail": "boom"}, accepted=True)
    reply = post(api)
    assert (reply.status_code, reply.json()) == (500, {"detail": "boom"})
    assert billed(api) == 1
    api.fault("status", operation="retrieve", status=502, body="<html>bad gateway</html>")
    reply = api.http.get("/videos/" + api.http.get("/videos").json()["data"][0]["id"])
    assert (reply.status_code, reply.text, reply.headers["content-type"]) == (
        502,
        "<html>bad gateway</html>",
        "text/plain",
    )


def test_a_rate_limit_without_a_header_of_its_own_gets_one(api: Api):
    api.fault("status", status=429)
    assert int(api.http.get("/videos").headers["retry-after"]) >= 1


def test_accepted_then_dropped_is_billed_and_listed(api: Api):
    api.fault("accept_then_drop")
    with pytest.raises(httpx.TransportError):
        post(api, "The lost reply")
    assert billed(api) == 1
    [video] = api.http.get("/videos").json()["data"]
    assert video["prompt"] == "The lost reply"


def test_dropped_before_is_neither(api: Api):
    api.fault("drop_before", operation="create")
    with pytest.raises(httpx.TransportError):
        post(api)
    assert billed(api) == 0
    assert api.http.get("/videos").json()["data"] == []


def test_a_delay_comes_before_or_after_acceptance(api: Api):
    api.fault("delay", operation="create", seconds=0.4, when="after")
    with pytest.raises(httpx.ReadTimeout):
        api.http.post("/videos", json={"prompt": PROMPT}, timeout=0.2)
    assert billed(api) == 1
    api.fault("delay", operation="list", seconds=0.3)
    begun = time.monotonic()
    assert api.http.get("/videos").status_code == 200
    assert time.monotonic() - begun >= 0.3


def test_a_truncated_download_is_seen_with_a_length(api: Api):
    video = api.made()
    api.fault("truncate")
    with pytest.raises(httpx.RemoteProtocolError, match=r"without sending complete"):
        api.content(video["id"])


def test_a_truncated_download_is_silent_without_one(api: Api):
    video = api.made()
    whole = api.content(video["id"]).content
    api.fault("truncate", content_length=False, at=0.25)
    reply = api.content(video["id"])
    assert reply.status_code == 200
    assert "content-length" not in reply.headers
    assert "transfer-encoding" not in reply.headers
    assert reply.content == whole[: len(whole) // 4]
    assert api.content(video["id"]).content == whole


@pytest.mark.parametrize("variant", ["html", "broken_json", "no_id", "empty", "array", "json"])
def test_a_malformed_reply_is_a_200_and_the_job_exists(api: Api, variant):
    api.fault("malformed", operation="create", variant=variant)
    reply = post(api)
    assert reply.status_code == 200
    if variant in ("html", "broken_json", "empty"):
        with pytest.raises(json.JSONDecodeError):
            reply.json()
    else:
        assert not isinstance(reply.json(), dict) or "id" not in reply.json()
    assert billed(api) == 1


def test_a_download_may_be_json_in_a_200(api: Api):
    video = api.made()
    api.fault("malformed", operation="content", variant="json")
    reply = api.content(video["id"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")


def test_a_redirect_leads_elsewhere(api: Api):
    api.fault("redirect", operation="create", location="http://127.0.0.1:9/x", status=307)
    reply = post(api)
    assert (reply.status_code, reply.headers["location"]) == (307, "http://127.0.0.1:9/x")
    assert billed(api) == 0


def test_slowloris_drips(api: Api):
    api.fault("slowloris", operation="list", interval=0.05, chunk=10)
    with api.http.stream("GET", "/videos") as reply:
        begun = time.monotonic()
        text = b"".join(reply.iter_raw())
    assert time.monotonic() - begun > 0.3
    assert json.loads(text)["object"] == "list"


def test_an_endless_body_does_not_end(api: Api):
    api.fault("endless", operation="retrieve")
    got = 0
    with api.http.stream("GET", "/videos/video_any") as reply:
        for chunk in reply.iter_raw():
            got += len(chunk)
            if got > 1_000_000:
                break
    assert got > 1_000_000


def test_expired_content_is_a_404_once(api: Api):
    video = api.made()
    api.fault("expire")
    assert (
        error_of(api.content(video["id"]), 404)["message"]
        == "The video is no longer available. Downloads expire after 1 hours."
    )
    assert api.content(video["id"]).status_code == 200


def test_a_lost_job_is_gone_but_billed(api: Api):
    api.fault("lose")
    video = api.create()
    error_of(api.http.get(f"/videos/{video['id']}"), 404)
    assert api.http.get("/videos").json()["data"] == []
    assert billed(api) == 1


def test_a_running_job_can_be_lost_by_name(api: Api):
    video = api.made()
    api.fault("lose", video_id=video["id"])
    error_of(api.http.get(f"/videos/{video['id']}"), 404)


def test_a_job_fails_as_told(api: Api):
    api.fault("fail", code="queue_full", message="No room.")
    ended = api.wait(api.create())
    assert (ended["status"], ended["error"]) == ("failed", {"code": "queue_full", "message": "No room."})
    assert ended["expires_at"] is None


def test_a_job_is_blocked_by_moderation(api: Api):
    api.fault("moderation_block", prompt="teddy")
    harmless, blocked = api.create("A calm lake"), api.create("A teddy bear waves")
    assert api.wait(blocked)["error"] == {
        "code": "moderation_blocked",
        "message": "Your request was blocked by our moderation system.",
    }
    assert api.wait(harmless)["status"] == "completed"


def test_a_stuck_job_never_ends_until_it_is_failed(api: Api):
    api.fault("stuck")
    video = api.create()
    api.wait(video, until=("in_progress",))
    time.sleep(0.5)
    body = api.get(video["id"])
    assert (body["status"], body["progress"]) == ("in_progress", 63)


@pytest.mark.parametrize(("phase", "is_foreign"), [("pending", False), ("completed", True), ("all", True)])
def test_a_foreign_status_text_is_shown(api: Api, phase, is_foreign):
    api.fault("unknown_status", text="SUCCEEDED", phase=phase)
    begun = api.create()
    assert begun["status"] == ("queued" if phase == "completed" else "SUCCEEDED")
    deadline = time.monotonic() + 15
    while api.get(begun["id"])["progress"] < 100:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert api.get(begun["id"])["status"] == ("SUCCEEDED" if is_foreign else "completed")


def test_odd_progress_is_told_one_value_a_read(api: Api):
    api.fault("stuck")
    api.fault("odd_progress", values=["NaN", -5, 250, "many"])
    reply = post(api)
    assert '"progress": NaN' in reply.text
    video_id = reply.json()["id"]
    assert [api.get(video_id)["progress"] for _ in range(3)] == [-5, 250, "many"]
    assert isinstance(api.get(video_id)["progress"], int)


def test_a_lagging_list_shows_the_job_later(api: Api):
    api.fault("list_lag", seconds=0.6)
    late, prompt = api.create(), api.create()
    assert [body["id"] for body in api.http.get("/videos").json()["data"]] == [prompt["id"]]
    assert api.get(late["id"])["id"] == late["id"]
    time.sleep(0.7)
    assert [body["id"] for body in api.http.get("/videos").json()["data"]] == [prompt["id"], late["id"]]


def test_hidden_jobs_do_not_shorten_a_page(api: Api):
    shown = api.create()
    api.fault("list_lag", seconds=60, count=3)
    for _ in range(3):
        api.create()
    page = api.http.get("/videos", params={"limit": 1}).json()
    assert [body["id"] for body in page["data"]] == [shown["id"]]
    assert page["has_more"] is False


# --- matching -----------------------------------------------------------------------------------------


def test_a_fault_is_matched_by_prompt_count_and_skip(api: Api):
    api.fault("status", operation="create", status=500, prompt="storm", count=2, skip=1)
    statuses = [
        post(api, prompt).status_code for prompt in ("storm 1", "calm", "storm 2", "storm 3", "storm 4")
    ]
    assert statuses == [200, 200, 500, 500, 200]


def test_a_fault_without_end_lasts_until_it_is_deleted(api: Api):
    fault = api.fault("status", operation="list", status=503, count=None)
    assert [api.http.get("/videos").status_code for _ in range(3)] == [503] * 3
    assert api.control.delete(f"/faults/{fault['id']}").json() == {"removed": 1}
    assert api.http.get("/videos").status_code == 200


def test_a_read_is_matched_by_the_prompt_of_its_video(api: Api):
    calm, storm = api.create("calm"), api.create("storm")
    api.fault("status", operation="retrieve", status=500, prompt="storm")
    assert api.http.get(f"/videos/{calm['id']}").status_code == 200
    assert api.http.get(f"/videos/{storm['id']}").status_code == 500


def test_a_fault_of_another_key_does_not_strike(api: Api, other: Api):
    api.fault("status", status=500)
    assert other.http.get("/videos").status_code == 200
    assert api.http.get("/videos").status_code == 500


@pytest.mark.parametrize(
    "fault",
    [
        {}, {"kind": "nothing"}, {"kind": "status", "operation": "paint"}, {"kind": "status", "status": "500"},
        {"kind": "status", "speed": 1}, {"kind": "delay", "when": "never"}, {"kind": "stuck", "count": 0}, [], "status",
        {"kind": "fail", "video_id": "video_none"},
    ],
)  # fmt: skip
def test_a_fault_that_is_none_is_refused_with_a_sentence(api: Api, fault):
    reply = api.control.post("/faults", json=fault)
    assert reply.status_code == 400
    assert reply.json()["error"].endswith(".")


def test_scheduled_faults_are_shown_with_their_hits(api: Api):
    made = api.fault("status", operation="list", status=503, count=2)
    api.http.get("/videos")
    shown = api.control.get("/faults").json()
    [mine] = [fault for fault in shown["faults"] if fault["id"] == made["id"]]
    assert (mine["hits"], mine["count"], mine["params"]["status"]) == (1, 2, 503)
    assert "slowloris" in shown["kinds"]
