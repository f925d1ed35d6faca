"""Let the files of many takes go: one person asks, another one says yes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from renders import tombstones
from renders.actions.assets import check_can_delete
from renders.actions.deleting import CannotDelete, ring_purge
from renders.models import Asset, AssetState, Cause, Project, PurgeRequest, PurgeVerdict, Render
from tenants import audit
from tenants.errors import Refused
from tenants.models import User
from tenants.retention import policy

MOST = 500  # takes in one request
MAX_REASON = 300


class CannotAsk(Refused):
    """No request was made."""


class CannotSettle(Refused):
    """The request stays as it is; the text is the disabled button's reason."""


def takes_of(project: Project) -> Any:
    """The takes of a project that have files, the oldest first."""
    kept = Asset.objects.exclude(state=AssetState.DELETED).values("render_id")
    return Render.objects.filter(brief__project=project, pk__in=kept).order_by("created_at", "pk")


@transaction.atomic
def ask_purge(
    *, render_ids: Iterable[UUID], title: str, reason: str, by: User, project: Project | None = None
) -> PurgeRequest:
    """Ask for the files of these takes to go. Raises CannotAsk."""
    ids = list(dict.fromkeys(render_ids))
    reason = " ".join(reason.split())
    if not ids:
        raise CannotAsk("There is no file to delete.")
    if len(ids) > MOST:
        raise CannotAsk(f"These are {len(ids)} takes, and one request holds {MOST}. Ask for a part of them.")
    if not reason:
        raise CannotAsk("Say why: whoever has to approve it reads this.")
    if len(reason) > MAX_REASON:
        raise CannotAsk(f"The reason has {len(reason)} characters, and {MAX_REASON} fit.")
    known = set(Render.objects.filter(pk__in=ids).values_list("pk", flat=True))
    request = PurgeRequest.objects.create(
        project=project,
        title=title[:200],
        reason=reason,
        render_ids=[pk for pk in ids if pk in known],
        asked_by=by,
    )
    audit.record("purge.asked", by=by, on=request, takes=len(known))
    return request


def check_can_approve(request: PurgeRequest, *, by: User) -> None:
    """Raises CannotSettle for the one who asked, and for a request that is settled."""
    _check_open(request)
    if request.asked_by_id == by.pk:
        raise CannotSettle("You asked for it, so somebody else has to approve it.")


def _check_open(request: PurgeRequest) -> None:
    if request.verdict:
        raise CannotSettle(f"This request is settled: {PurgeVerdict(request.verdict).label.lower()}.")


def _locked(request: PurgeRequest) -> PurgeRequest:
    found: PurgeRequest = PurgeRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    return found


@transaction.atomic
def approve_purge(*, request: PurgeRequest, by: User) -> dict[str, Any]:
    """Lay a tombstone for each take that may go; {"laid": n, "left": [[public id, why]]}. Raises CannotSettle."""
    row = _locked(request)
    check_can_approve(row, by=by)
    window, left, laid = policy.undo_window(), [], 0
    for pk in sorted(row.render_ids):
        take = tombstones.locked(pk)
        files = tombstones.locked_files(take)
        try:
            check_can_delete(take, files, is_signed_off_too=True)
        except CannotDelete as error:
            left.append([take.public_id, str(error)])
            continue
        deletion = tombstones.lay(take, files, cause=Cause.BULK, undo=window, by=by, request=row)
        ring_purge(deletion, window)
        laid += 1
    outcome = {"laid": laid, "left": left}
    _settle(row, PurgeVerdict.APPROVED, by, outcome)
    audit.record("purge.approved", by=by, on=row, laid=laid, left=len(left))
    return outcome


@transaction.atomic
def turn_down_purge(*, request: PurgeRequest, by: User) -> None:
    """Refuse somebody's request, or withdraw one's own. Raises CannotSettle."""
    row = _locked(request)
    _check_open(row)
    verdict = PurgeVerdict.WITHDRAWN if row.asked_by_id == by.pk else PurgeVerdict.REFUSED
    _settle(row, verdict, by, {})
    audit.record(f"purge.{verdict.value}", by=by, on=row)


def _settle(row: PurgeRequest, verdict: PurgeVerdict, by: User, outcome: dict[str, Any]) -> None:
    PurgeRequest.objects.filter(pk=row.pk).update(
        verdict=verdict, decided_by=by, decided_at=Now(), outcome=outcome
    )
