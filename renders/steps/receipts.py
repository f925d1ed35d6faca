"""Write the receipt of a deletion, once nothing is left. It is the last thing that happens."""

import uuid
from typing import Any
from uuid import UUID

import structlog
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from renders.models import Deletion, DeletionReceipt, DeletionState
from renders.steps.subjects import Subject
from tenants import audit, papers, signing, storage
from tenants.canonical import canonical
from tenants.public_ids import encode
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

FORMAT = "dailies.deletion-receipt/1"
_NAMESPACE = uuid.UUID("6f3b1c9e-52a5-4c34-9d2e-8d8f0d1f1a77")


def issue(org_id: UUID, subject: Subject, deletion: Deletion) -> None:
    """Sign and keep the receipt, if everything is gone; nothing happens otherwise. Raises StorageFailed.

    The paper is filed first, under the deletion's own name: whoever comes again finds it and writes the same one down.
    """
    with org_transaction(org_id):
        facts = _facts(org_id, subject, deletion)
    if facts is None:
        return
    name = str(deletion.pk)
    document = papers.read(org_id, papers.RECEIPTS, name) or papers.file_once(
        org_id, papers.RECEIPTS, name, signing.sign(facts)
    )
    with org_transaction(org_id):
        _write_down(subject, deletion, document)


def receipt_id(deletion: Deletion) -> UUID:
    """The one id that this deletion's receipt can have."""
    return uuid.uuid5(_NAMESPACE, str(deletion.pk))


def _facts(org_id: UUID, subject: Subject, deletion: Deletion) -> dict[str, Any] | None:
    """What the receipt says: hashes and moments, no content and no names. None while something is left."""
    row = subject.locked()
    if not Deletion.objects.filter(pk=deletion.pk, state=DeletionState.RUNNING).exists():
        return None
    told = subject.facts()
    if told is None:
        return None
    return {
        "format": FORMAT,
        "receipt": encode(DeletionReceipt.prefix, receipt_id(deletion)),
        "deletion": deletion.public_id,
        "agency": encode("agy", org_id),
        subject.kind: row.public_id,
        "cause": deletion.cause,
        "asked_at": deletion.asked_at,
        "begun_at": deletion.begun_at,
        "gone_at": max((file["gone_at"] for file in told["files"]), default=timezone.now()),
        "issued_at": timezone.now(),
        **told,
    }


def _write_down(subject: Subject, deletion: Deletion, document: dict[str, Any]) -> None:
    row = subject.locked()
    done = Deletion.objects.filter(pk=deletion.pk, state=DeletionState.RUNNING)
    if not done.update(state=DeletionState.DONE, done_at=Now(), next_action_at=None, problem=""):
        return
    receipt = DeletionReceipt.objects.create(
        pk=receipt_id(deletion),
        deletion=deletion,
        issued_at=parse_datetime(document["issued_at"]) or timezone.now(),
        key_id=document["key_id"],
        document=document,
    )
    sha256 = storage.text_sha256(canonical(document).decode())
    audit.record(
        f"{subject.kind}.deletion_proved",
        by="system:purge",
        on=row,
        deletion=deletion.public_id,
        receipt=receipt.public_id,
        sha256=sha256,
    )
    subject.announce(row, "gone")
    log.info("deletion_done", deletion=deletion.public_id, receipt=receipt.public_id)
