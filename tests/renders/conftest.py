"""Rows for tests of the pipeline. Steps end their transactions, so these tests do, too."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from renders import pricing
from renders.actions.accounts import set_up_account
from renders.actions.briefs import create_project, save_brief
from renders.actions.renders import submit_render
from renders.models import Brief, ProviderAccount, Render
from tests.cast import Cast, assemble
from tests.emulated import Emulator


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


@pytest.fixture
def account(transactional_db: None, emulator: Emulator) -> ProviderAccount:
    """The emulator, with nothing left of earlier tests but its videos."""
    emulator.control.delete("/faults")
    return set_up_account(
        slug="emulator",
        name="Emulator",
        base_url=emulator.url,
        api_key=emulator.api_key,
        webhook_secrets=[emulator.webhook_secret],
        is_emulator=True,
        list_grace_seconds=1,
    )


@pytest.fixture
def brief(cast: Cast, account: ProviderAccount) -> Brief:
    with cast.at():
        project = create_project(client=cast.acme, name="Spring", by=cast.amara)
        return save_brief(
            project=project,
            title="Lighthouse",
            # Words of its own, so that faults and invoices of one test are found again.
            texts={"subject": f"A small lighthouse {uuid.uuid4().hex}"},
            by=cast.amara,
            model="sora-2",
            size="720x1280",
            seconds=4,
        )


@pytest.fixture
def submit(cast: Cast, account: ProviderAccount, brief: Brief) -> Callable[..., Render]:
    """submit(key=…) queues a take of the brief."""

    def queue(**changes: Any) -> Render:
        key = changes.pop("key", uuid.uuid4().hex)
        with cast.at():
            price = pricing.quote(account, model=brief.model, size=brief.size, seconds=brief.seconds)
            return submit_render(
                brief=brief, submit_key=key, shown_microusd=price.microusd, by=cast.amara, **changes
            )

    return queue


@pytest.fixture
def fault(emulator: Emulator, brief: Brief) -> Callable[..., None]:
    """fault("kind", …): the provider misbehaves, for this test's brief only."""

    def schedule(kind: str, **parameters: Any) -> None:
        answer = emulator.control.post("/faults", json={"kind": kind, "prompt": brief.subject, **parameters})
        answer.raise_for_status()

    return schedule
