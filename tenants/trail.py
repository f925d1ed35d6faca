"""Is an agency's audit trail whole? Checked from within, and against the signed heads that were exported.

From within an edit, a removal and a change of order are seen. That the newest events were cut off is seen only from
outside: a head says which event was the last one, and its hash, when it was exported to the storage.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max
from django.utils import timezone

from tenants import audit, papers, signed, signing
from tenants.models import AuditEvent
from tenants.public_ids import encode
from tenants.scope import org_transaction

FORMAT = "dailies.audit-head/1"


@dataclass(frozen=True)
class Finding:
    """What a look at the trail found; `problem` is empty when it is whole."""

    count: int
    head: int  # the last event that an exported head speaks of
    heads: int
    problem: str


def verify(org_id: UUID, *, keys: signed.Keys | None = None, every_head: bool = False) -> Finding:
    """Walk the trail and compare it with the newest head. Opens transactions of its own. Raises StorageFailed.

    One head is enough: it fixes its event's hash, which fixes all before it. `every_head` also reads the older ones.
    """
    keys = signing.public_keys() if keys is None else keys
    with org_transaction(org_id):
        rows = AuditEvent.objects.order_by("seq")
        broken = audit.first_break(rows.iterator(chunk_size=2000))
        count = rows.aggregate(n=Count("pk"), last=Max("seq"))
    last = count["last"] or 0
    names = papers.names(org_id, papers.HEADS)
    seen, problem = 0, broken.problem if broken else ""
    for name in names if every_head else names[-1:]:
        said = _head(org_id, name, keys)
        if isinstance(said, str):
            problem = problem or said
            continue
        seen = max(seen, said["seq"])
        problem = problem or _compare(org_id, said, last)
    return Finding(count["n"], seen, len(names), problem)


def _head(org_id: UUID, name: str, keys: signed.Keys) -> dict[str, Any] | str:
    """A head that is genuine, or what is wrong with it."""
    try:
        document = papers.read(org_id, papers.HEADS, name)
        assert document is not None
        signed.check(document, keys)
    except signed.BadDocument as error:
        return f"the exported head {name} cannot be believed: {error}"
    if document.get("format") != FORMAT or document.get("agency") != encode("agy", org_id):
        return f"the exported head {name} speaks of another trail"
    return document


def _compare(org_id: UUID, said: dict[str, Any], last: int) -> str:
    seq = said["seq"]
    if seq > last:
        return f"events {last + 1} to {seq} were cut off: a head of {said['at']} speaks of event {seq}"
    with org_transaction(org_id):
        there = AuditEvent.objects.filter(seq=seq).values_list("hash", flat=True).first()
    return "" if there == said["hash"] else f"event {seq} is not the one of the head of {said['at']}"


def export_head(org_id: UUID) -> int:
    """File the signed head of the trail, if it has grown; the event that it speaks of. Raises StorageFailed."""
    with org_transaction(org_id):
        last = AuditEvent.objects.order_by("-seq").values("seq", "hash").first()
    if last is None:
        return 0
    name = f"{last['seq']:012d}"
    if papers.read(org_id, papers.HEADS, name) is None:
        head = {
            "format": FORMAT,
            "agency": encode("agy", org_id),
            "seq": last["seq"],
            "hash": last["hash"],
            "at": timezone.now(),
        }
        papers.file_once(org_id, papers.HEADS, name, signing.sign(head))
    return int(last["seq"])
