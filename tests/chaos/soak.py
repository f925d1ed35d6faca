"""Round after round of renders under fire: whoever dies, and what fails beside it, is drawn by lot from one seed.

A cycle is one kill -9 and the recovery from it. After each round nothing is under way any more, and the books are
looked at.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from config.postgres.setup import BROKER_SCHEMA
from renders.models import Render
from tests.chaos.audit import Findings, audit
from tests.chaos.harness import Chaos
from tests.chaos.orders import ANYBODY
from tests.chaos.points import CROWD_POINTS, POINTS, Point

ROUND_SECONDS = 300
_BATCH = 48  # renders in a round, each on its way to a point
_STRIKES = 12  # by lot while they are under way

# What the provider does to some of them, beside what their points ask for.
_MISCHIEF: tuple[dict[str, Any], ...] = (
    {"kind": "webhook_duplicate", "times": 3},
    {"kind": "webhook_drop"},
    {"kind": "webhook_reorder", "hold_seconds": 2},
    {"kind": "webhook_forge", "variant": "signature"},
    {"kind": "webhook_forge", "variant": "stale"},
    {"kind": "delay", "operation": "create", "when": "after", "seconds": 1},
    {"kind": "accept_then_drop", "operation": "create"},
)


@dataclass
class Tally:
    """What was done, and what was found."""

    renders: int = 0
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)
    invoice_microusd: int = 0

    @property
    def cycles(self) -> int:
        """Kills that were recovered from."""
        return self.kills.total()

    def words(self) -> str:
        """For people: the last word on a run."""
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return (
            f"cycles {self.cycles} in {self.rounds} rounds of {self.renders} renders\n"
            f"kills: {kills}\nfaults: {faults}\n"
            f"{self.findings.counts()}\n"
            f"provider's invoice ${self.invoice_microusd / 1e6:.2f}, equal to the ledger: "
            f"{'no' if self.findings else 'yes'}"
        )


class Soak:
    """One run on one product."""

    def __init__(self, chaos: Chaos, seed: int, *, batch: int = _BATCH, strikes: int = _STRIKES) -> None:
        self.chaos = chaos
        self.batch = batch
        self.strikes = strikes
        self.dice = random.Random(seed)
        self.tally = Tally()
        self._points: list[Point] = []

    def run(self, cycles: int, tell: Callable[[str], None]) -> Tally:
        """Until so many kills are behind us, or something is found. Raises AssertionError if work does not end."""
        began = time.monotonic()
        while self.tally.cycles < cycles and not self.tally.findings:
            before = self.chaos.orders.carried_out()
            renders = self._round()
            self._count(self.chaos.orders.carried_out() - before)
            self.tally.findings = audit(self.chaos, renders)
            self.tally.renders += len(renders)
            self.tally.rounds += 1
            passed = time.monotonic() - began
            tell(f"{self.tally.cycles} cycles, {passed:.0f} s; {self.tally.findings.counts()}")
        self.tally.invoice_microusd = sum(line["cost_microusd"] for line in self.chaos.invoice())
        return self.tally

    def _round(self) -> list[Render]:
        renders = [self._submit() for _ in range(self.batch)]
        for point in self.dice.sample(CROWD_POINTS, 2):
            self.chaos.orders.give(point, ANYBODY)
        for _ in range(self.strikes):
            time.sleep(self.dice.uniform(0.2, 1.5))
            self._strike()
        self.chaos.wait(renders, ROUND_SECONDS)
        self.chaos.control.delete("/faults").raise_for_status()
        # Whoever came by another way never met its death.
        self.chaos.orders.withdraw()
        return renders

    def _submit(self) -> Render:
        """Points take turns in an order drawn by lot, so that none is left out."""
        if not self._points:
            self._points = self.dice.sample(POINTS, len(POINTS))
        point = self._points.pop()
        victim = "database" if self.dice.random() < 0.05 else ""
        if not point.faults and self.dice.random() < 0.3:
            fault = self.dice.choice(_MISCHIEF)
            self.tally.faults[fault["kind"]] += 1
            point = Point(point.name, point.first, (fault,))
        for fault in point.faults:
            self.tally.faults[fault["kind"]] += 1
        return self.chaos.submit_to(point, victim=victim)

    def _strike(self) -> None:
        """Somebody is killed, or a way is broken."""
        strikes = (self._kill, self._cut, self._halve, self._shut, self._hold, self._flush)
        self.dice.choices(strikes, weights=(5, 2, 2, 1, 1, 1))[0]()

    def _kill(self) -> None:
        self.tally.kills[f"{self.chaos.kill_somebody(self.dice)} by lot"] += 1

    def _cut(self) -> None:
        name, gate = self._way()
        gate.cut()
        self.tally.faults[f"{name} cut"] += 1

    def _halve(self) -> None:
        name, gate = self._way()
        gate.halve()
        self.tally.faults[f"{name} answer halved"] += 1

    def _shut(self) -> None:
        name, gate = self._way()
        gate.shut()
        time.sleep(self.dice.uniform(0.2, 1.5))
        gate.open()
        self.tally.faults[f"{name} shut"] += 1

    def _hold(self) -> None:
        name, gate = self._way()
        gate.hold()
        time.sleep(self.dice.uniform(0.5, 3))
        gate.flow()
        self.tally.faults[f"{name} silent"] += 1

    def _flush(self) -> None:
        self.tally.faults["messages deleted"] += self.chaos.flush_broker(BROKER_SCHEMA)

    def _way(self) -> tuple[str, Any]:
        return self.dice.choice(sorted(self.chaos.gates.items()))

    def _count(self, carried_out: Counter[str]) -> None:
        for point, count in carried_out.items():
            victim, _, name = point.rpartition(":")
            step = name.partition(".")[0]
            process = victim or {"hook": "web", "sweep": "sweep"}.get(step, "worker")
            self.tally.kills[f"{process} at {step}"] += count
