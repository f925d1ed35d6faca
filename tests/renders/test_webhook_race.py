"""One delivery, many times at once, on connections of their own."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client as Browser
from standardwebhooks.webhooks import Webhook

from renders.models import Attempt, InboundEvent
from renders.states import State
from tests.renders.pipeline import fresh, in_threads, run_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hundred_deliveries_at_once_leave_one_row_and_one_effect(submit, cast, account, emulator):
    render = run_until(submit(), State.RENDERING)
    with cast.at():
        video = Attempt.objects.get(render=render).provider_video_id
    event = {"object": "event", "created_at": 1, "type": "video.completed", "data": {"id": video}}
    body, at = json.dumps(event | {"id": "evt_1"}), datetime.now(UTC)
    headers = {
        "webhook-id": "wh_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(emulator.webhook_secret).sign("wh_1", at, body),
    }

    def deliver(_number):
        answers = [
            Browser()
            .generic(
                "POST", "/hooks/videos/emulator/", body, content_type="application/json", headers=headers
            )
            .status_code
            for _ in range(5)
        ]
        return tuple(answers)

    before = fresh(render).version
    assert set(in_threads(20, deliver)) == {(204,) * 5}
    assert InboundEvent.objects.count() == 1
    assert fresh(render).version - before <= 1
