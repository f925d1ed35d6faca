"""The audit trail, to be read, filtered, taken along and checked."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from tenants import trail
from tenants.access import AgencyRequest, requires
from tenants.csv_export import csv_response
from tenants.models import AuditEvent, Chore, ChoreKind, Membership
from tenants.reading import Names, beginning_with, linked

SIZE = 50
_KINDS = ("guest", "system")
_COLUMNS = ("number", "at (UTC)", "who", "reference", "did", "to", "details", "hash")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _filtered(request: AgencyRequest) -> tuple[Any, dict[str, str]]:
    """The rows that fit the filters in the address, newest first, and the filters that were understood."""
    rows, kept = AuditEvent.objects.order_by("-seq"), {}
    asked = {
        name: request.GET.get(name, "").strip()[:80] for name in ("action", "subject", "who", "from", "to")
    }
    if asked["action"]:
        rows, kept["action"] = rows.filter(beginning_with(asked["action"])), asked["action"]
    if asked["subject"]:
        rows, kept["subject"] = rows.filter(subject=asked["subject"]), asked["subject"]
    if asked["who"] in _KINDS:
        rows, kept["who"] = rows.filter(actor__startswith=f"{asked['who']}:"), asked["who"]
    elif asked["who"]:
        rows, kept["who"] = rows.filter(actor=asked["who"]), asked["who"]
    since, until = _day(asked["from"]), _day(asked["to"])
    if since:
        rows = rows.filter(happened_at__gte=datetime.combine(since, time.min, UTC))
        kept["from"] = since.isoformat()
    if until and until < date.max:
        rows = rows.filter(happened_at__lt=datetime.combine(until + timedelta(days=1), time.min, UTC))
        kept["to"] = until.isoformat()
    return rows, kept


def _people() -> list[tuple[str, str]]:
    """(reference, name) of everybody who is or was a member."""
    rows = Membership.objects.select_related("user").order_by("user__name", "user__email")
    return [(f"user:{row.user_id}", row.user.display_name) for row in rows]


@requires("audit.view")
@require_safe
def audit_log(request: AgencyRequest) -> HttpResponseBase:
    """Events, newest first; any id leads to its history."""
    rows, kept = _filtered(request)
    before = request.GET.get("before", "")
    page = rows.filter(seq__lt=int(before)) if before.isdecimal() and len(before) < 18 else rows
    found = list(page[: SIZE + 1])
    older = found[SIZE - 1].seq if len(found) > SIZE else None
    people = _people()
    context = {
        "events": linked(found[:SIZE], Names(dict(people))),
        "kept": kept,
        "who": kept.get("who", ""),
        "since": kept.get("from", ""),
        "people": people,
        "chore": Chore.objects.filter(kind=ChoreKind.AUDIT).first(),
        "csv_query": urlencode(kept),
        "older_url": "?" + urlencode({**kept, "before": older}) if older else "",
        "newest_url": "?" + urlencode(kept) if before else "",
        "is_filtered": bool(kept),
    }
    return TemplateResponse(request, "tenants/audit.html", context)


@requires("audit.view")
@require_safe
def audit_csv(request: AgencyRequest) -> HttpResponseBase:
    """Exactly the rows that fit the filters, oldest first, as CSV."""
    rows, kept = _filtered(request)
    names = Names(dict(_people()))
    name = "audit-" + "-".join([request.agency.slug, *kept.values()])[:80]
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return csv_response(request.agency.pk, f"{safe}.csv", _COLUMNS, _as_cells(rows, names))


def _as_cells(rows: Any, names: Names) -> Iterator[tuple[Any, ...]]:
    for event in rows.order_by("seq").iterator(chunk_size=1000):
        yield (
            event.seq,
            event.happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
            names.of(event.actor),
            event.actor,
            event.action,
            event.subject,
            json.dumps(event.data, ensure_ascii=False, sort_keys=True) if event.data else "",
            event.hash,
        )


@requires("audit.view")
@require_safe
def audit_check(request: AgencyRequest) -> HttpResponseBase:
    """Walk the whole chain now, compare it with the exported head, and say whether it is whole."""
    context = {"found": trail.verify(request.agency.pk)}
    return TemplateResponse(request, "tenants/audit_check.html", context)
