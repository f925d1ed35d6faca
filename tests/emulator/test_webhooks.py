"""Signed webhooks, checked with the published `standardwebhooks` package."""

import json
import re
import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.emulator.driver import SECRET, Api, Hook, Received


def verified(received: Received) -> dict:
    """The event, if the signature is right."""
    Webhook(SECRET).verify(received.body, received.headers)
    return json.loads(received.body)


def test_the_end_of_a_video_is_told_signed(api: Api, hook: Hook):
    video = api.made()
    [received] = hook.wait(1)
    event = verified(received)
    assert set(event) == {"id", "object", "created_at", "type", "data"}
    assert (event["object"], event["type"], event["data"]) == (
        "event",
        "video.completed",
        {"id": video["id"]},
    )
    assert event["id"].startswith("evt_")
    assert re.fullmatch(r"wh_[0-9a-f]{32}", received.headers["webhook-id"])
    assert received.headers["webhook-id"] != event["id"]
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 10
    assert received.headers["webhook-signature"].startswith("v1,")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(received.body.replace(b"completed", b"Completed"), received.headers)


def test_a_failure_is_told_too(api: Api, hook: Hook):
    api.fault("fail")
    video = api.wait(api.create())
    event = verified(hook.wait(1)[0])
    assert (event["type"], event["data"]["id"]) == ("video.failed", video["id"])


def test_a_refused_delivery_is_repeated_with_its_id_and_a_redirect_is_a_refusal(api: Api, hook: Hook):
    hook.answers = [500, 302, 204]
    api.made()
    received = hook.wait(3)
    assert [item.path for item in received] == ["/hook"] * 3
    assert len({item.headers["webhook-id"] for item in received}) == 1
    assert len({item.body for item in received}) == 1
    for item in received:
        verified(item)
    time.sleep(0.3)
    assert len(hook.received) == 3
    [delivery] = [
        d
        for d in api.control.get("/webhooks/deliveries").json()["deliveries"]
        if d["webhook_id"] == received[0].headers["webhook-id"]
    ]
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 3)


def test_a_dropped_webhook_never_comes(api: Api, hook: Hook):
    api.fault("webhook_drop")
    api.made()
    second = api.made("Another harbour")
    assert [json.loads(item.body)["data"]["id"] for item in hook.wait(1)] == [second["id"]]


def test_a_duplicate_has_the_same_id(api: Api, hook: Hook):
    api.fault("webhook_duplicate", times=2)
    api.made()
    received = hook.wait(3)
    assert len({item.headers["webhook-id"] for item in received}) == 1
    for item in received:
        verified(item)


def test_a_reordered_webhook_comes_after_the_next_one(api: Api, hook: Hook):
    api.fault("webhook_reorder", prompt="first")
    first, second = api.made("the first"), api.made("the second")
    assert [json.loads(item.body)["data"]["id"] for item in hook.wait(2)] == [second["id"], first["id"]]


def test_a_delayed_webhook_comes_late(api: Api, hook: Hook):
    api.fault("webhook_delay", seconds=0.5)
    api.made()
    assert hook.received == []
    verified(hook.wait(1)[0])


@pytest.mark.parametrize("variant", ["signature", "unsigned", "stale", "garbage"])
def test_a_forged_webhook_does_not_verify(api: Api, hook: Hook, variant):
    api.fault("webhook_forge", variant=variant)
    api.made()
    [received] = hook.wait(1)
    with pytest.raises((WebhookVerificationError, ValueError)):
        verified(received)


def test_a_webhook_can_overtake_the_reply(api: Api, hook: Hook):
    api.made()
    hook.wait(1)
    api.fault("delay", operation="create", seconds=1.5, when="after")
    video = api.create()
    assert len(hook.received) == 2
    assert verified(hook.received[1])["data"]["id"] == video["id"]


def test_only_the_events_of_its_key_come(api: Api, other: Api, hook: Hook):
    other.made()
    mine = api.made()
    assert [json.loads(item.body)["data"]["id"] for item in hook.wait(1)] == [mine["id"]]


@pytest.mark.parametrize(
    "body", [{}, {"url": "ftp://x"}, {"url": "http://127.0.0.1/", "secret": "plain"}, {"url": 5}]
)
def test_an_endpoint_that_is_none_is_refused(api: Api, body):
    assert api.control.post("/webhooks/endpoints", json=body).status_code == 400


def test_an_endpoint_without_a_secret_gets_one(api: Api):
    made = api.control.post(
        "/webhooks/endpoints", json={"url": "http://127.0.0.1:9/", "key": "nobody"}
    ).json()
    Webhook(made["secret"])
    assert made in api.control.get("/webhooks/endpoints").json()["endpoints"]
    assert api.control.delete(f"/webhooks/endpoints/{made['id']}").json() == {"removed": 1}
