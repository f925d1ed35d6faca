"""The daily comparison of the provider's list with our ledger. A11: a killed lister goes on where it stopped."""

import uuid

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from renders.models import Attempt, Comparison, Mismatch, MismatchKind, ProviderAccount
from renders.providers.videos_api import VideosApi
from renders.states import State
from renders.steps import compare as compare_step
from renders.steps.compare import compare
from tests.renders.pipeline import attempts, in_threads, run_until, step, wait_until_made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(account, emulator, monkeypatch):
    """With nothing at the provider but what the test makes, and no wait until a video counts as nobody's."""
    emulator.control.post("/reset").raise_for_status()
    monkeypatch.setattr(compare_step, "YOUNGEST", -compare_step.YOUNGEST)
    ProviderAccount.objects.filter(pk=account.pk).update(list_grace_seconds=0)
    return account


@pytest.fixture
def stray(emulator):
    """stray(2): videos that somebody else made with our key; their ids, oldest first."""

    def make(count=1, **fields):
        headers = {"Authorization": f"Bearer {emulator.api_key}"}
        made = []
        for _ in range(count):
            data = {"prompt": f"A stray cat {uuid.uuid4().hex}", **fields}
            made.append(httpx.post(f"{emulator.url}/videos", data=data, headers=headers).json()["id"])
        return made

    return make


def walk(account):
    ProviderAccount.objects.filter(pk=account.pk).update(compare_at=Now())
    return compare(account.pk)


def found(kind):
    return list(Mismatch.objects.filter(kind=kind).values_list("video_id", flat=True))


@pytest.fixture
def small_pages(monkeypatch):
    """Two videos a page; `asked` are the cursors in order."""
    whole, asked = VideosApi.list_videos, []

    def two(self, *, after=None, limit=100):
        asked.append(after)
        return whole(self, after=after, limit=2)

    monkeypatch.setattr(VideosApi, "list_videos", two)
    return asked


def test_everything_agrees_after_a_whole_life(submit, account):
    run_until(submit(), State.IN_REVIEW)
    assert walk(account)
    assert Mismatch.objects.count() == 0
    done = Comparison.objects.get()
    assert (done.pages, done.videos, done.finished_at is not None) == (1, 1, True)
    account.refresh_from_db()
    assert (account.compare_at - timezone.now()).total_seconds() > 86_000


@pytest.mark.parametrize("killed_at", [1, 2, 3, 4])
def test_killed_at_any_page_it_goes_on_there_and_finds_each_once(
    stray, account, small_pages, monkeypatch, killed_at
):
    """Seven videos on four pages; the worker dies when it has a page in its hands, before it is written down."""
    ids = stray(7)
    really, seen = compare_step._compare, []

    def die(*arguments):
        really(*arguments)
        seen.append(1)
        if len(seen) == killed_at:
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(compare_step, "_compare", die)
        with pytest.raises(SystemExit):
            walk(account)
    walked = Comparison.objects.get()
    assert (walked.pages, walked.finished_at) == (killed_at - 1, None)
    assert not compare(account.pk), "its lease is not over yet"
    assert walk(account)
    assert sorted(found("orphan")) == sorted(ids)
    # Only the page that was in its hands was read twice.
    assert len(small_pages) == 5
    assert len(set(small_pages)) == 4
    assert Comparison.objects.get().videos == 7


def test_walk_that_is_repeated_opens_no_case_twice(stray, account):
    stray(3)
    walk(account)
    Mismatch.objects.filter(pk=Mismatch.objects.first().pk).update(
        resolved_at=Now(), resolution="It was a test"
    )
    walk(account)
    assert Mismatch.objects.count() == 3
    assert Mismatch.objects.open().count() == 2
    assert Comparison.objects.count() == 2


def test_two_workers_make_one_walk(stray, account):
    stray(3)
    ProviderAccount.objects.filter(pk=account.pk).update(compare_at=Now())
    assert in_threads(4, lambda _n: compare(account.pk)) == {True: 1, False: 3}
    assert Comparison.objects.count() == 1


def test_orphan_says_what_it_cost_and_nothing_of_its_words(stray, account, emulator):
    [video] = stray(model="sora-2", seconds="8", size="720x1280")
    wait_until_made(emulator, video)
    walk(account)
    case = Mismatch.objects.get()
    assert (case.kind, case.video_id, case.amount_microusd) == (MismatchKind.ORPHAN, video, 800_000)
    assert case.evidence["seconds"] == "8"
    assert "stray cat" not in str(case.evidence)


def test_young_video_is_nobodys_only_after_its_time(stray, account):
    ProviderAccount.objects.filter(pk=account.pk).update(list_grace_seconds=600)
    stray()
    walk(account)
    assert Mismatch.objects.count() == 0


def test_video_that_a_request_in_doubt_may_claim_is_no_orphan(submit, account, fault):
    fault("accept_then_drop", operation="create")
    render = step(submit())
    assert render.state == State.RECONCILING
    walk(account)
    assert Mismatch.objects.count() == 0
    run_until(render, State.IN_REVIEW)
    walk(account)
    assert Mismatch.objects.count() == 0


def test_orphan_that_a_take_claims_later_is_cleared_up_by_itself(stray, submit, cast, account):
    [video] = stray()
    walk(account)
    render = run_until(submit(), State.RENDERING)
    with cast.at():
        Attempt.objects.filter(render=render).update(provider_video_id=video)
    walk(account)
    case = Mismatch.objects.get(video_id=video)
    assert case.resolution == "A take has claimed it since."
    assert case.resolved_by is None


def test_paid_clip_that_we_never_had_is_a_loss_once(submit, cast, account, fault):
    ProviderAccount.objects.filter(pk=account.pk).update(settlement={"expired_before_download": "charge"})
    fault("expire", count=None)
    render = run_until(submit(), State.EXPIRED)
    walk(account)
    walk(account)
    case = Mismatch.objects.get(kind=MismatchKind.LOSS)
    [attempt] = attempts(render)
    assert (case.video_id, case.agency_id, case.amount_microusd) == (
        attempt.provider_video_id,
        cast.northlight.pk,
        attempt.settled_microusd,
    )


def test_longer_clip_than_was_settled_is_an_overage(stray, submit, cast, account, emulator):
    """We ordered and settled 4 s at $0.40; what the provider lists under our id has 12 s."""
    render = run_until(submit(), State.IN_REVIEW)
    [longer] = stray(model="sora-2", seconds="12", size="720x1280")
    wait_until_made(emulator, longer)
    with cast.at():
        Attempt.objects.filter(render=render).update(provider_video_id=longer)
    walk(account)
    case = Mismatch.objects.get(kind=MismatchKind.OVERAGE)
    assert (case.video_id, case.amount_microusd) == (longer, 800_000)
    assert case.evidence["settled_microusd"] == 400_000


def test_list_that_fails_is_read_on_later_and_a_lost_place_from_the_beginning(
    stray, account, small_pages, emulator
):
    stray(5)
    emulator.control.post("/faults", json={"kind": "status", "status": 500, "operation": "list", "skip": 1})
    assert not walk(account)
    assert Comparison.objects.get().pages == 1
    account.refresh_from_db()
    assert 500 < (account.compare_at - timezone.now()).total_seconds() < 700
    Comparison.objects.update(cursor="video_" + "f" * 48)
    assert not walk(account)
    assert Comparison.objects.get().cursor == ""
    assert walk(account)
    assert len(found("orphan")) == 5


def test_account_that_cannot_list_is_left_alone(account, emulator):
    ProviderAccount.objects.filter(pk=account.pk).update(capability_overrides={"can_list": False})
    emulator.control.delete("/requests")
    assert not walk(account)
    assert Comparison.objects.count() == 0
    assert emulator.control.get("/requests").json()["count"] == 0


def test_server_that_does_not_know_the_cursor_ends_the_walk_and_proves_no_loss(stray, account, monkeypatch):
    stray(5)
    whole = VideosApi.list_videos
    monkeypatch.setattr(VideosApi, "list_videos", lambda self, **_cursor: whole(self, limit=2))
    assert not walk(account)
    row = Comparison.objects.get()
    assert (row.pages, row.finished_at) == (1, None)
    account.refresh_from_db()
    assert account.compare_at > timezone.now()
