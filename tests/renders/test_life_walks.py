"""Any order of submits, steps, repeats, withdrawals, switches and provider's faults: states keep to the table, and in
the end the provider's invoice is what the ledger says.

LIFE_WALKS=2000 walks for longer than the suite does. A failing walk is printed, shortened.
"""

import itertools
import os
import time
import uuid

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from renders import pricing
from renders.actions.briefs import create_project, save_brief
from renders.actions.generation import AlreadySo, resume_generation, stop_generation
from renders.actions.renders import CannotCancel, abandon_render, cancel_render, submit_render
from renders.models import Attempt, BudgetPeriod, LedgerEntry, ProviderAccount, Render, RenderEvent
from renders.states import ALLOWED, IN_FLIGHT, WORKING, State
from renders.switch import GenerationStopped
from renders.tasks import ACTOR_FOR
from tenants.models import Agency
from tests.renders.pipeline import balance, fresh, invoiced, step

pytestmark = pytest.mark.django_db(transaction=True)
WALKS = int(os.environ.get("LIFE_WALKS", "4"))
FAULTS = (
    None,
    {"kind": "accept_then_drop", "operation": "create"},
    {"kind": "drop_before", "operation": "create"},
    {"kind": "status", "operation": "create", "status": 429, "headers": {"retry-after": "0"}},
    {"kind": "status", "operation": "create", "status": 400},
    {"kind": "malformed", "operation": "create"},
    {"kind": "malformed", "operation": "retrieve"},
    {"kind": "fail"},
    {"kind": "moderation_block"},
    {"kind": "odd_progress"},
    {"kind": "truncate"},
)
# Where nothing is left to do for this test: the clip is here, or there will be none.
_OPEN = (WORKING - {State.STORED}) | {State.HELD}


class Lives(RuleBasedStateMachine):
    """A few takes of one agency at the emulated provider."""

    cast = account = emulator = project = None  # set by the test
    takes = Bundle("takes")

    def __init__(self) -> None:
        super().__init__()
        self.mine: list[Render] = []

    @rule(target=takes, fault=st.sampled_from(FAULTS))
    def submit(self, fault):
        words = f"A lighthouse {uuid.uuid4().hex}"
        if fault:
            self.emulator.control.post("/faults", json={"prompt": words, **fault}).raise_for_status()
        choice = {"model": "sora-2", "size": "720x1280", "seconds": 4}
        with self.cast.at():
            brief = save_brief(
                project=self.project, title=words, texts={"subject": words}, by=self.cast.amara, **choice
            )
            price = pricing.quote(self.account, **choice).microusd
            is_stopped = Agency.objects.get(pk=self.cast.northlight.pk).is_stopped
            try:
                take = submit_render(brief=brief, submit_key=words, shown_microusd=price, by=self.cast.amara)
            except GenerationStopped:
                assert is_stopped
                return multiple()
            assert not is_stopped
        self.mine.append(take)
        return take

    @rule(take=takes)
    def work(self, take):
        """What a worker does next, if anything."""
        if fresh(take).state in ACTOR_FOR.keys() & _OPEN:
            step(take)

    @rule(take=takes, state=st.sampled_from(sorted(_OPEN & ACTOR_FOR.keys())))
    def late_message(self, take, state):
        """A message of another state, late or repeated, does nothing that is not due."""
        ACTOR_FOR[state].fn(str(take.org_id), str(take.pk))

    @rule(take=takes)
    def withdraw(self, take):
        for action in (cancel_render, abandon_render):
            with self.cast.at():
                try:
                    action(render=Render.objects.get(pk=take.pk), by=self.cast.amara)
                except CannotCancel:
                    continue
            return

    @rule(stops=st.booleans())
    def switch(self, stops):
        with self.cast.at():
            try:
                if stops:
                    stop_generation(agency=self.cast.northlight, reason="A walk", by=self.cast.sol)
                else:
                    resume_generation(agency=self.cast.northlight, by=self.cast.sol)
            except AlreadySo:
                return

    @invariant()
    def events_tell_one_way_along_the_table(self):
        with self.cast.at():
            for take in Render.objects.filter(pk__in=[t.pk for t in self.mine]):
                events = RenderEvent.objects.filter(render=take).order_by("version")
                way = list(events.values_list("source", "target"))
                assert take.state == (way[-1][1] if way else State.QUEUED), way
                assert all(before[1] == after[0] for before, after in itertools.pairwise(way)), way
                assert {pair for pair in way if pair[0]} <= ALLOWED, way
                assert (take.next_action_at is not None) >= (take.state in WORKING)

    @invariant()
    def slots_and_money_are_exact(self):
        with self.cast.at():
            flying = Render.objects.filter(state__in=IN_FLIGHT).count()
            assert ProviderAccount.objects.get(pk=self.account.pk).in_flight == flying
            held = Attempt.objects.filter(settled_microusd=None).exclude(budget_periods=[])
            reserved = held.aggregate(sum=Sum("reserved_microusd"))["sum"] or 0
            spent = Attempt.objects.aggregate(sum=Sum("settled_microusd"))["sum"] or 0
            for period in BudgetPeriod.objects.all():
                assert (period.reserved_microusd, period.posted_microusd) == (reserved, spent)
            books = dict(LedgerEntry.objects.values_list("book").annotate(Sum("amount_microusd")))
            assert (books.get("reserved", 0), books.get("spent", 0)) == (reserved, spent)
            assert sum(books.values()) == 0

    def teardown(self) -> None:
        """Work goes on to its end; then the provider's invoice is the witness."""
        self.switch(False)
        deadline = time.monotonic() + 60
        while still := [take for take in self.mine if fresh(take).state in _OPEN]:
            assert time.monotonic() < deadline, [fresh(take).state for take in still]
            for take in still:
                step(take)
            time.sleep(0.05)
        self.slots_and_money_are_exact()
        for take in self.mine:
            charged = invoiced(self.emulator, take)
            assert len(charged) <= 1, "it was made twice"
            assert balance(take).get("reserved", 0) == 0
            if fresh(take).state == State.STORED:
                assert balance(take)["spent"] == sum(line["cost_microusd"] for line in charged)


def test_any_walk_keeps_to_the_table_and_pays_once(cast, account, emulator):
    class Machine(Lives):
        pass

    with cast.at():
        Machine.project = create_project(client=cast.acme, name="Walks", by=cast.amara)
    Machine.cast, Machine.account, Machine.emulator = cast, account, emulator
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=WALKS, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
