"""A take with its files and its copy at the provider, and its deletion."""

import time

import httpx
import pytest
from django.utils import timezone

from renders.actions import assets as actions
from renders.models import Attempt
from renders.states import State
from tests import factories
from tests.renders.deletions.kit import needles_of
from tests.renders.pipeline import run_until


@pytest.fixture
def real_clip(submit, account):
    """A take that was rendered, with its provider's copy still there."""
    account.deletes_after_copy = False
    account.save()
    render = run_until(submit(), State.IN_REVIEW)
    return render, *needles_of(render)


@pytest.fixture
def clip(cast, account, emulator):
    """The same without the rendering: rows, small files, and a video of its own at the provider."""
    head = {"Authorization": f"Bearer {emulator.api_key}"}
    made = httpx.post(
        f"{emulator.url}/videos", headers=head, data={"prompt": "A copy", "seconds": "4"}
    ).json()["id"]
    deadline = time.monotonic() + 20
    while httpx.get(f"{emulator.url}/videos/{made}", headers=head).json()["status"] != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with cast.at():
        render = factories.take(cast, title="Lighthouse")
        Attempt.objects.create(
            render=render,
            number=1,
            account=account,
            status="completed",
            lane="",
            prompt_sha256="",
            reserved_microusd=0,
            settled_microusd=0,
            reserved_on=timezone.now().date(),
            provider_video_id=made,
        )
    return render, *needles_of(render)


@pytest.fixture
def delete(cast):
    def run(render):
        with cast.at():
            return actions.delete_take_files(render=render, typed=str(render), by=cast.amara)

    return run
