"""A take that is moved at the very moment in which it is sent: one of the two happens, and the money is exact. E32."""

import uuid

import pytest

from renders.actions.accounts import set_up_account
from renders.actions.retargeting import retarget_waiting
from renders.models import BudgetPeriod, PriceRow, ProviderAccount
from renders.states import State
from renders.steps.submit import submit as submit_step
from tests.renders.pipeline import attempts, balance, fresh, in_threads, invoiced, make_due, run_until

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = 400_000, 200_000


@pytest.fixture
def other(account, emulator):
    made = set_up_account(
        slug="next", name="Next", base_url=emulator.url, api_key=emulator.api_key, webhook_secrets=[],
        list_grace_seconds=1,
    )  # fmt: skip
    PriceRow.objects.filter(account=made).update(microusd_per_second=50_000)
    return made


def move_all(cast, account, other):
    with cast.at():
        return retarget_waiting(source=account, target=other, reason="It ends", by=cast.sol)


def test_moved_take_is_rendered_there_and_paid_at_its_price(submit, cast, account, other, emulator):
    render = submit()
    assert move_all(cast, account, other).count == 1
    render = run_until(render, State.IN_REVIEW)
    first, second = attempts(render)
    assert (first.account_id, second.account_id) == (account.pk, other.pk)
    assert len(invoiced(emulator, render)) == 1
    assert balance(render) == {"available": -THERE, "reserved": 0, "spent": THERE}
    assert set(ProviderAccount.objects.values_list("in_flight", flat=True)) == {0}


def test_move_and_send_at_once_end_in_one_charge_and_one_reservation(submit, cast, account, other, emulator):
    moved = 0
    for number in range(1, 7):
        render = submit(key=uuid.uuid4().hex)
        make_due(render)
        jobs = (
            lambda: move_all(cast, account, other).count,
            lambda r=render: submit_step(r.org_id, r.pk) and 0,
        )
        done = in_threads(2, lambda which, jobs=jobs: jobs[which]())
        assert done.total() == 2  # nobody fell over
        now = fresh(render)
        moved += now.account_id == other.pk
        open_ = [a for a in attempts(render) if a.settled_microusd is None]
        assert len(open_) == 1
        assert open_[0].account_id == now.account_id
        price = THERE if now.account_id == other.pk else HERE
        assert balance(render)["reserved"] == price == now.quoted_microusd
        render = run_until(render, State.STORED, State.IN_REVIEW)
        # One for each take so far: they are of one brief, and so of one prompt.
        assert len(invoiced(emulator, render)) == number
        assert balance(render)["spent"] == price
    with cast.at():
        assert BudgetPeriod.objects.get().reserved_microusd == 0
    assert 0 <= moved <= 6
