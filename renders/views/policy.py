"""An agency's own refusals: what was refused, what would help, the appeal and its answer."""

import secrets
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders.actions import appeals as appeal_actions
from renders.actions import cases as case_actions
from renders.actions.again import look_again
from renders.messages import MESSAGES
from renders.models import (
    RESOLVED,
    UNRESOLVED,
    Appeal,
    AppealVerdict,
    Brief,
    CaseState,
    PolicyCase,
    PolicyEvent,
    RefusalKind,
    Render,
    Suggestion,
)
from renders.preflight import sent_texts, text_digest
from renders.states import POLICY_FAILURES, FailureClass
from renders.views.refusals import label_of, marked
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused
from tenants.paging import keyset_page

TABS = {"open": ("Open", UNRESOLVED), "decided": ("Answered", RESOLVED), "all": ("All", None)}
CLASSES = {
    RefusalKind.PREFLIGHT: FailureClass.POLICY_PREFLIGHT,
    RefusalKind.SAFETY_CHECK: FailureClass.POLICY_PREFLIGHT,
    RefusalKind.PROVIDER_INPUT: FailureClass.POLICY_INPUT,
    RefusalKind.PROVIDER_OUTPUT: FailureClass.POLICY_OUTPUT,
}


@requires("policy.view")
@require_safe
def policy_list(request: AgencyRequest) -> HttpResponseBase:
    """The agency's cases, last seen first."""
    tab = request.GET.get("show", "all")
    tab = tab if tab in TABS else "all"
    rows = PolicyCase.objects.listed().prefetch_related("appeals", "suggestions")
    if (states := TABS[tab][1]) is not None:
        rows = rows.filter(state__in=states)
    page = keyset_page(rows, request.GET.get("before", ""), field="last_seen_at")
    for case in page.rows:
        case.word = _word(case)
    tabs = [
        {"label": label, "url": f"?show={key}", "is_current": key == tab}
        for key, (label, _states) in TABS.items()
    ]
    context = {"page": page, "tabs": tabs, "tab": tab, **page.links(show=tab)}
    return TemplateResponse(request, "renders/policy/list.html", context)


_WORDS = {
    CaseState.OPEN: {"label": "Refused", "tone": "danger"},
    CaseState.ASSIGNED: {"label": "Being looked at", "tone": "progress"},
    CaseState.ESCALATED: {"label": "Being looked at", "tone": "progress"},
    CaseState.REWRITTEN: {"label": "Wording taken", "tone": "success"},
    CaseState.DISMISSED: {"label": "The refusal stands", "tone": "neutral"},
    CaseState.LIFTED: {"label": "It passes now", "tone": "success"},
}


def _word(case: PolicyCase) -> dict[str, str]:
    """What a team needs to know of a case's standing, as a pill."""
    appeals = sorted(case.appeals.all(), key=lambda a: a.made_at)
    if appeals:
        last = appeals[-1]
        label = "Appeal waiting" if last.verdict == "waiting" else str(last.get_verdict_display())
        return {"label": label, "tone": last.tone}
    if any(suggestion.is_open for suggestion in case.suggestions.all()):
        return {"label": "Wording suggested", "tone": "success"}
    return _WORDS[CaseState(case.state)]


def latest_case(brief: Brief, request: AgencyRequest) -> dict[str, Any]:
    """The panel of a brief whose wording, as it stands, was refused, or for which a wording waits; else nothing.

    One query for a brief that was never refused.
    """
    case = PolicyCase.objects.listed().filter(brief=brief).order_by("-last_seen_at", "-pk").first()
    if case is None:
        return {}
    found = case_context(case, request)
    is_current = found["event"] and found["event"].text_sha256 == text_digest(
        sent_texts(brief, picture=brief.picture)
    )
    return found if is_current or found["suggestion"] else {}


def case_of(render: Render, request: AgencyRequest) -> dict[str, Any]:
    """The panel of a take that was refused; nothing for any other."""
    if render.failure_class not in POLICY_FAILURES:
        return {}
    case = PolicyCase.objects.listed().filter(events__render=render).first()
    return case_context(case, request) if case is not None else {}


def case_context(case: PolicyCase, request: AgencyRequest) -> dict[str, Any]:
    """What the case's page and the panel of a take or a brief show. Three queries."""
    event = appeal_actions.latest_event(case)
    suggestion = case.suggestions.select_related("made_by").order_by("-made_at").first()
    appeals = list(case.appeals.select_related("made_by", "decided_by").order_by("-made_at"))
    refusal = ""
    if request.membership.may("policy.appeal"):
        try:
            appeal_actions.check_can_appeal(event, appeals)
        except Refused as error:
            refusal = str(error)
    offered = suggestion if suggestion is not None and suggestion.is_open else None
    return {
        "case": case,
        "event": event,
        "fields": marked(event) if event else [],
        "message": MESSAGES[CLASSES[RefusalKind(case.kind)]],
        "suggestion": offered,
        "suggested": [{"label": label_of(name), "text": text} for name, text in offered.texts.items()]
        if offered
        else [],
        "appeals": appeals,
        "appeal_refusal": refusal,
        **_way_on(case, event, appeals, request),
    }


def _way_on(
    case: PolicyCase, event: PolicyEvent | None, appeals: list[Appeal], request: AgencyRequest
) -> dict[str, Any]:
    """After a won appeal against a provider's refusal: is that still the last word, and the take to be sent once more.

    No query otherwise: of our own rules an allowance lifts the refusal, and the brief is rendered from its own page.
    """
    if event is None or case.is_ours or not appeals or appeals[0].verdict != AppealVerdict.OVERTURNED:
        return {}
    is_current = appeals[0].event_id == event.pk
    if not is_current or event.render_id is None or not request.membership.may("renders.submit"):
        return {"is_current": is_current}
    render = Render.objects.select_related("account", "parent").get(pk=event.render_id)
    try:
        again = look_again(render)
    except Refused as error:
        return {"is_current": True, "again_refusal": str(error)}
    return {"is_current": True, "again": again, "submit_key": secrets.token_urlsafe(24)}


def _find(pk: UUID) -> PolicyCase:
    rows = PolicyCase.objects.listed().select_related("render", "decided_by")
    return get_object_or_404(rows, pk=pk)


@requires("policy.view")
@require_safe
def policy_case(request: AgencyRequest, case: UUID) -> HttpResponseBase:
    """One case as the team sees it."""
    found = _find(case)
    context = {"case": found, "refused": case_context(found, request), "reason": ""}
    return TemplateResponse(request, "renders/policy/case.html", context)


@requires("policy.appeal")
@require_POST
def policy_appeal(request: AgencyRequest, case: UUID) -> HttpResponseBase:
    """Object to the refusal."""
    found = _find(case)
    try:
        appeal_actions.make_appeal(case=found, reason=request.POST.get("reason", ""), by=request.user)
    except Refused as error:
        context = {
            "case": found,
            "refused": case_context(found, request),
            "refusal": str(error),
            "reason": request.POST.get("reason", ""),
        }
        return TemplateResponse(request, "renders/policy/case.html", context, status=422)
    messages.success(request, "The appeal is in. A second person looks at it; the answer comes here.")
    return redirect("renders:policy-case", request.agency.slug, found.pk)


@requires("briefs.edit")
@require_POST
def policy_take(request: AgencyRequest, case: UUID) -> HttpResponseBase:
    """Put the suggested wording into the brief."""
    found = _find(case)
    suggestion: Suggestion | None = found.suggestions.order_by("-made_at").first()
    if suggestion is None or suggestion.public_id != request.POST.get("suggestion", ""):
        messages.error(request, "This wording is not there any more. Look at the case again.")
        return redirect("renders:policy-case", request.agency.slug, found.pk)
    try:
        brief = case_actions.take_suggestion(suggestion=suggestion, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("renders:policy-case", request.agency.slug, found.pk)
    messages.success(request, "The wording is in the brief. Look at it and the price, then render.")
    return redirect("renders:brief-edit", request.agency.slug, brief.pk)
