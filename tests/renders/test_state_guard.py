"""The database itself refuses what the table of transitions does not name."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from renders.models import Render
from renders.state_guard import FUNCTION, function_sql
from renders.states import ALLOWED, TERMINAL, State
from tests import factories
from tests.walks import asked_of

pytestmark = pytest.mark.django_db


def _goes(row, target):
    """Whether the database lets the row go there; what else the state asks of a row is given to it."""
    try:
        with transaction.atomic():
            row.update(state=target, **asked_of(target))
            transaction.set_rollback(True)
    except IntegrityError as error:
        return "cannot go" not in str(error)
    return True


@pytest.mark.parametrize("source", list(State))
def test_every_pair_that_is_not_in_the_table_is_refused(cast, source):
    with cast.at():
        take = factories.take(cast, source, files=False, paused_for=asked_of(source)["paused_for"])
        row = Render.objects.filter(pk=take.pk)
        passed = {(source.value, target.value) for target in State if _goes(row, target)}
    assert passed == {pair for pair in ALLOWED if pair[0] == source} | {(source.value, source.value)}


def test_terminal_states_are_frozen():
    assert {source for source, _target in ALLOWED}.isdisjoint(state.value for state in TERMINAL)


def test_database_holds_the_table_of_the_code():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [FUNCTION])
        [(source,)] = cursor.fetchall()
    assert source.strip() in function_sql()
    known = [f"('{a}', '{b}')" in source for a, b in itertools.product(State.values, repeat=2)]
    assert sum(known) == len(ALLOWED)
