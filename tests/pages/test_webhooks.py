"""Webhooks: only genuine ones count, and then only as a hint."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client as Browser
from standardwebhooks.webhooks import Webhook

from renders.models import Attempt, InboundEvent, Render

pytestmark = pytest.mark.django_db
URL = "/hooks/videos/emulator/"
SECRET = "whsec_dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHM="
VIDEO = "video_" + "a" * 48


def body_of(video_id=VIDEO, kind="video.completed"):
    event = {"id": "evt_1", "object": "event", "created_at": 1, "type": kind, "data": {"id": video_id}}
    return json.dumps(event).encode()


def signed(body, webhook_id="wh_1", secret=SECRET, at=None):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body.decode()),
    }


def send(body, headers, url=URL):
    return Browser(enforce_csrf_checks=True).generic(
        "POST", url, body, content_type="application/json", headers=headers
    )


@pytest.fixture
def take(cast, make_take):
    render = make_take(state="rendering", next_action_at="2099-01-01T00:00Z")
    with cast.at():
        Attempt.objects.update(status="bound", provider_video_id=VIDEO)
    return render


def due(cast):
    with cast.at():
        return Render.objects.due().count()


def test_genuine_webhook_makes_the_take_due_and_decides_nothing(cast, take, jobs):
    jobs.clear()
    body = body_of()
    assert send(body, signed(body)).status_code == 204
    assert due(cast) == 1
    with cast.at():
        assert Render.objects.get().state == "rendering"
    assert [name for name, _args in jobs.waiting()] == ["poll"]


def test_repeat_has_no_second_effect(cast, take, jobs):
    jobs.clear()
    body = body_of()
    headers = signed(body)
    for _ in range(3):
        assert send(body, headers).status_code == 204
    assert InboundEvent.objects.count() == 1
    assert len(jobs.waiting()) == 1


def test_every_flipped_bit_of_the_body_is_forged(cast, take):
    body = body_of()
    headers = signed(body)
    for position in range(len(body)):
        flipped = bytearray(body)
        flipped[position] ^= 1
        assert send(bytes(flipped), headers).status_code == 401
    assert InboundEvent.objects.count() == 0
    assert due(cast) == 0


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "v1,", "rubbish", "v1,é", "9" * 400])
def test_missing_or_odd_headers_are_forged(take, missing, value):
    body = body_of()
    headers = signed(body)
    del headers[missing]
    if value is not None:
        headers[missing] = value
    assert send(body, headers).status_code == 401


@pytest.mark.parametrize("shift", [timedelta(seconds=-301), timedelta(seconds=301), timedelta(days=-1)])
def test_too_old_and_too_new_are_refused(take, shift):
    body = body_of()
    assert send(body, signed(body, at=datetime.now(UTC) + shift)).status_code == 401


def test_wrong_secret_is_forged(take):
    body = body_of()
    other = "whsec_" + base64.b64encode(b"x" * 24).decode()
    assert send(body, signed(body, secret=other)).status_code == 401


def test_both_secrets_count_during_a_rotation(take, account):
    new = "whsec_" + base64.b64encode(b"n" * 24).decode()
    account.webhook_secrets = [new, SECRET]
    account.save()
    body = body_of()
    assert send(body, signed(body, "wh_old")).status_code == 204
    assert send(body, signed(body, "wh_new", secret=new)).status_code == 204
    account.webhook_secrets = [new]
    account.save()
    assert send(body, signed(body, "wh_late")).status_code == 401


def test_unknown_video_is_parked_and_found_when_its_id_is_saved(cast, make_take, account):
    from renders.providers.port import Status, Video
    from renders.states import Who
    from renders.steps.submit import bind

    stranger = "video_" + "b" * 48
    body = body_of(stranger)
    make_take(state="submitting", next_action_at=Now())
    assert send(body, signed(body)).status_code == 204
    assert InboundEvent.objects.get().matched_at is None
    with cast.at():
        Attempt.objects.update(status="intent")
        render = Render.objects.select_related("account").get()
        bind(render, Attempt.objects.get(), Video(stranger, Status.RUNNING, "queued"), who=Who.WORKER)
    assert InboundEvent.objects.get().matched_at is not None
    assert due(cast) == 1


def test_large_body_is_refused_before_it_is_read(take):
    body = b"x" * (65 * 1024)
    assert send(body, {"webhook-id": "1"}).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b"{}", b'{"type": "x"}', b'{"type": "x", "data": null}', b"\xff\xfe"]
)
def test_genuine_nonsense_is_malformed_never_an_error(take, body):
    try:
        headers = signed(body)
    except UnicodeDecodeError:
        headers = signed(b"x")
    assert send(body, headers).status_code in {400, 401, 413}


def test_unknown_account_and_other_methods(account):
    assert send(b"{}", {}, "/hooks/videos/nobody/").status_code == 404
    assert Browser().get(URL).status_code == 405
