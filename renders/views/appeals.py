"""Appeals across agencies, and their decision by a second person."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions import appeals as appeal_actions
from renders.models import Appeal
from renders.views.triage import agency_of, case_page
from tenants import scope
from tenants.access import staff
from tenants.errors import Refused
from tenants.paging import keyset_page


@staff("triage.view")
@require_safe
def appeals(request: HttpRequest) -> HttpResponseBase:
    """Appeals, the longest waiting first; the decided ones on request."""
    is_waiting = request.GET.get("show") != "decided"
    with scope.platform_reading("appeals: across agencies"):
        rows = Appeal.objects.select_related("org", "case__brief__project__client", "made_by", "decided_by")
        if is_waiting:
            found = list(rows.filter(verdict="waiting").order_by("made_at", "pk")[:100])
            page = None
        else:
            page = keyset_page(
                rows.exclude(verdict="waiting"), request.GET.get("before", ""), field="decided_at"
            )
            found = page.rows
    tabs = [
        {"label": "Waiting", "url": "?show=waiting", "is_current": is_waiting},
        {"label": "Decided", "url": "?show=decided", "is_current": not is_waiting},
    ]
    links = page.links(show="decided") if page else {}
    context = {"appeals": found, "tabs": tabs, "is_waiting": is_waiting, **links}
    return TemplateResponse(request, "renders/staff/appeals.html", context)


@staff("appeals.decide")
@require_POST
def appeal_decide(request: HttpRequest, case: UUID) -> HttpResponseBase:
    """Uphold or overturn the appeal that waits on a case."""
    verdict = request.POST.get("verdict", "")
    if verdict not in {"upheld", "overturned"}:
        raise Http404("No such verdict.")
    org_id = agency_of(case)
    try:
        with scope.entered(org_id):
            appeal = Appeal.objects.filter(case=case, verdict="waiting").first()
            if appeal is None:
                raise appeal_actions.CannotDecideAppeal("No appeal waits on this case.")
            appeal_actions.decide_appeal(
                appeal=appeal,
                is_overturned=verdict == "overturned",
                answer=request.POST.get("answer", ""),
                by=request.user,  # type: ignore[arg-type]
            )
    except Refused as error:
        return case_page(request, case, refusal=str(error), status=422)
    messages.success(request, "Decided. The team reads your answer on its case.")
    return redirect("renders:triage-case", case)
