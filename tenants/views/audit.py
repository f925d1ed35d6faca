"""The audit trail, to be read and checked."""

from typing import Any

from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from tenants.access import AgencyRequest, requires
from tenants.audit import first_break
from tenants.models import AuditEvent, User

SIZE = 50


def _named(events: list[AuditEvent]) -> list[AuditEvent]:
    """Put people's names on events; the trail itself keeps references only."""
    ids = {int(e.actor.removeprefix("user:")) for e in events if e.actor.startswith("user:")}
    names = {user.pk: user.display_name for user in User.objects.filter(pk__in=ids)}
    for event in events:
        kind, _, ref = event.actor.partition(":")
        if kind == "user":
            event.who = names.get(int(ref), "somebody")
        else:
            event.who = {"guest": "a client", "system": ref}.get(kind, kind)
    return events


def _filtered(request: AgencyRequest) -> tuple[Any, dict[str, str]]:
    rows = AuditEvent.objects.order_by("-seq")
    kept: dict[str, str] = {}
    for name, lookup in (("action", "action__startswith"), ("subject", "subject")):
        value = request.GET.get(name, "").strip()[:80]
        if value:
            rows, kept[name] = rows.filter(**{lookup: value}), value
    return rows, kept


@requires("audit.view")
@require_safe
def audit_log(request: AgencyRequest) -> HttpResponseBase:
    """Events, newest first; any id leads to its history."""
    rows, kept = _filtered(request)
    before = request.GET.get("before", "")
    if before.isdigit() and len(before) < 18:
        rows = rows.filter(seq__lt=int(before))
    found = list(rows[: SIZE + 1])
    older = found[SIZE - 1].seq if len(found) > SIZE else None
    context = {
        "events": _named(found[:SIZE]),
        "kept": kept,
        "older_url": "?" + urlencode({**kept, "before": older}) if older else "",
        "newest_url": "?" + urlencode(kept) if before else "",
        "is_filtered": bool(kept),
    }
    return TemplateResponse(request, "tenants/audit.html", context)


@requires("audit.view")
@require_safe
def audit_check(request: AgencyRequest) -> HttpResponseBase:
    """Walk the whole chain and say whether it is whole."""
    rows = AuditEvent.objects.order_by("seq")
    broken = first_break(rows.iterator(chunk_size=2000))
    return TemplateResponse(request, "tenants/audit_check.html", {"broken": broken, "count": rows.count()})
