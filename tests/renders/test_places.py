"""The place that a page tells is the one at which a take is really sent."""

import random

import pytest

from renders.models import Render
from renders.places import places
from tenants.scope import org_transaction
from tests.renders.queues import agency, client, queue_up
from tests.renders.test_turns import serve

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("seed", range(6))
def test_place_is_where_it_is_sent(cast, account, seed):
    """Among agencies of different shares and with several clients each; off by no more than one for each agency."""
    dice = random.Random(seed)
    people = []
    for number in range(3):
        made = agency(cast, f"Agency{number}", weight=dice.choice([1, 2, 5]))
        people += [client(cast, made, f"Client {n}") for n in range(dice.randint(1, 2))]
    for of in dice.sample(people, len(people)):
        queue_up(cast, account, of, dice.randint(1, 7))
    for _ in range(dice.randint(0, 5)):
        serve(account)
    account.refresh_from_db()
    told = {}
    for of in people:
        with org_transaction(of.org_id):
            told |= places(Render.objects.select_related("account").filter(state="queued"))
    number = 0
    while (turn := serve(account)) is not None:
        number += 1
        assert abs(told[turn.render_id] - number) <= 3, (seed, number)
    assert number == len(told)
