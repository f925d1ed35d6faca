"""Every way in which a render can go wrong at the provider or in our storage: one charge at most, all accounted."""

from datetime import timedelta

import pytest

from renders.models import AttemptStatus, BudgetPeriod, ProviderAccount
from renders.providers.videos_api import VideosApi
from renders.states import FailureClass, State
from renders.steps import fetch, reconcile
from renders.steps import submit as submit_step
from tenants import storage
from tests.renders.pipeline import attempts, balance, fresh, invoiced, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000
DONE = State.STORED  # fetched, checked and paid; what comes after is ours alone
CHARGED = {"available": -PRICE, "reserved": 0, "spent": PRICE}
GIVEN_BACK = {"available": 0, "reserved": 0}


@pytest.fixture
def own_staging(settings, tmp_path):
    """A staging folder that no other test writes to."""
    settings.DATA_DIR = tmp_path
    return storage.staging_folder()


def slots() -> int:
    return ProviderAccount.objects.get().in_flight


AMBIGUOUS = [
    ("accept_then_drop", {}),
    ("status", {"status": 500, "accepted": True, "operation": "create"}),
    ("status", {"status": 504, "accepted": True, "operation": "create"}),
    ("malformed", {"variant": "html", "operation": "create"}),
    ("malformed", {"variant": "no_id", "operation": "create"}),
    ("malformed", {"variant": "broken_json", "operation": "create"}),
    ("malformed", {"variant": "empty", "operation": "create"}),
    # Followed, it would end at a closed port and look like a request that never left.
    ("redirect", {"accepted": True, "operation": "create"}),
    ("slowloris", {"operation": "create"}),
]


@pytest.mark.parametrize(("kind", "parameters"), AMBIGUOUS)
def test_accepted_create_without_clear_answer_is_found_in_the_list_and_paid_once(
    submit, fault, emulator, monkeypatch, kind, parameters
):
    fault(kind, **parameters)
    with monkeypatch.context() as patch:
        patch.setattr("renders.providers.videos_api.CALL_SECONDS", 2)
        render = step(submit())
    assert (render.state, render.failure_class) == (State.RECONCILING, FailureClass.AMBIGUOUS_SUBMIT)
    assert balance(render)["reserved"] == PRICE
    render = run_until(render, DONE)
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1
    assert balance(render) == CHARGED
    assert slots() == 0


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("drop_before", {"operation": "create"}),
        ("status", {"status": 502, "operation": "create"}),
        ("redirect", {"operation": "create"}),
    ],
)
def test_unanswered_create_that_never_arrived_is_sent_again_after_two_empty_scans(
    submit, fault, emulator, kind, parameters
):
    fault(kind, **parameters)
    render = run_until(submit(), DONE)
    first, second = attempts(render)
    assert (first.status, first.settled_microusd) == (AttemptStatus.NOT_ACCEPTED, 0)
    assert first.absent_scans >= 2
    assert second.settled_microusd == PRICE
    assert len(invoiced(emulator, render)) == 1
    assert balance(render) == CHARGED


def test_list_that_lags_behind_the_create_still_gives_one_charge(submit, fault, emulator, account):
    account.list_grace_seconds = 5
    account.save()
    fault("accept_then_drop")
    fault("list_lag", seconds=2)
    render = run_until(submit(), DONE)
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1


def test_killed_after_the_create_is_found_in_the_list_and_paid_once(submit, emulator, monkeypatch):
    def die(*_args):
        raise SystemExit("killed before the outcome was written")

    with monkeypatch.context() as patch:
        patch.setattr(submit_step, "_record", die)
        with pytest.raises(SystemExit):
            step(render := submit())
    assert fresh(render).state == State.SUBMITTING
    render = run_until(render, DONE)
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1
    assert balance(render) == CHARGED


def test_killed_before_the_create_is_sent_once_in_the_end(submit, emulator, monkeypatch):
    def die(*_args):
        raise SystemExit("killed before the request left")

    with monkeypatch.context() as patch:
        patch.setattr(submit_step, "_post", die)
        with pytest.raises(SystemExit):
            step(render := submit())
    render = run_until(render, DONE)
    assert len(invoiced(emulator, render)) == 1
    assert balance(render) == CHARGED


def test_refused_connection_is_tried_again_and_never_in_doubt(submit, account, emulator):
    account.base_url = "http://127.0.0.1:9/v1"
    account.save()
    render = step(submit())
    assert (render.state, render.failure_class) == (State.QUEUED, FailureClass.UNREACHABLE)
    assert render.delayed_until_at is not None
    assert slots() == 0
    account.base_url = emulator.url
    account.save()
    assert run_until(render, DONE).failure_class == ""
    assert len(attempts(render)) == 1


def test_provider_that_stays_away_ends_in_words_with_the_money_back(submit, account):
    account.base_url = "http://127.0.0.1:9/v1"
    account.save()
    render = run_until(submit(), State.FAILED)
    assert render.failure_class == FailureClass.UNREACHABLE
    assert balance(render) == GIVEN_BACK


def test_rate_limit_delays_and_is_no_failure(submit, fault, emulator):
    fault("status", status=429, headers={"retry-after": "7"}, operation="create")
    render = step(submit())
    assert (render.state, render.failure_class) == (State.QUEUED, FailureClass.RATE_LIMITED)
    wait = (render.delayed_until_at - render.state_at).total_seconds()
    assert 6 < wait < 8
    render = run_until(render, DONE)
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, None, FailureClass.INVALID_PARAMS),
        (403, "sentinel_block", FailureClass.POLICY_INPUT),
        (400, "content_policy_violation", FailureClass.POLICY_INPUT),
        (410, None, FailureClass.PROVIDER_SUNSET),
    ],
)
def test_definite_refusal_fails_in_its_class_and_gives_the_money_back(
    submit, fault, emulator, status, code, expected
):
    fault("status", status=status, code=code, message="no", operation="create")
    render = step(submit())
    assert (render.state, render.failure_class) == (State.FAILED, expected)
    assert balance(render) == GIVEN_BACK
    assert invoiced(emulator, render) == []
    assert slots() == 0


def test_wrong_key_holds_the_account_and_goes_on_when_it_is_mended(submit, account, emulator):
    account.api_key = "sk-wrong"
    account.save()
    render = step(submit())
    assert (render.state, render.failure_class) == (State.QUEUED, FailureClass.AUTH_OR_QUOTA)
    account.refresh_from_db()
    assert account.held_until_at is not None
    assert step(render).state == State.QUEUED, "a held account sends nothing"
    account.api_key, account.held_until_at = emulator.api_key, None
    account.save()
    assert run_until(render, DONE).failure_class == ""


def test_moderation_block_is_a_policy_failure_settled_by_the_accounts_rule(submit, fault, account):
    account.settlement = {FailureClass.POLICY_OUTPUT: "charge"}
    account.save()
    fault("moderation_block")
    render = run_until(submit(), State.FAILED)
    assert render.failure_class == FailureClass.POLICY_OUTPUT
    assert balance(render) == CHARGED
    fault("moderation_block")
    account.settlement = {}
    account.save()
    render = run_until(submit(), State.FAILED)
    assert balance(render) == GIVEN_BACK


def test_failed_job_gives_the_money_back(submit, fault):
    fault("fail", code="processing_error", message="raw words")
    render = run_until(submit(), State.FAILED)
    assert render.failure_class == FailureClass.RENDER_FAILED
    assert attempts(render)[0].error["message"] == "raw words"
    assert balance(render) == GIVEN_BACK


def test_lost_job_is_lost_only_when_confirmed(submit, fault):
    fault("lose")
    render = step(submit())
    assert render.state == State.RENDERING
    assert step(render).state == State.RENDERING
    assert step(render).state == State.RENDERING
    render = step(render)
    assert (render.state, render.failure_class) == (State.LOST, FailureClass.PROVIDER_LOST)
    assert slots() == 0


def test_stuck_job_ends_at_the_hard_limit(submit, fault, account):
    fault("stuck")
    render = step(submit())
    account.hard_limit_seconds = 0
    account.save()
    assert run_until(render, State.LOST).failure_class == FailureClass.PROVIDER_LOST


@pytest.mark.parametrize("text", ["NOT_START", "processing", "thinking hard"])
def test_unknown_status_means_still_running(submit, fault, text):
    fault("unknown_status", text=text)
    assert run_until(submit(), DONE).state == DONE


def test_foreign_word_for_done_is_done(submit, fault):
    fault("unknown_status", text="succeeded", phase="completed")
    assert run_until(submit(), DONE).state == DONE


def test_odd_progress_never_goes_backwards(submit, fault):
    fault("odd_progress", values=["NaN", 40, 250, 3, -5])
    fault("stuck")
    render = step(submit())
    seen = []
    for _ in range(6):
        render = step(render)
        seen.append(render.progress)
    assert seen == sorted(seen)
    assert 40 <= max(seen) <= 99


@pytest.mark.parametrize("with_length", [True, False])
def test_truncated_download_is_never_visible_and_is_fetched_again(
    submit, fault, emulator, own_staging, with_length
):
    fault("truncate", content_length=with_length)
    render = run_until(submit(), State.DOWNLOADING)
    render = step(render)
    assert (render.state, list(render.assets.all())) == (State.DOWNLOADING, [])
    render = run_until(render, DONE)
    assert render.asset("original").frames == 120
    assert len(invoiced(emulator, render)) == 1
    assert list(own_staging.iterdir()) == []


def test_json_instead_of_a_clip_is_refused_and_fetched_again(submit, fault):
    fault("malformed", variant="json", operation="content")
    render = step(run_until(submit(), State.DOWNLOADING))
    assert (render.state, list(render.assets.all())) == (State.DOWNLOADING, [])
    assert run_until(render, DONE).asset("original") is not None


def test_expired_content_is_a_loss_that_is_told_and_never_made_again(submit, fault, emulator):
    fault("expire", count=None)
    render = run_until(submit(), State.EXPIRED)
    assert render.failure_class == FailureClass.EXPIRED_BEFORE_DOWNLOAD
    assert balance(render) == CHARGED
    assert len(invoiced(emulator, render)) == 1


def test_missing_stills_of_the_provider_do_not_stop_the_clip(submit, fault):
    fault("status", status=500, operation="content", skip=1, count=2)
    render = run_until(submit(), State.IN_REVIEW)
    assert render.asset("provider_thumbnail") is None
    assert render.asset("poster") is not None


def test_full_disk_keeps_the_paid_clip_in_the_queue_until_there_is_room(submit, monkeypatch, own_staging):
    def no_room(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    render = run_until(submit(), State.DOWNLOADING)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "_into_place", no_room)
        for _ in range(fetch.MAX_TRIES + 2):
            render = step(render)
    assert (render.state, render.failure_class) == (State.DOWNLOADING, FailureClass.STORAGE_FAILED)
    assert list(own_staging.iterdir()) == []
    assert run_until(render, DONE).failure_class == ""


def test_render_that_kills_its_worker_is_set_aside(submit, monkeypatch):
    def die(*_args):
        raise SystemExit("out of memory")

    render = run_until(submit(), State.DOWNLOADING)
    with monkeypatch.context() as patch:
        patch.setattr(fetch, "_download", die)
        for _ in range(3):
            with pytest.raises(SystemExit):
                step(render)
        render = step(render)
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.QUARANTINED)


def test_worker_that_wakes_late_with_a_refusal_leaves_the_reservation_alone(
    submit, fault, emulator, monkeypatch, cast
):
    """It was refused, but its lease ran out: whoever has the take by then goes on with its money."""
    fault("status", status=400, operation="create")
    render = submit()
    really_post = submit_step._post

    def paused(sending):
        outcome = really_post(sending)
        with monkeypatch.context() as patch:
            patch.setattr(submit_step, "_post", really_post)
            assert step(render).state == State.RECONCILING
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(submit_step, "_post", paused)
        assert step(render).state == State.RECONCILING
    assert balance(render) == {"available": -PRICE, "reserved": PRICE}
    assert run_until(render, DONE).state == DONE
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}
    with cast.at():
        period = BudgetPeriod.objects.get()
    assert (period.reserved_microusd, period.posted_microusd) == (0, PRICE)


def test_list_that_cannot_be_read_for_hours_asks_a_person(submit, fault, emulator, monkeypatch):
    monkeypatch.setattr(reconcile, "UNREAD_FOR", timedelta(0))
    fault("accept_then_drop", operation="create")
    emulator.control.post(
        "/faults", json={"kind": "status", "status": 500, "operation": "list", "count": None}
    )
    render = run_until(submit(), State.NEEDS_HUMAN)
    emulator.control.delete("/faults")
    assert balance(render)["reserved"] == PRICE


def test_half_a_list_proves_nothing(submit, fault, emulator, monkeypatch):
    monkeypatch.setattr(reconcile, "MAX_PAGES", 0)
    fault("drop_before", operation="create")
    render = run_until(submit(), State.RECONCILING)
    for _ in range(4):
        render = step(render)
    assert (render.state, attempts(render)[0].absent_scans) == (State.RECONCILING, 0)


def test_half_a_list_that_shows_only_others_videos_proves_nothing(submit, fault, cast, monkeypatch):
    """The first page holds a video of the same words, which another take owns; the rest was not read."""
    run_until(submit(), DONE)
    fault("drop_before", operation="create")
    whole = VideosApi.list_videos
    monkeypatch.setattr(
        VideosApi, "list_videos", lambda self, after=None, limit=100: whole(self, after=after, limit=1)
    )
    monkeypatch.setattr(reconcile, "MAX_PAGES", 1)
    render = run_until(submit(), State.RECONCILING)
    for _ in range(4):
        render = step(render)
    assert (render.state, attempts(render)[0].absent_scans) == (State.RECONCILING, 0)


def test_paused_worker_that_wakes_late_changes_nothing(submit, emulator, monkeypatch, cast):
    """SIGSTOP in the middle of a create: the reconciler has found the video by the time the worker wakes."""
    render = submit()
    really_post = submit_step._post

    def paused(sending):
        outcome = really_post(sending)
        with monkeypatch.context() as patch:
            patch.setattr(submit_step, "_post", really_post)
            run_until(render, DONE)
        return outcome

    monkeypatch.setattr(submit_step, "_post", paused)
    assert step(render).state == DONE
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1
    with cast.at():
        period = BudgetPeriod.objects.get()
    assert (period.reserved_microusd, period.posted_microusd) == (0, PRICE)


def test_provider_copy_is_deleted_once_ours_is_verified(submit, emulator, cast):
    from django.db.models.functions import Now

    from renders.models import Attempt
    from renders.steps.forget import forget

    render = run_until(submit(), State.IN_REVIEW)
    [attempt] = attempts(render)
    assert attempt.provider_delete_at is not None
    with cast.at():
        Attempt.objects.update(provider_delete_at=Now())
    forget(render.org_id, attempt.pk)
    [attempt] = attempts(render)
    assert attempt.provider_deleted_at is not None
    paths = [r["path"] for r in emulator.control.get("/requests?method=DELETE").json()["requests"]]
    assert any(attempt.provider_video_id in path for path in paths)
