"""Walk an agency's audit trail, and export its signed head: what was cut off afterwards no longer fits the head."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models.functions import Now

from renders.steps import chores
from tenants import papers, signing, trail
from tenants.errors import StorageFailed
from tenants.models import ChoreKind, Erasure
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=30)


def watch(org_id: UUID) -> None:
    """One look, when it is due. A head is exported only when the trail has grown and is whole."""
    with org_transaction(org_id):
        if not chores.claim(ChoreKind.AUDIT, every=EVERY):
            return
    outcome = {"problem": "", "count": 0, "head": 0}
    try:
        _file_erasures(org_id)
        found = trail.verify(org_id)
        outcome |= {"problem": found.problem, "count": found.count, "head": found.head}
        if not found.problem:
            outcome["head"] = trail.export_head(org_id)
    except StorageFailed as error:
        outcome["storage"] = str(error)
        log.warning("audit_head_put_off", org=str(org_id), error=str(error))
    if outcome["problem"]:
        log.error("audit_trail_broken", org=str(org_id), problem=outcome["problem"])
    with org_transaction(org_id):
        chores.done(ChoreKind.AUDIT, outcome)


def _file_erasures(org_id: UUID) -> None:
    """Tell the journal outside the database whose data were erased. Raises StorageFailed."""
    with org_transaction(org_id):
        rows = list(Erasure.objects.filter(filed_at=None).order_by("asked_at"))
    for row in rows:
        entry = {
            "format": "dailies.erasure-journal/1",
            "agency": str(org_id),
            "erasure": str(row.pk),
            "subjects": row.subjects,
            "with_words": row.with_words,
            "asked_at": row.asked_at,
        }
        papers.file_once(org_id, papers.ERASURES, str(row.pk), signing.sign(entry))
        with org_transaction(org_id):
            Erasure.objects.filter(pk=row.pk).update(filed_at=Now())
