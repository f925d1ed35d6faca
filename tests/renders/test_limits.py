"""What a provider lets through: its own headers, its 429s, and the breaker that takes an ailing account out of use."""

from datetime import timedelta

import httpx
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from renders import breaker, quota, reading
from renders.models import AccountAlert, BreakerTrip, ProviderAccount, QuotaWindow, Render
from renders.providers.headers import limits_of, retry_after
from renders.providers.port import Limits
from renders.states import FailureClass, State
from renders.steps import submit as submit_step
from tenants.scope import org_transaction
from tests.renders.pipeline import attempts, balance, fresh, in_threads, invoiced, make_due, run_until, step
from tests.renders.queues import queue_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rates(emulator):
    """rates({"sora-2": 3}, seconds=60): the provider's own quotas of creates."""

    def set_(creates, seconds=60):
        emulator.control.post("/rates", json={"creates": creates, "seconds": seconds}).raise_for_status()

    yield set_
    set_({})


def creates(emulator, status=None):
    found = emulator.control.get("/requests?operation=create").json()["requests"]
    return [r for r in found if status is None or r["status"] == status]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25), ("8s", 8), ("1m30s", 90), ("6m0s", 360), ("1h2m3.5s", 3723.5), ("12", 12), ("1d", 86400),
        ("", None), ("soon", None), ("-3s", None), ("9" * 40, None), ("²s", None),
    ],
)  # fmt: skip
def test_reset_is_read_in_every_spelling(text, seconds):
    assert (
        limits_of(httpx.Headers({"x-ratelimit-reset-requests": text} if text.isascii() else {})).reset_seconds
        == seconds
    )


def test_headers_that_make_no_sense_say_nothing():
    odd = {"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "-1"}
    assert limits_of(httpx.Headers(odd)) == Limits()


def test_retry_after_may_be_a_date():
    when = (timezone.now() + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert 85 < retry_after(httpx.Headers({"retry-after": when})) < 91
    assert retry_after(httpx.Headers({"retry-after": "soon"})) is None


def test_live_headers_decide_and_every_worker_knows(cast, account, emulator, brief, rates):
    """E20, E21: no number of ours. Four workers send what the provider lets through, and not one request more."""
    rates({"sora-2": 3})
    ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=100)
    renders = [queue_up(cast, account, cast.acme)[0] for _ in range(9)]
    emulator.control.delete("/requests")
    assert submit_step.dispatch(account.pk)  # the first answer tells how many may follow
    in_threads(4, lambda _n: sum(submit_step.dispatch(account.pk) for _ in range(3)))
    assert len(creates(emulator)) == 3
    assert creates(emulator, 429) == []
    row = QuotaWindow.objects.get()
    assert (row.model, row.limit, row.remaining) == ("sora-2", 3, 0)
    assert 50 < (row.reset_at - timezone.now()).total_seconds() <= 61
    assert [fresh(r).state for r in renders].count(State.QUEUED) == 6
    # Its time has come: one goes ahead and is told that no more may follow.
    QuotaWindow.objects.update(reset_at=Now())
    rates({"sora-2": 1})
    assert submit_step.dispatch(account.pk)
    assert not submit_step.dispatch(account.pk)


def test_each_model_has_a_quota_of_its_own(cast, account, emulator, brief, rates):
    rates({"sora-2": 100, "sora-2-pro": 1})
    for model in ("sora-2", "sora-2-pro", "sora-2-pro"):
        [row] = queue_up(cast, account, cast.acme)
        with org_transaction(row.org_id):
            Render.objects.filter(pk=row.pk).update(model=model)
    emulator.control.delete("/requests")
    while submit_step.dispatch(account.pk):
        pass
    limits = dict(QuotaWindow.objects.values_list("model", "limit"))
    assert limits == {"sora-2": 100, "sora-2-pro": 1}
    assert len(creates(emulator)) == 2


def test_answer_that_comes_late_counts_what_went_out_since(account):
    window = QuotaWindow.objects.create(
        account=account, model="sora-2", limit=10, remaining=10, reset_at=Now()
    )
    tickets = []
    for _ in range(3):
        window.refresh_from_db()
        tickets.append(quota.take(account.pk, "sora-2", window))
    quota.learn(tickets[0], Limits(10, 9, 60.0))
    window.refresh_from_db()
    assert window.remaining == 7  # two are on their way, and not in the 9
    quota.learn(tickets[2], Limits(10, 7, 60.0))
    window.refresh_from_db()
    assert window.remaining == 7


def test_429_delays_every_take_of_the_model_and_none_fails(submit, cast, account, fault, emulator):
    fault("status", status=429, headers={"retry-after": "7"}, operation="create")
    first, second = submit(), queue_up(cast, account, cast.acme)[0]
    first = step(first)
    assert (first.state, first.failure_class, first.retry_count) == (
        State.QUEUED,
        FailureClass.RATE_LIMITED,
        0,
    )
    wait = (first.delayed_until_at - timezone.now()).total_seconds()
    assert 6 < wait < 7 * (1 + quota.JITTER) + 0.1
    make_due(second)
    assert not submit_step.dispatch(account.pk)
    assert fresh(second).state == State.QUEUED
    QuotaWindow.objects.update(blocked_until_at=Now())
    assert submit_step.dispatch(account.pk)


def test_storm_of_429s_is_never_a_failure(submit, fault):
    """Fault 21: as often as it is told to wait, it waits."""
    fault("status", status=429, headers={"retry-after": "1"}, operation="create", count=12)
    render = submit()
    for _ in range(12):
        QuotaWindow.objects.update(blocked_until_at=Now())
        render = step(render)
        assert (render.state, render.retry_count) == (State.QUEUED, 0)
    QuotaWindow.objects.update(blocked_until_at=Now())
    assert step(render).state == State.RENDERING


@pytest.fixture
def out_of_reach(account):
    """Nobody listens at the account's address."""

    really = account.base_url

    def set_(is_out):
        address = "http://127.0.0.1:9/v1" if is_out else really
        ProviderAccount.objects.filter(pk=account.pk).update(base_url=address)

    return set_


def test_retries_are_capped_and_wait_ever_longer(submit, account, out_of_reach, monkeypatch):
    """E19: three by default, after 2, 4 and 8 seconds; then it ends in words and its price is given back."""
    monkeypatch.setattr(breaker, "LIMIT", 1000)
    out_of_reach(True)
    render = submit()
    assert reading.retries(render) == ""
    for number, wait in enumerate((2, 4, 8), start=1):
        render = step(render)
        assert f"retry {number} of 3 is next, {3 - number} left after it" in reading.retries(render)
        assert (render.state, render.failure_class) == (State.QUEUED, FailureClass.UNREACHABLE)
        assert wait - 1 < (render.next_action_at - timezone.now()).total_seconds() < wait + 1
    render = step(render)
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.UNREACHABLE)
    assert "It was tried 4 times" in reading.retries(render)
    assert balance(render)["reserved"] == 0


def test_number_of_retries_is_the_accounts(submit, account, out_of_reach):
    ProviderAccount.objects.filter(pk=account.pk).update(max_retries=0)
    out_of_reach(True)
    assert step(submit()).state == State.FAILED


def test_breaker_opens_holds_what_waits_and_closes_by_one_probe(cast, account, brief, out_of_reach, emulator):
    """An outage costs no take: what waits is not tried, and the probe's own failures end nothing."""
    out_of_reach(True)
    renders = [queue_up(cast, account, cast.acme)[0] for _ in range(breaker.LIMIT + 2)]
    for _ in range(breaker.LIMIT):
        assert submit_step.dispatch(account.pk)
    account.refresh_from_db()
    assert account.broken_at is not None
    assert 0 < (account.probe_at - timezone.now()).total_seconds() < breaker.FIRST_PAUSE * 1.2
    assert "cannot be reached" in BreakerTrip.objects.get().reason
    assert "nothing more is sent" in AccountAlert.objects.get().text
    for render in renders:
        make_due(render)
    assert not submit_step.dispatch(account.pk)
    for _ in range(6):  # more probes than a take has tries
        ProviderAccount.objects.filter(pk=account.pk).update(probe_at=Now())
        for render in renders:
            make_due(render)
        assert submit_step.dispatch(account.pk)
        assert not submit_step.dispatch(account.pk), "a second request beside the probe"
    account.refresh_from_db()
    assert (account.probe_at - timezone.now()).total_seconds() > breaker.LONGEST_PAUSE * 0.8
    assert {fresh(r).state for r in renders} == {State.QUEUED}
    out_of_reach(False)
    ProviderAccount.objects.filter(pk=account.pk).update(probe_at=Now())
    for render in renders:
        make_due(render)
    while submit_step.dispatch(account.pk):
        for render in renders:
            make_due(render)
    account.refresh_from_db()
    assert (account.broken_at, account.failed_creates, account.failed_probes) == (None, 0, 0)
    assert BreakerTrip.objects.get().closed_at is not None
    assert [len(invoiced(emulator, r)) for r in renders].count(1) >= account.max_in_flight


def test_half_open_lets_one_probe_through_however_many_ask(cast, account, brief, out_of_reach):
    out_of_reach(True)
    for _ in range(8):
        queue_up(cast, account, cast.acme)
    ProviderAccount.objects.filter(pk=account.pk).update(
        broken_at=Now(), broken_reason="It does not answer", probe_at=Now()
    )
    assert in_threads(6, lambda _n: submit_step.dispatch(account.pk)) == {True: 1, False: 5}


def test_breaker_never_sends_again_what_may_have_been_accepted(cast, account, brief, emulator, fault):
    """Every create is accepted and its reply lost: five are in doubt, each is found once, none is paid twice."""
    emulator.control.post(
        "/faults", json={"kind": "accept_then_drop", "operation": "create", "count": breaker.LIMIT}
    ).raise_for_status()
    ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=50)
    renders = [queue_up(cast, account, cast.acme)[0] for _ in range(breaker.LIMIT + 1)]
    for _ in range(breaker.LIMIT):
        assert submit_step.dispatch(account.pk)
    assert not submit_step.dispatch(account.pk)
    doubtful = [r for r in renders if fresh(r).state == State.RECONCILING]
    assert len(doubtful) == breaker.LIMIT
    for render in doubtful:
        render = run_until(render, State.IN_REVIEW)
        assert len(attempts(render)) == len(invoiced(emulator, render)) == 1


def test_probe_that_was_withheld_is_given_back(account, submit, cast, monkeypatch):
    from renders.providers.errors import Withheld

    ProviderAccount.objects.filter(pk=account.pk).update(
        broken_at=Now(), broken_reason="It does not answer", probe_at=Now()
    )
    monkeypatch.setattr(submit_step, "_post", lambda _sending: Withheld("switched off"))
    step(submit())
    account.refresh_from_db()
    assert account.probe_at <= timezone.now() + timedelta(seconds=1)
    assert account.failed_probes == 0
