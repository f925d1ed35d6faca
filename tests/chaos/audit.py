"""What must be true when the dust has settled. The provider's own invoice is the witness."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.models import Sum

from renders.models import Asset, Attempt, BudgetPeriod, LedgerEntry, Render
from renders.states import State
from tenants.scope import org_transaction
from tests.chaos.harness import Chaos

PRICE = 400_000
_RESOLVED = {"completed", "not_accepted"}
_REVIEW_FILES = {"original", "proxy", "poster", "hover_sheet", "waveform"}


@dataclass
class Findings:
    """What is wrong, in words; empty when nothing is."""

    duplicates: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.duplicates or self.leaks or self.orphans or self.others)

    def counts(self) -> str:
        """One line for people."""
        return (
            f"duplicates {len(self.duplicates)}, leaks {len(self.leaks)}, "
            f"orphans {len(self.orphans)}, others {len(self.others)}"
        )

    def words(self) -> str:
        """Every finding on a line."""
        return "\n".join([*self.duplicates, *self.leaks, *self.orphans, *self.others])


def audit(chaos: Chaos, renders: list[Render]) -> Findings:
    """Look at these renders, and at the whole agency's money and files. Nothing may be under way."""
    found = Findings()
    invoice = chaos.invoice()
    with org_transaction(chaos.cast.northlight.pk):
        _charges(found, renders, invoice)
        _renders(found, renders, chaos)
        _money(found, invoice)
        _files(found, chaos.stack.data_dir)
    if chaos.account.in_flight:
        found.leaks.append(f"{chaos.account.in_flight} slots of the account are still taken")
    return found


def _charges(found: Findings, renders: list[Render], invoice: list[dict[str, Any]]) -> None:
    """Each prompt was charged as often as an attempt owns a video of it: once."""
    by_prompt = Counter(line["prompt_sha256"] for line in invoice)
    for attempts in _attempts(renders).values():
        [prompt] = {attempt.prompt_sha256 for attempt in attempts}
        owned = sum(attempt.provider_video_id is not None for attempt in attempts)
        name = attempts[0].render_id
        if by_prompt[prompt] > 1:
            found.duplicates.append(f"{name}: charged {by_prompt[prompt]} times")
        if by_prompt[prompt] != owned:
            found.orphans.append(f"{name}: {by_prompt[prompt]} videos were charged, {owned} are known to us")
        for attempt in attempts:
            if attempt.status not in _RESOLVED or attempt.settled_microusd is None:
                found.leaks.append(f"{name}: attempt {attempt.number} is {attempt.status}, unsettled")


def _attempts(renders: list[Render]) -> dict[Any, list[Attempt]]:
    grouped: dict[Any, list[Attempt]] = {render.pk: [] for render in renders}
    for attempt in Attempt.objects.filter(render__in=list(grouped)):
        grouped[attempt.render_id].append(attempt)
    return grouped


def _renders(found: Findings, renders: list[Render], chaos: Chaos) -> None:
    """Each one can be reviewed, and what is stored is what was hashed."""
    media = chaos.stack.data_dir / "media"
    for render in Render.objects.filter(pk__in=[r.pk for r in renders]).prefetch_related("assets"):
        if render.state != State.IN_REVIEW:
            found.others.append(f"{render.pk}: ended {render.state} ({render.failure_class})")
            continue
        assets = {asset.kind: asset for asset in render.assets.all()}
        if missing := _REVIEW_FILES - assets.keys():
            found.others.append(f"{render.pk}: without {sorted(missing)}")
        for asset in assets.values():
            path = media / asset.storage_key
            content = path.read_bytes() if path.exists() else b""
            if hashlib.sha256(content).hexdigest() != asset.sha256:
                found.others.append(f"{render.pk}: the stored {asset.kind} is not what was hashed")
        books = dict(
            LedgerEntry.objects.filter(render=render).values_list("book").annotate(Sum("amount_microusd"))
        )
        if books != {"available": -PRICE, "reserved": 0, "spent": PRICE}:
            found.leaks.append(f"{render.pk}: the ledger says {books}")


def _money(found: Findings, invoice: list[dict[str, Any]]) -> None:
    """The provider's invoice, the ledger and the budget agree."""
    for key in LedgerEntry.objects.values("key").annotate(sum=Sum("amount_microusd")).exclude(sum=0):
        found.leaks.append(f"the entries of {key['key']} sum to {key['sum']}")
    total = LedgerEntry.objects.filter(book="spent").aggregate(sum=Sum("amount_microusd"))["sum"] or 0
    charged = sum(line["cost_microusd"] for line in invoice)
    if total != charged:
        found.leaks.append(f"the provider charged {charged}, the ledger says {total}")
    for period in BudgetPeriod.objects.all():
        if (period.reserved_microusd, period.posted_microusd) != (0, total):
            found.leaks.append(
                f"reserved {period.reserved_microusd}, posted {period.posted_microusd} of {total}"
            )


def _files(found: Findings, data_dir: Path) -> None:
    """Nothing is stored that no row names, and no work folder is left. Papers lie outside the database on purpose."""
    media = data_dir / "media"
    known = set(Asset.objects.values_list("storage_key", flat=True))
    stored = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    stored = {key for key in stored if "/papers/" not in key}
    found.orphans += [f"stored, and named by no row: {key}" for key in sorted(stored - known)]
    found.orphans += [f"left behind: {path.name}" for path in (data_dir / "staging").glob("*")]
