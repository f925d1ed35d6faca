"""Whose turn it is: weighted-fair across agencies, then clients; nobody starves, whoever picks."""

import random
import time
from collections import Counter
from fractions import Fraction

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from renders import turns
from renders.models import AgencyTurn, Attempt, ProviderAccount, QuotaWindow, Render
from renders.states import State
from renders.steps import submit as submit_step
from tenants.scope import org_transaction, platform_transaction
from tests.renders.pipeline import in_threads
from tests.renders.queues import agency, client, queue_up, unqueue

pytestmark = pytest.mark.django_db(transaction=True)


def serve(account):
    """One turn as the dispatcher takes it, but nothing is sent."""
    with transaction.atomic():
        turns.lock(account.pk)
        account.refresh_from_db()
        turn = turns.pick(account)
        if turn is not None:
            turns.served(account, turn)
    if turn is not None:
        unqueue(turn.render_id, turn.org_id)
    return turn


def test_lone_agency_is_served_within_two_turns_beside_ten_thousand(cast, account):
    """And finding that out costs the same few statements and no more time than one page."""
    queue_up(cast, account, cast.acme, 10_000)
    for _ in range(5):
        serve(account)
    harbour = client(cast, cast.rivalry, "Harbour")
    queue_up(cast, account, harbour)
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        account.refresh_from_db()
        begun = time.perf_counter()
        turns.pick(account)
        took = time.perf_counter() - begun
    assert len([q for q in asked if "WITH RECURSIVE" in q["sql"]]) == 1
    assert took < 0.25
    assert cast.rivalry.pk in [serve(account).org_id for _ in range(2)]


@pytest.mark.parametrize("seed", range(12))
def test_shares_follow_the_weights_whatever_comes_when(cast, account, seed):
    """The bound of start-time fair queueing: two agencies that both wait differ by no more than one take each.

    Takes come at random moments, in bursts, of several clients. A copy of the rule in whole numbers is the judge.
    """
    dice = random.Random(seed)
    people = {}
    for number in range(dice.randint(2, 4)):
        made = agency(cast, f"Agency{number}", weight=dice.choice([1, 1, 2, 3, 7]))
        people[made.pk] = (made, [client(cast, made, f"Client {n}") for n in range(dice.randint(1, 3))])
    waiting = Counter()
    since = {}  # (a, b) -> what both had been served when both began to wait
    served = Counter()

    def arrive():
        made, clients = people[dice.choice(list(people))]
        count = dice.randint(1, 6)
        queue_up(cast, account, dice.choice(clients), count)
        waiting[made.pk] += count

    for _ in range(3):
        arrive()
    for _ in range(60):
        if dice.random() < 0.2:
            arrive()
        both = {(a, b) for a in people for b in people if a != b and waiting[a] and waiting[b]}
        since = {pair: since.get(pair, (served[pair[0]], served[pair[1]])) for pair in both}
        turn = serve(account)
        if turn is None:
            assert not waiting.total()
            arrive()
            continue
        waiting[turn.org_id] -= 1
        served[turn.org_id] += 1
        for (a, b), (had_a, had_b) in since.items():
            weight_a, weight_b = people[a][0].dispatch_weight, people[b][0].dispatch_weight
            apart = Fraction(served[a] - had_a, weight_a) - Fraction(served[b] - had_b, weight_b)
            assert abs(apart) <= Fraction(1, weight_a) + Fraction(1, weight_b) + Fraction(1, 1000), (
                seed,
                apart,
            )


def test_clients_of_an_agency_take_turns_the_least_recently_served_first(cast, account):
    kettle = client(cast, cast.northlight, "Kettle")
    queue_up(cast, account, cast.acme, 6)
    queue_up(cast, account, kettle, 3)
    order = [serve(account).client_id for _ in range(9)]
    assert order[:6] == [cast.acme.pk, kettle.pk] * 3
    assert order[6:] == [cast.acme.pk] * 3


def test_weight_two_is_served_twice_as_often(cast, account):
    big = agency(cast, "Big", weight=2)
    queue_up(cast, account, client(cast, big, "One"), 20)
    queue_up(cast, account, cast.acme, 20)
    first = Counter(serve(account).org_id for _ in range(15))
    assert (first[big.pk], first[cast.northlight.pk]) == (10, 5)


def test_nobody_saves_turns_up(cast, account):
    """Rivalry had nothing to send while Northlight was served twenty times: it gets half from now on, not twenty."""
    queue_up(cast, account, cast.acme, 40)
    for _ in range(20):
        serve(account)
    queue_up(cast, account, client(cast, cast.rivalry, "Harbour"), 20)
    assert Counter(serve(account).org_id for _ in range(10))[cast.rivalry.pk] in {5, 6}


def test_workers_at_once_send_fairly_each_take_once(cast, account, emulator, brief):
    """Six connections, the real dispatcher, the real provider: any beginning of the sends is fair."""
    ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=1000)
    harbour = client(cast, cast.rivalry, "Harbour")
    for _ in range(14):  # each of a lane of its own
        queue_up(cast, account, cast.acme)
    for _ in range(7):
        queue_up(cast, account, harbour)

    def work(_number):
        while submit_step.dispatch(account.pk):
            pass

    in_threads(6, work)
    with platform_transaction("test"):
        sent = list(Attempt.objects.order_by("intent_at").values_list("org_id", "status"))
        assert Render.objects.filter(state=State.QUEUED).count() == 0
    assert len(sent) == 21
    # Both wait until each has been served seven times, give or take the one that was in another's hands.
    for length in range(1, 14):
        served = Counter(org for org, _status in sent[:length])
        assert abs(served[cast.northlight.pk] - served[cast.rivalry.pk]) <= 2, length
    account.refresh_from_db()
    assert account.turns == 21


def test_model_whose_quota_is_used_up_does_not_hold_the_others(cast, account, brief):
    first = queue_up(cast, account, cast.acme)[0]
    second = queue_up(cast, account, cast.acme)[0]
    with org_transaction(cast.northlight.pk):
        Render.objects.filter(pk=second.pk).update(model="sora-2-pro")
    QuotaWindow.objects.create(
        account=account, model="sora-2", limit=1, remaining=0, reset_at="2099-01-01T00:00Z"
    )
    assert submit_step.dispatch(account.pk)
    assert not submit_step.dispatch(account.pk)
    with org_transaction(cast.northlight.pk):
        assert Render.objects.get(pk=first.pk).state == State.QUEUED
        assert Render.objects.get(pk=second.pk).state == State.RENDERING


def test_takes_that_wait_for_their_lane_do_not_stand_in_front_of_others(cast, account, emulator):
    """An equal request is in doubt, and forty more of its kind are queued by whoever stands first in turn."""
    first, *others = queue_up(cast, account, cast.acme, 41)
    fault = {"kind": "accept_then_drop", "operation": "create", "prompt": first.brief.subject}
    emulator.control.post("/faults", json=fault).raise_for_status()
    assert submit_step.dispatch(account.pk)
    harbour = client(cast, cast.rivalry, "Harbour")
    [lone] = queue_up(cast, account, harbour)
    # The agency in front has to be asked first, or the others' kind would not be tried at all.
    AgencyTurn.objects.all().delete()
    assert submit_step.dispatch(account.pk)
    with org_transaction(cast.rivalry.pk):
        assert Render.objects.get(pk=lone.pk).state == State.RENDERING
    with cast.at():
        waiting = Render.objects.filter(pk__in=[take.pk for take in others])
        assert set(waiting.values_list("state", "waits_for_lane")) == {(State.QUEUED, True)}
