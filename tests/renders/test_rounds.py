"""Polling: one listing for everything in flight, nothing while webhooks arrive, and a net under both."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from renders import pace, rhythm
from renders.models import InboundEvent, Pace, ProviderAccount, Render
from renders.states import State
from renders.steps import rounds
from renders.steps.poll import poll
from renders.sweep import Sweep
from tenants.scope import org_transaction, platform_transaction
from tests.renders.pipeline import attempts, fresh, in_threads, run_until, wait_until_made
from tests.renders.queues import queue_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def calls(emulator):
    """calls("list"): how many of an operation were made since the test began to count."""
    emulator.control.delete("/requests")

    def count(operation):
        return emulator.control.get(f"/requests?operation={operation}").json()["count"]

    count.begin = lambda: emulator.control.delete("/requests")
    return count


@pytest.fixture
def flying(cast, account, emulator, brief):
    """flying(3): so many takes at the provider, which will not be done by themselves."""

    def send(count, kind="stuck"):
        ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=200)
        emulator.control.post("/faults", json={"kind": kind, "operation": "submit", "count": count})
        return [run_until(queue_up(cast, account, cast.acme)[0], State.RENDERING) for _ in range(count)]

    yield send
    emulator.control.delete("/faults")


def look(account, *, age=None):
    """A round that is due, at takes of this age."""
    if age is not None:
        for org_id in set(account_orgs(account)):
            age_all(org_id, age)
    ProviderAccount.objects.filter(pk=account.pk).update(poll_at=Now())
    return rounds.look(account.pk)


def account_orgs(account):
    with platform_transaction("test"):
        return list(Render.objects.filter(account=account).values_list("org_id", flat=True))


def age_all(org_id, seconds):
    with org_transaction(org_id):
        Render.objects.filter(state=State.RENDERING).update(
            state_at=timezone.now() - timedelta(seconds=seconds)
        )


def wait_until_done(emulator, render):
    [attempt] = attempts(render)
    wait_until_made(emulator, attempt.provider_video_id)


def test_one_listing_serves_all_and_a_get_decides_only_what_ended(
    flying, cast, account, submit, calls, emulator
):
    flying(12)
    done = run_until(submit(), State.RENDERING)
    wait_until_done(emulator, done)
    calls.begin()
    assert look(account) == [(done.org_id, done.pk)]
    assert (calls("list"), calls("retrieve")) == (1, 0)
    assert poll(done.org_id, done.pk)
    assert (calls("list"), calls("retrieve")) == (1, 1)


def test_unchanged_renders_are_not_written(flying, account):
    flying(6)
    look(account)
    ProviderAccount.objects.filter(pk=account.pk).update(poll_at=Now())
    with CaptureQueriesContext(connection) as asked:
        assert rounds.look(account.pk) == []
    written = [q["sql"] for q in asked if q["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    assert len(written) == 2, written
    assert all("renders_provideraccount" in sql for sql in written)


def test_two_sweeps_and_many_workers_make_one_round(flying, account, calls):
    flying(3)
    calls.begin()
    ProviderAccount.objects.filter(pk=account.pk).update(poll_at=Now())
    in_threads(6, lambda _n: len(rounds.look(account.pk)))
    assert calls("list") == 1


def test_sweep_rings_for_accounts_not_for_renders(flying, account, jobs):
    flying(5)
    jobs.clear()
    ProviderAccount.objects.filter(pk=account.pk).update(poll_at=Now())
    Sweep().once()
    rung = [job for job in jobs.waiting() if job[0] in {"look", "poll"}]
    assert rung == [("look", (account.pk,))]


def test_nobody_asks_while_webhooks_arrive_and_a_lost_one_is_noticed_in_its_time(
    flying, account, calls, emulator
):
    """Not before LATE_UNLEARNED seconds; then polling takes over, since webhooks cannot be relied on."""
    [_render] = flying(1)
    ProviderAccount.objects.filter(pk=account.pk).update(webhook_at=Now())
    calls.begin()
    for age in (1, 30, rhythm.LATE_UNLEARNED - 2):
        assert look(account, age=age) == []
    assert calls("list") == calls("retrieve") == 0
    assert look(account, age=rhythm.LATE_UNLEARNED + 1) == []
    assert calls("list") == 1


def test_missed_webhook_makes_polling_take_over_for_a_while(submit, account, calls, emulator):
    render = run_until(submit(), State.RENDERING)
    wait_until_done(emulator, render)
    ProviderAccount.objects.filter(pk=account.pk).update(webhook_at=Now())
    InboundEvent.objects.all().delete()
    assert look(account, age=rhythm.LATE_UNLEARNED + 1) == [(render.org_id, render.pk)]
    poll(render.org_id, render.pk)
    account.refresh_from_db()
    assert account.webhook_missed_at is not None
    assert not rhythm.trusts_webhooks(account, timezone.now())
    assert rhythm.trusts_webhooks(account, timezone.now() + rhythm.DISTRUST_FOR + timedelta(seconds=5))


def test_learned_duration_keeps_from_asking_too_early(flying, account, calls):
    [render] = flying(1)
    Pace.objects.create(
        account=account, model=render.model, size=render.size, seconds=render.seconds, latest=[100.0] * 20
    )
    calls.begin()
    look(account, age=60)
    assert calls("list") == 0
    look(account, age=85)
    assert calls("list") == 1


def test_every_clip_teaches_how_long_its_kind_takes(submit, account):
    render = run_until(submit(), State.IN_REVIEW)
    row = Pace.objects.get()
    assert (row.model, row.size, row.seconds) == (render.model, render.size, render.seconds)
    assert len(row.latest) == 1
    for _ in range(60):
        pace.learn(render, 30.0)
    assert Pace.objects.get().latest == [30.0] * Pace.KEPT
    assert pace.usual(account.pk)[render.model, render.size, render.seconds].middle == 30.0


def test_list_that_fails_is_asked_ever_more_seldom_and_then_each_alone(flying, account, calls, emulator):
    renders = flying(3)
    emulator.control.post(
        "/faults", json={"kind": "status", "status": 500, "operation": "list", "count": None}
    )
    waits = []
    for number in range(1, 5):
        rung = look(account)
        account.refresh_from_db()
        waits.append((account.poll_at - timezone.now()).total_seconds())
        assert account.failed_rounds == number
        assert len(rung) == (0 if number < rounds.ALONE_AFTER else 3)
    assert waits == sorted(waits)
    emulator.control.delete("/faults")
    assert look(account) == []
    account.refresh_from_db()
    assert account.failed_rounds == 0
    assert {fresh(r).state for r in renders} == {State.RENDERING}


def _die(*_arguments):
    raise SystemExit


def test_worker_that_dies_in_a_round_costs_time_only(flying, account, calls, monkeypatch):
    flying(2)
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "_sort", _die)
        with pytest.raises(SystemExit):
            look(account)
    account.refresh_from_db()
    assert 0 < (account.poll_at - timezone.now()).total_seconds() <= rounds.LEASE_SECONDS
    calls.begin()
    assert look(account) == []
    assert calls("list") == 1


def test_video_that_the_list_lacks_is_asked_for_and_lost_when_it_is_confirmed(flying, account):
    [render] = flying(1, kind="lose")
    for _ in range(3):
        assert look(account, age=30) == [(render.org_id, render.pk)]
        poll(render.org_id, render.pk)
    assert fresh(render).state == State.LOST


@pytest.mark.parametrize("age", [0.0, 1.0, 7.0, 20.0, 300.0, 86_400.0])
def test_looks_come_ever_more_seldom_within_bounds_and_out_of_step(age):
    pauses = {rhythm.pause(age) for _ in range(200)}
    assert len(pauses) > 100, "no jitter"
    assert all(0.84 * rhythm.FIRST <= p <= 1.16 * rhythm.LONGEST for p in pauses)
    assert max(pauses) <= 1.4 * rhythm.pause(age + 100)
