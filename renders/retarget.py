"""What would become of takes and briefs at another provider account. Reads and judges; nothing is changed by it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from renders import pricing
from renders.models import ModelOffer, ProviderAccount
from renders.states import Kind


@dataclass(frozen=True)
class Verdict:
    """How one choice fares at the other account. `microusd`: the price there, of one; None when there is none.

    `changes`: what would be another one, in words; `missing`: why it cannot go there at all.
    """

    model: str = ""
    size: str = ""
    seconds: int = 0
    microusd: int | None = None
    changes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        """Whether it can go as it is."""
        return not self.changes and not self.missing


def judge(target: ProviderAccount, *, kind: str, model: str, size: str, seconds: int) -> Verdict:
    """The nearest that the target can make of this choice, and what that costs. Uses a prefetch of offers."""
    missing = _missing_operation(target, kind)
    offer = _nearest_offer(target, model, size)
    if offer is None:
        return Verdict(missing=[*missing, f"{target.name} offers no model."])
    new_size = size if size in offer.sizes else pricing.nearest_size(size, offer.sizes)
    new_seconds = seconds
    if kind == Kind.CREATE and seconds not in offer.seconds:
        new_seconds = min(offer.seconds, key=lambda other: (abs(other - seconds), other))
    changes = []
    if offer.model != model:
        changes.append(f"model {offer.label} instead of {model}")
    if new_size != size:
        changes.append(f"size {new_size} instead of {size}")
    if new_seconds != seconds:
        changes.append(f"{new_seconds} s instead of {seconds} s")
    try:
        price = pricing.quote(target, model=offer.model, size=new_size, seconds=new_seconds).microusd
    except pricing.NoPrice as refusal:
        return Verdict(offer.model, new_size, new_seconds, None, changes, [*missing, str(refusal)])
    return Verdict(offer.model, new_size, new_seconds, price, changes, missing)


def _missing_operation(target: ProviderAccount, kind: str) -> list[str]:
    if kind == Kind.CREATE:
        return []
    found = [target.why_cannot(f"can_{kind}")]
    if kind == Kind.REMIX:
        found.append("A remix can only name a clip that its own provider made.")
    else:
        found.append(target.why_cannot("takes_clip_file"))
    return [reason for reason in found if reason]


def _nearest_offer(target: ProviderAccount, model: str, size: str) -> ModelOffer | None:
    offers = pricing.choosable(target)
    same = next((offer for offer in offers if offer.model == model), None)
    if same is not None or not offers:
        return same
    return max(offers, key=lambda offer: (size in offer.sizes, -offer.order))


@dataclass(frozen=True)
class Line:
    """`count` equal choices of one agency: takes that wait, or briefs."""

    agency: str
    what: str
    kind: str
    model: str
    size: str
    seconds: int
    count: int
    was_microusd: int | None
    verdict: Verdict

    @property
    def total_microusd(self) -> int | None:
        """What all of them would cost there."""
        return None if self.verdict.microusd is None else self.verdict.microusd * self.count

    @property
    def difference_microusd(self) -> int | None:
        """How much more, or less, than now."""
        if self.was_microusd is None or self.total_microusd is None:
            return None
        return self.total_microusd - self.was_microusd


def lines(target: ProviderAccount, rows: Iterable[dict[str, Any]]) -> list[Line]:
    """One line for each group. A row: agency, what, kind, model, size, seconds, count, was_microusd."""
    judged: dict[tuple[Any, ...], Verdict] = {}
    found = []
    for row in rows:
        choice = {name: row[name] for name in ("kind", "model", "size", "seconds")}
        key = tuple(choice.values())
        if key not in judged:
            judged[key] = judge(target, **choice)
        found.append(Line(**row, verdict=judged[key]))
    return found
