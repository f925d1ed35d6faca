"""How servers differ from the published document: one test for each difference, written from what is known of them."""

import base64
import json
import re
import time

import httpx
import pytest

from tests.emulator.driver import PROMPT, Api, error_of, hook_for, http_client, image

VIDEO = {"prompt": PROMPT, "seconds": "4", "size": "720x1280"}


class Spoken(Api):
    """One key's view of the emulator in a dialect."""

    dialect = "openai"

    def speak(self, dialect: str) -> "Spoken":
        self.dialect = dialect
        url = f"http://127.0.0.1:{self.emulator.port}/as/{dialect}/v1"
        self.http = http_client(url, {"authorization": f"Bearer {self.key}"})
        return self

    def create(self, prompt=PROMPT, **fields):
        """As every one of them takes it: a form with a model."""
        model = self.http.get("/models").json()["data"][0]["id"]
        form = {**VIDEO, "prompt": prompt, "model": model, **fields}
        reply = self.http.post("/videos", files={name: (None, value) for name, value in form.items()})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def ended(self, video, words=("completed", "succeeded", "failed")):
        """Poll the create's own id, whatever the status of the reply."""
        deadline = time.monotonic() + 40  # two cores that draw other tests' clips as well
        while time.monotonic() < deadline:
            reply = self.http.get(f"/videos/{video['id']}")
            if reply.json().get("status") in words:
                return reply
            time.sleep(0.03)
        raise AssertionError(reply.text)


@pytest.fixture
def speak(api):
    """speak(dialect): a fresh key there."""
    return Spoken(api.emulator, api.key).speak


def as_form(fields):
    return {name: (None, value) for name, value in fields.items()}


# What is not there, and how that is said.
ABSENT = [
    ("vllm-omni", "POST", "/videos/video_x/remix", 404),
    ("vllm-omni", "POST", "/videos/edits", 405),
    ("vllm-omni", "POST", "/videos/extensions", 405),
    ("vllm-omni", "POST", "/videos/characters", 405),
    ("vllm-omni", "GET", "/videos/characters/char_x", 404),
    ("sglang", "POST", "/videos/video_x/remix", 404),
    ("sglang", "POST", "/videos/edits", 405),
    ("sglang", "POST", "/videos/characters", 405),
    ("litellm", "DELETE", "/videos/video_x", 405),
    ("litellm", "GET", "/videos", 400),
    ("litellm", "POST", "/videos/characters", 500),
    ("relay", "GET", "/videos", 404),
    ("relay", "DELETE", "/videos/video_x", 404),
    ("relay", "POST", "/videos/edits", 404),
    ("relay", "POST", "/moderations", 404),
]


@pytest.mark.parametrize(("dialect", "method", "path", "status"), ABSENT)
def test_what_a_server_lacks_is_not_there(speak, dialect, method, path, status):
    here = speak(dialect)
    before = len(here.invoice())
    reply = here.http.request(method, path, **({"json": {"prompt": "x"}} if method == "POST" else {}))
    assert reply.status_code == status, reply.text
    assert len(here.invoice()) == before


@pytest.mark.parametrize("dialect", ["openai-guide", "vllm-omni", "sglang", "litellm", "relay"])
def test_wrong_key_is_refused_in_every_dialect(speak, dialect):
    here = speak(dialect)
    assert here.http.get("/models", headers={"authorization": "Bearer sk-nobody"}).status_code == 401


def test_guide_allows_what_the_document_refuses(speak):
    here = speak("openai-guide")
    body = {**VIDEO, "model": "sora-2-pro", "seconds": "20", "size": "1920x1080"}
    assert here.http.post("/videos", json=body).json()["seconds"] == "20"
    assert error_of(speak("openai").http.post("/videos", json=body), 400)["code"] == "invalid_value"


@pytest.mark.parametrize("dialect", ["openai", "openai-guide"])
def test_four_k_is_refused(speak, dialect):
    body = {**VIDEO, "model": "sora-2-pro", "size": "3840x2160"}
    assert speak(dialect).http.post("/videos", json=body).status_code == 400


# vLLM-Omni


def test_vllm_takes_forms_only_and_answers_json_with_a_numeric_code(speak):
    reply = speak("vllm-omni").http.post("/videos", json=VIDEO)
    assert error_of(reply, 400)["code"] == 400


def test_vllm_reads_a_reference_from_json_in_a_form_field(speak):
    here = speak("vllm-omni")
    still = "data:image/png;base64," + base64.b64encode(image((720, 1280))).decode()
    form = {**VIDEO, "image_reference": json.dumps({"image_url": still})}
    assert here.http.post("/videos", files=as_form(form)).status_code == 200
    for bad in ("{", "[]", json.dumps({"image_url": "x", "file_id": "y"})):
        reply = here.http.post("/videos", files=as_form({**VIDEO, "image_reference": bad}))
        assert error_of(reply, 400)["code"] == 400


def test_vllm_ids_have_a_name_of_their_own_and_nothing_expires(speak):
    here = speak("vllm-omni")
    video = here.create()
    assert re.fullmatch(r"video_gen_[0-9a-f]{32}", video["id"])
    assert here.ended(video).json()["expires_at"] is None


@pytest.mark.parametrize(("kind", "status"), [("fail", 500), ("moderation_block", 400)])
def test_vllm_answers_a_failed_job_as_an_error_with_the_video_in_it(speak, kind, status):
    here = speak("vllm-omni")
    here.fault(kind, prompt=(words := f"{PROMPT} {kind}"))
    video = here.create(words)
    reply = here.ended(video)
    assert (reply.status_code, reply.json()["id"]) == (status, video["id"])
    assert reply.json()["error"]["code"] == status
    assert here.content(video["id"]).status_code == 422


def test_vllm_content_is_404_while_it_runs_and_ignores_the_variant(speak):
    here = speak("vllm-omni")
    here.fault("stuck", prompt=(words := f"{PROMPT} stuck"))
    assert here.content(here.create(words)["id"]).status_code == 404
    done = here.ended(here.create()).json()
    assert here.content(done["id"], "thumbnail").headers["content-type"] == "video/mp4"


def test_vllm_deletion_cancels_a_running_job_or_asks_to_come_back(speak):
    here = speak("vllm-omni")
    running = here.create()
    assert here.http.delete(f"/videos/{running['id']}").json()["deleted"] is True
    assert here.http.get(f"/videos/{running['id']}").status_code == 404
    here.fault("stuck", prompt=(words := f"{PROMPT} slow"))
    slow = here.create(words)
    assert here.http.delete(f"/videos/{slow['id']}").status_code == 409


def test_vllm_refuses_another_model(speak):
    reply = speak("vllm-omni").http.post("/videos", files=as_form({**VIDEO, "model": "sora-2"}))
    assert error_of(reply, 400)["param"] == "model"


def test_vllm_lets_unknown_fields_vanish(speak):
    here = speak("vllm-omni")
    form = {**VIDEO, "characters[][id]": "char_x", "nothing": "known"}
    assert here.http.post("/videos", files=as_form(form)).status_code == 200


# SGLang


def test_sglang_takes_a_reference_as_a_string_and_no_object(speak):
    here = speak("sglang")
    still = "data:image/png;base64," + base64.b64encode(image((720, 1280))).decode()
    assert here.http.post("/videos", json={**VIDEO, "input_reference": still}).status_code == 200
    reply = here.http.post("/videos", json={**VIDEO, "input_reference": {"image_url": still}})
    assert reply.status_code == 400
    assert set(reply.json()) == {"detail"}


def test_sglang_takes_seconds_as_a_number_and_tells_no_prompt(speak):
    here = speak("sglang")
    video = here.http.post("/videos", json={**VIDEO, "seconds": 4}).json()
    assert video["seconds"] == "4"
    assert "prompt" not in video


def test_sglang_takes_the_variant_for_the_number_of_an_output(speak):
    here = speak("sglang")
    done = here.ended(here.create()).json()
    assert here.content(done["id"], "video").status_code == 404
    assert here.content(done["id"], "0").headers["content-type"] == "video/mp4"
    assert here.content(done["id"]).status_code == 200


def test_sglang_deletion_answers_with_the_video_and_its_list_is_short(speak):
    here = speak("sglang")
    done = here.ended(here.create()).json()
    assert set(here.http.get("/videos").json()) == {"object", "data"}
    gone = here.http.delete(f"/videos/{done['id']}").json()
    assert (gone["id"], gone["object"], gone["status"]) == (done["id"], "video", "deleted")


def test_sglang_errors_are_words_without_a_code(speak):
    here = speak("sglang")
    here.fault("fail", prompt=(words := f"{PROMPT} breaks"))
    assert set(here.ended(here.create(words)).json()["error"]) == {"message"}
    assert here.http.get("/videos/nobody").json() == {"detail": "Video with id 'nobody' not found."}


# LiteLLM


def test_litellm_ids_carry_their_routing_and_lose_it_on_the_way_back(speak):
    here = speak("litellm")
    video = here.create()
    assert len(video["id"]) >= 138
    assert "prompt" not in video
    again = here.http.get(f"/videos/{video['id']}").json()
    assert again["id"] != video["id"]
    assert again["id"].startswith("video_")
    assert here.http.get(f"/videos/{again['id']}").status_code == 401
    here.ended(video)
    for path, body in (
        ("/videos/edits", {"prompt": "x", "video": {"id": video["id"]}}),
        ("/videos/extensions", {"prompt": "x", "video": {"id": video["id"]}, "seconds": "4"}),
        (f"/videos/{video['id']}/remix", {"prompt": "x"}),
    ):
        made = here.http.post(path, json=body)
        assert made.status_code == 200, made.text
        assert here.http.get(f"/videos/{made.json()['id']}").status_code == 401


def test_litellm_needs_a_model_and_has_words_of_its_own(speak):
    here = speak("litellm")
    assert error_of(here.http.post("/videos", json=VIDEO), 400)["code"] == "400"
    here.fault("stuck", prompt=(words := f"{PROMPT} goes on"))
    assert here.ended(here.create(words), ("processing",)).status_code == 200


def test_litellm_thumbnail_is_the_clip(speak):
    here = speak("litellm")
    video = here.create()
    here.ended(video)
    assert here.content(video["id"], "thumbnail").headers["content-type"] == "video/mp4"


# Relays


def test_relay_has_words_of_its_own_and_an_address(speak):
    here = speak("relay")
    video = here.create()
    assert video["status"] == "NOT_START"
    assert video["id"].startswith("task_")
    seen = {video["status"], here.ended(video, ("processing", "succeeded")).json()["status"]}
    done = here.ended(video).json()
    assert seen | {done["status"]} <= {"NOT_START", "processing", "succeeded"}
    assert done["video_url"].endswith(".mp4")


def test_relay_errors_are_flat_and_a_jobs_error_is_a_string(speak):
    here = speak("relay")
    here.fault("fail", prompt=(words := f"{PROMPT} fails"), message="Out of credit")
    assert here.ended(here.create(words)).json()["error"] == "Out of credit"
    assert set(here.http.get("/videos/task_nobody").json()) == {"code", "message", "data"}


@pytest.mark.parametrize("dialect", ["vllm-omni", "sglang", "litellm", "relay"])
def test_no_webhook_comes_from_servers_that_have_none(speak, dialect):
    here = speak(dialect)
    with hook_for(here) as hook:
        here.ended(here.create())
        speak("openai").made()
        assert len(hook.wait(1)) == 1


def test_former_names_of_profiles_still_start_one(tmp_path, shelf):
    from tests.emulator.driver import start

    running = start(tmp_path, "--canned", "--speed", "120", "--profile", "guide", shelf=shelf)
    try:
        with httpx.Client(headers={"authorization": f"Bearer {running.keys[0]}"}) as client:
            body = {**VIDEO, "seconds": "16"}
            assert client.post(f"{running.url}/videos", json=body).status_code == 200
    finally:
        running.stop()
