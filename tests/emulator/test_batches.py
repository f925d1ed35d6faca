"""Files and batches, seen from the client's side."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.emulator.driver import Api, error_of

BODY = {"prompt": "A paper boat", "model": "sora-2", "size": "720x1280", "seconds": "4"}
KEYS = {
    "id", "object", "endpoint", "errors", "input_file_id", "completion_window", "status", "output_file_id",
    "error_file_id", "created_at", "in_progress_at", "expires_at", "finalizing_at", "completed_at", "failed_at",
    "expired_at", "cancelling_at", "cancelled_at", "request_counts", "metadata",
}  # fmt: skip


def line(number: int, **changes: Any) -> dict[str, Any]:
    return {"custom_id": f"line-{number}", "method": "POST", "url": "/v1/videos", "body": BODY} | changes


def upload(api: Api, lines: list[Any], purpose: str = "batch") -> str:
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines)
    files = {"file": ("lines.jsonl", text.encode(), "application/jsonl")}
    reply = api.http.post("/files", data={"purpose": purpose}, files=files)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])


def create(api: Api, lines: list[Any], **changes: Any) -> dict[str, Any]:
    wanted = {"input_file_id": upload(api, lines), "endpoint": "/v1/videos", "completion_window": "24h"}
    reply = api.http.post("/batches", json=wanted | changes)
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


def ended(api: Api, batch: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while True:
        found = api.http.get(f"/batches/{batch['id']}").json()
        if found["status"] in ("completed", "failed", "expired", "cancelled"):
            return found  # type: ignore[no-any-return]
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def rows(api: Api, file_id: str | None) -> list[Any]:
    if file_id is None:
        return []
    return [json.loads(row) for row in api.http.get(f"/files/{file_id}/content").text.splitlines()]


def test_a_batch_makes_a_clip_of_each_line_at_half_price_and_keeps_it_a_day(api: Api):
    batch = create(api, [line(1), line(2)], metadata={"of": "ours"})
    assert set(batch) == KEYS
    assert (batch["status"], batch["metadata"]) == ("validating", {"of": "ours"})
    done = ended(api, batch)
    assert done["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    assert done["error_file_id"] is None
    found = {row["custom_id"]: row["response"]["body"] for row in rows(api, done["output_file_id"])}
    assert set(found) == {"line-1", "line-2"}
    for video in found.values():
        assert video["status"] == "completed"
        assert video["expires_at"] == video["completed_at"] + 86_400
        assert api.http.get(f"/videos/{video['id']}/content").status_code == 200
    assert [row["cost_microusd"] for row in api.invoice()] == [200_000, 200_000]


def test_a_bad_line_does_not_block_the_others(api: Api):
    bad = line(2, body={**BODY, "seconds": "5"})
    done = ended(api, create(api, [line(1), bad, line(3)]))
    assert done["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
    [wrong] = rows(api, done["error_file_id"])
    assert (wrong["custom_id"], wrong["response"]["status_code"]) == ("line-2", 400)
    assert wrong["response"]["body"]["error"]["param"] == "seconds"
    assert len(api.invoice()) == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("{", "invalid_json_line"),
        ("[]", "invalid_json_line"),
        (line(1), "duplicate_custom_id"),
        (line(2, url="/v1/elsewhere"), "invalid_url"),
        (line(2, method="GET"), "invalid_method"),
        (line(2, body={**BODY, "model": "sora-2-pro"}), "model_mismatch"),
        ({"method": "POST"}, "missing_required_parameter"),
    ],
)
def test_a_file_that_is_wrong_fails_whole_and_names_the_line(api: Api, wrong, code):
    done = ended(api, create(api, [line(1), wrong]))
    assert done["status"] == "failed"
    [error] = done["errors"]["data"]
    assert (error["code"], error["line"]) == (code, 2)
    assert api.invoice() == []


def test_lists_are_newest_first_and_of_one_key(api: Api, other: Api):
    first, second = create(api, [line(1)]), create(api, [line(1)])
    page = api.http.get("/batches", params={"limit": 1}).json()
    assert ([row["id"] for row in page["data"]], page["has_more"]) == ([second["id"]], True)
    rest = api.http.get("/batches", params={"after": second["id"]}).json()
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == ([first["id"]], False)
    assert other.http.get("/batches").json()["data"] == []
    error_of(other.http.get(f"/batches/{first['id']}"), 404)
    error_of(other.http.get(f"/files/{first['input_file_id']}/content"), 404)


def test_create_refuses_what_it_cannot_take(api: Api):
    file_id = upload(api, [line(1)])
    good = {"input_file_id": file_id, "endpoint": "/v1/videos", "completion_window": "24h"}
    for changes, param in (
        ({"endpoint": "/v1/videos/generations"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"input_file_id": "file-none"}, "input_file_id"),
        ({"input_file_id": upload(api, [line(1)], "user_data")}, "input_file_id"),
    ):
        assert error_of(api.http.post("/batches", json=good | changes), 400)["param"] == param


def test_faults_expire_lines_fail_them_shuffle_and_spoil_the_output(api: Api):
    lines = [line(number) for number in range(1, 7)]
    api.fault("batch_expire", lines=2)
    done = ended(api, create(api, lines))
    assert done["status"] == "expired"
    late = rows(api, done["error_file_id"])
    assert [(row["custom_id"], row["error"]["code"]) for row in late] == [
        ("line-5", "batch_expired"),
        ("line-6", "batch_expired"),
    ]
    api.fault("batch_line_error", lines=1, status=500)
    api.fault("batch_shuffle")
    done = ended(api, create(api, lines))
    assert [row["response"]["status_code"] for row in rows(api, done["error_file_id"])] == [500]
    order = [row["custom_id"] for row in rows(api, done["output_file_id"])]
    assert order != sorted(order)
    assert sorted(order) == [f"line-{number}" for number in range(2, 7)]
    api.fault("batch_strange_lines")
    done = ended(api, create(api, lines))
    text = api.http.get(f"/files/{done['output_file_id']}/content").text
    assert len(text.splitlines()) == 6 + 1 + 1 + 4
    api.fault("batch_missing", lines=2)
    done = ended(api, create(api, lines))
    assert len(rows(api, done["output_file_id"])) == 4
    api.fault("batch_reject", lines=[3])
    done = ended(api, create(api, lines))
    assert [error["line"] for error in done["errors"]["data"]] == [3]


def test_a_lost_reply_leaves_a_batch_that_the_list_shows(api: Api):
    file_id = upload(api, [line(1)])
    api.fault("accept_then_drop", operation="batch_create")
    with pytest.raises(httpx.TransportError):
        api.http.post(
            "/batches", json={"input_file_id": file_id, "endpoint": "/v1/videos", "completion_window": "24h"}
        )
    [found] = api.http.get("/batches").json()["data"]
    assert found["input_file_id"] == file_id


def test_a_killed_emulator_goes_on_with_its_batches_and_bills_nothing_twice(folder, shelf):
    from tests.emulator.driver import start

    running = start(folder, "--speed", "6", "--canned", shelf=shelf)
    try:
        api = Api(running, running.keys[0])
        batch = create(api, [line(number) for number in range(1, 4)])
        deadline = time.monotonic() + 10
        while len(api.invoice()) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        running.stop(9)
        running.restart()
        done = ended(api, batch)
        assert done["request_counts"]["completed"] == 3
        assert len(api.invoice()) == 3
    finally:
        running.stop()
