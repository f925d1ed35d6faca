"""Let files go for good: tombstone (laid before), journal, provider, storage, and the receipt last.

Each part may be repeated: what is removed twice was gone already, and what was not written down falls due again.
A hold wins at every moment before the last byte is gone: it keeps what is left, and there is no receipt.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from renders.models import Deletion, DeletionState
from renders.providers.errors import ProviderError, RateLimited
from renders.steps.forget import drop_copy
from renders.steps.receipts import issue
from renders.steps.subjects import OnHold, Subject
from tenants import papers, signing, storage
from tenants.scope import org_transaction
from tenants.secrets import SecretUnreadable
from tenants.shared_bytes import lock_keys

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=110)
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0  # seconds between tries


def purge(org_id: UUID, subject: Subject) -> None:
    """One try to let the files of one take or character go."""
    with org_transaction(org_id):
        deletion = _claim(subject)
    if deletion is None:
        return
    try:
        _journal(org_id, subject, deletion)
        _drop_copies(org_id, subject, deletion)
        _remove_files(org_id, subject)
        issue(org_id, subject, deletion)
    except (ProviderError, storage.StorageFailed, SecretUnreadable, OnHold) as error:
        _put_off(org_id, deletion, error)


def _claim(subject: Subject) -> Deletion | None:
    """Begin, or go on; None when nothing is due, a hold stands, or somebody else is at it."""
    subject.adopt(subject.locked())
    claimed = (
        subject.deletions()
        .due()
        .update(
            state=DeletionState.RUNNING,
            begun_at=Coalesce("begun_at", Now()),
            next_action_at=Now() + LEASE,
            tries=F("tries") + 1,
        )
    )
    if not claimed:
        return None
    found: Deletion = subject.deletions().open().get()
    return found


def _journal(org_id: UUID, subject: Subject, deletion: Deletion) -> None:
    """What a restored database has to be told. Filed before the first byte goes, where the database cannot reach."""
    name = str(deletion.pk)
    if papers.read(org_id, papers.JOURNAL, name) is None:
        entry = {
            "format": "dailies.deletion-journal/1",
            "deletion": name,
            "agency": str(org_id),
            subject.kind: str(subject.pk),
            "cause": deletion.cause,
            "files": deletion.files,
            "begun_at": timezone.now().isoformat(),
        }
        papers.file_once(org_id, papers.JOURNAL, name, signing.sign(entry))


def _drop_copies(org_id: UUID, subject: Subject, deletion: Deletion) -> None:
    """The provider's copies. Raises ProviderError."""
    with org_transaction(org_id):
        copies = subject.copies()
    for attempt in copies:
        if not _goes_on(org_id, deletion):
            return
        drop_copy(org_id, attempt)


def _goes_on(org_id: UUID, deletion: Deletion) -> bool:
    """Whether it still stands: a hold may have ended it."""
    with org_transaction(org_id):
        return bool(Deletion.objects.filter(pk=deletion.pk, state=DeletionState.RUNNING).exists())


def _remove_files(org_id: UUID, subject: Subject) -> None:
    """Every file that is left. Raises StorageFailed, OnHold."""
    with org_transaction(org_id):
        due = subject.due_files()
    for pk, key in due:
        with org_transaction(org_id):
            _remove_one(subject, pk, key)


def _remove_one(subject: Subject, pk: UUID, key: str) -> None:
    """The storage is called inside the transaction on purpose: under the key's lock nobody can begin to share it."""
    lock_keys([key])
    subject.remove(pk)


def _put_off(org_id: UUID, deletion: Deletion, error: Exception) -> None:
    """Later, and say why: a page shows what it waits for."""
    wait = min(FIRST_WAIT * 2 ** min(deletion.tries, 10), LONGEST_WAIT)
    if isinstance(error, RateLimited) and error.retry_after:
        wait = min(error.retry_after, LONGEST_WAIT)
    problem = str(error)
    if not isinstance(error, OnHold):
        where = "The provider" if isinstance(error, ProviderError) else "Our storage"
        problem = f"{where} did not do it yet: {error}"
    log.warning("purge_put_off", deletion=deletion.public_id, error=str(error), again_in=wait)
    with org_transaction(org_id):
        rows = Deletion.objects.filter(pk=deletion.pk, state=DeletionState.RUNNING)
        rows.update(next_action_at=Now() + timedelta(seconds=wait), problem=problem[:300])
