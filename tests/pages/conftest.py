"""Agencies with briefs and takes, for tests of pages. Nothing is really rendered: rows only."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from renders.actions.accounts import set_up_account
from renders.actions.briefs import create_project, save_brief
from renders.actions.renders import submit_render
from renders.models import Asset, AssetKind, Brief, Project, ProviderAccount, Render
from tests.cast import Cast, assemble
from tests.walks import walk


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def account(db: None) -> ProviderAccount:
    return set_up_account(
        slug="emulator",
        name="Emulator",
        base_url="http://127.0.0.1:9/v1",
        api_key="sk-canary-must-never-be-shown",
        webhook_secrets=["whsec_dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHM="],
    )


@pytest.fixture
def project(cast: Cast, account: ProviderAccount) -> Project:
    with cast.at():
        return create_project(client=cast.acme, name="Spring", by=cast.amara)


@pytest.fixture
def make_brief(cast: Cast, project: Project) -> Callable[..., Brief]:
    def make(title: str = "Lighthouse", **texts: str) -> Brief:
        with cast.at():
            return save_brief(
                project=project,
                title=title,
                texts={"subject": "A small white lighthouse", **texts},
                by=cast.amara,
                model="sora-2",
                size="720x1280",
                seconds=4,
            )

    return make


@pytest.fixture
def make_take(cast: Cast, make_brief: Callable[..., Brief]) -> Callable[..., Render]:
    """make_take(brief=…, state=…): a queued take, or one put into a state with its files' rows."""

    def make(brief: Brief | None = None, state: str = "queued", **changes: Any) -> Render:
        brief = brief or make_brief()
        with cast.at():
            render = submit_render(
                brief=brief, submit_key=uuid.uuid4().hex, shown_microusd=400_000, by=cast.amara
            )
            if state != "queued" or changes:
                due = changes.pop("next_action_at", None)
                changes |= {"paused_for": "stopped"} if state == "held" else {}
                walk(Render.objects.filter(pk=render.pk), state, next_action_at=due, **changes)
            if state in {"in_review", "client_review", "deliverable", "changes"}:
                for kind in (AssetKind.ORIGINAL, AssetKind.PROXY, AssetKind.POSTER, AssetKind.HOVER_SHEET):
                    Asset.objects.create(render=render, **asset_fields(kind))
            return Render.objects.select_related("brief").get(pk=render.pk)

    return make


def asset_fields(kind: str) -> dict[str, Any]:
    """Plausible facts of a stored file."""
    is_clip = kind in {AssetKind.ORIGINAL, AssetKind.PROXY}
    return {
        "kind": kind,
        "sha256": uuid.uuid4().hex * 2,
        "size_bytes": 1000,
        "storage_key": f"nowhere/{uuid.uuid4().hex}",
        "content_type": "video/mp4" if is_clip else "image/webp",
        "width": 720,
        "height": 1280,
        "frames": 120 if is_clip else None,
        "fps_num": 30 if is_clip else None,
        "fps_den": 1 if is_clip else None,
        "has_audio": True if is_clip else None,
        "details": {"columns": 8, "rows": 2, "fps": 4, "count": 16} if kind == AssetKind.HOVER_SHEET else {},
    }
