"""Any sequence of reservations, settlements and new budgets leaves the books as a few lines of arithmetic say.

LEDGER_WALKS=20000 walks for longer than the suite does. A failing walk is printed, shortened.
"""

import os
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from renders import ledger, pricing
from renders.actions.budgets import set_budget
from renders.models import Attempt, Book, Budget, BudgetPeriod, LedgerEntry, Level, Project
from renders.states import State
from tenants.models import Client
from tests import factories

pytestmark = pytest.mark.django_db
WALKS = int(os.environ.get("LEDGER_WALKS", "30"))
CENTS = st.integers(1, 500).map(lambda cents: cents * 10_000)


@dataclass
class Told:
    """What the oracle remembers of one attempt."""

    project: str
    reserved: int
    settled: int | None = None
    scopes: set[tuple[str, str, str]] = field(default_factory=set)


class Books(RuleBasedStateMachine):
    """The ledger and an oracle side by side. `scope`: (level, name of the client or project, period)."""

    cast = None  # set by the test
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.scope = self.cast.at()
        self.scope.__enter__()
        other = Client.objects.create(name="Zenith")
        self.clients = {"acme": self.cast.acme, "zenith": other}
        self.projects = {
            name: Project.objects.create(client=self.clients[client], name=name)
            for name, client in (("spring", "acme"), ("autumn", "acme"), ("launch", "zenith"))
        }
        [(period, limit)] = Budget.objects.values_list("period", "limit_microusd")
        self.limits: dict[tuple[str, str, str], int] = {(Level.AGENCY.value, "", period): limit}
        self.told: dict[object, Told] = {}

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @rule(
        where=st.sampled_from(
            [(Level.AGENCY, "")]
            + [(Level.CLIENT, name) for name in ("acme", "zenith")]
            + [(Level.PROJECT, name) for name in ("spring", "autumn", "launch")]
        ),
        period=st.sampled_from(["month", "total"]),
        limit=st.integers(0, 3_000).map(lambda cents: cents * 10_000),
    )
    def budget(self, where, period, limit):
        level, name = where
        set_budget(
            limit_microusd=limit,
            by=self.cast.amara,
            period=period,
            client=self.clients.get(name) if level == Level.CLIENT else None,
            project=self.projects.get(name) if level == Level.PROJECT else None,
        )
        scope = (str(level), name, period)
        if scope not in self.limits:
            for told in self.told.values():
                if self._binds(scope, told.project):
                    told.scopes.add(scope)
        self.limits[scope] = limit

    @rule(target=held, project=st.sampled_from(["spring", "autumn", "launch"]), price=CENTS)
    def reserve(self, project, price):
        scopes = {scope for scope in self.limits if self._binds(scope, project)}
        has_agency = any(level == Level.AGENCY for level, _name, _period in scopes)
        fits = has_agency and all(self._used(s) + price <= self.limits[s] for s in scopes)
        attempt = self._attempt(project, price)
        try:
            with transaction.atomic():
                ledger.reserve(attempt)
        except ledger.BudgetExceeded:
            assert not fits, "there was room for it under every budget"
            attempt.delete()
            return None
        assert fits, "it passes a budget"
        self.told[attempt.pk] = Told(project, price, scopes=scopes)
        return attempt.pk

    @rule(pk=held, cost=st.one_of(st.just(0), CENTS))
    def settle(self, pk, cost):
        """Once; a second one changes nothing, whatever it costs."""
        if pk is None:
            return
        first = self.told[pk].settled is None
        assert ledger.settle(Attempt.objects.get(pk=pk), cost_microusd=cost) == first
        if first:
            self.told[pk].settled = cost

    @rule(target=held, pk=consumes(held))
    def replace(self, pk):
        """Proved never accepted: another attempt carries the reservation."""
        if pk is None or self.told[pk].settled is not None:
            return pk
        old, told = Attempt.objects.get(pk=pk), self.told[pk]
        new = Attempt.objects.create(
            render=old.render,
            number=old.number + 1,
            account=old.account,
            reserved_microusd=old.reserved_microusd,
            reserved_on=old.reserved_on,
        )
        ledger.carry_over(old, new)
        self.told[new.pk] = Told(told.project, told.reserved, scopes=set(told.scopes))
        told.settled = 0
        return new.pk

    @invariant()
    def periods_are_what_arithmetic_says(self):
        rows = {self._scope_of(p): p for p in BudgetPeriod.objects.select_related("budget")}
        for scope in self.limits:
            mine = [told for told in self.told.values() if scope in told.scopes]
            row = rows.get(scope)
            found = (row.reserved_microusd, row.posted_microusd) if row else (0, 0)
            assert found == (
                sum(t.reserved for t in mine if t.settled is None),
                sum(t.settled or 0 for t in mine),
            ), scope

    @invariant()
    def entries_balance_and_replay_to_the_sums(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        books = dict(LedgerEntry.objects.values_list("book").annotate(Sum("amount_microusd")))
        assert books.get(Book.RESERVED, 0) == sum(t.reserved for t in self.told.values() if t.settled is None)
        assert books.get(Book.SPENT, 0) == sum(t.settled or 0 for t in self.told.values())
        assert sum(books.values()) == 0

    def _attempt(self, project: str, price: int) -> Attempt:
        of = factories.brief(self.cast, title=project)
        of.project = self.projects[project]
        of.save()
        take = factories.take(self.cast, State.QUEUED, brief=of, files=False)
        return Attempt.objects.create(
            render=take, number=1, account=take.account, reserved_microusd=price, reserved_on=pricing.today()
        )

    def _binds(self, scope: tuple[str, str, str], project: str) -> bool:
        level, name, _period = scope
        if level == Level.PROJECT:
            return name == project
        return level == Level.AGENCY or self.projects[project].client == self.clients[name]

    def _used(self, scope: tuple[str, str, str]) -> int:
        mine = [told for told in self.told.values() if scope in told.scopes]
        return sum(told.reserved if told.settled is None else told.settled for told in mine)

    def _scope_of(self, row: BudgetPeriod) -> tuple[str, str, str]:
        budget = row.budget
        named = {**{c.pk: n for n, c in self.clients.items()}, **{p.pk: n for n, p in self.projects.items()}}
        return (budget.level, named.get(budget.client_id or budget.project_id, ""), budget.period)


def test_any_walk_leaves_the_books_as_arithmetic_says(cast):
    class Machine(Books):
        pass

    Machine.cast = cast
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
        ),
    )
