"""One take's whole life in every dialect, through the real steps: sent, polled, fetched, and let go where that can be."""

import pytest

from renders import tasks
from renders.actions.accounts import set_up_account
from renders.models import AssetKind, Attempt, ModelOffer
from renders.states import FailureClass, State
from tests.renders.pipeline import attempts, balance, invoiced, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
DIALECTS = ["openai", "openai-guide", "vllm-omni", "sglang", "litellm", "relay"]
WAN = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
PRICE = 400_000
STILLS = {AssetKind.PROVIDER_THUMBNAIL, AssetKind.PROVIDER_SHEET}


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return request.param


@pytest.fixture
def account(transactional_db, emulator, dialect):
    """The emulator, spoken to in a dialect."""
    emulator.control.delete("/faults")
    emulator.control.delete("/requests")
    made = set_up_account(
        slug="emulator",
        name="Emulator",
        base_url=emulator.url.replace("/v1", f"/as/{dialect}/v1"),
        api_key=emulator.api_key,
        webhook_secrets=[emulator.webhook_secret],
        is_emulator=True,
        dialect=dialect.removesuffix("-guide"),
        list_grace_seconds=1,
    )
    if dialect in {"vllm-omni", "sglang"}:
        ModelOffer.objects.filter(account=made).update(wire_model=WAN)
    return made


def asked(emulator, method=None):
    found = emulator.control.get("/requests", params={"method": method} if method else {}).json()
    return found["requests"]


def test_take_lives_from_submit_to_review_and_the_copy_goes_where_it_can(submit, emulator, account, cast):
    render = run_until(submit(), State.IN_REVIEW)
    assert len(attempts(render)) == len(invoiced(emulator, render)) == 1
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}
    kinds = {asset.kind for asset in render.assets.all()}
    assert (kinds & STILLS == STILLS) == account.capabilities.has_stills
    # What a server gives as a still may be the whole clip once more: it is not even asked for.
    assert account.capabilities.has_stills == any("variant" in entry["query"] for entry in asked(emulator))
    attempt = attempts(render)[0]
    if not account.capabilities.can_delete:
        assert attempt.provider_delete_at is None
        assert asked(emulator, "DELETE") == []
        return
    with cast.at():
        Attempt.objects.filter(pk=attempt.pk).update(provider_delete_at=attempt.created_at)
    tasks.forget.fn(str(render.org_id), str(attempt.pk))
    assert attempts(render)[0].provider_deleted_at is not None
    assert [entry["status"] for entry in asked(emulator, "DELETE")] == [200]


def test_job_that_fails_is_a_failure_in_every_dialect(submit, fault, emulator):
    fault("fail", message="Out of memory")
    render = run_until(submit(), State.FAILED)
    assert render.failure_class == FailureClass.RENDER_FAILED
    assert balance(render) == {"available": 0, "reserved": 0}


def test_refusal_by_moderation_is_a_refusal_in_every_dialect(submit, fault, emulator):
    fault("moderation_block")
    assert run_until(submit(), State.FAILED).failure_class == FailureClass.POLICY_OUTPUT


def test_lost_answer_is_found_in_the_list_or_waits_for_a_person(submit, fault, emulator, account):
    fault("accept_then_drop", operation="create")
    render = step(submit())
    assert render.state == State.RECONCILING
    until = State.RENDERING if account.capabilities.can_list else State.NEEDS_HUMAN
    render = run_until(render, until, State.STORED, State.IN_REVIEW)
    assert render.state != State.NEEDS_HUMAN or not account.capabilities.can_list
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1
    assert balance(render)["reserved"] == PRICE or render.state != State.NEEDS_HUMAN


def test_connection_is_tested_without_spending_in_every_dialect(account, emulator):
    before = emulator.control.get("/invoice").json()["count"]
    tasks.check_account.fn(account.pk)
    account.refresh_from_db()
    assert (account.check_failure, account.check_problem) == ("", "")
    assert account.models_seen
    assert emulator.control.get("/invoice").json()["count"] == before


def test_wrong_key_is_named_in_every_dialect(account):
    account.api_key = "sk-nobody"
    account.save()
    tasks.check_account.fn(account.pk)
    account.refresh_from_db()
    assert account.check_failure == "key_refused"
