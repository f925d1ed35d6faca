"""Triage for the platform's staff: every agency's refusals, grouped, decided one after the other."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from renders.actions import cases as actions
from renders.models import (
    RESOLVED,
    UNRESOLVED,
    Appeal,
    CaseState,
    PolicyCase,
    PolicyEvent,
    PolicyMove,
    RefusalKind,
    Suggestion,
)
from renders.models.policy import CASE_TONES
from renders.policy.findings import replaced
from renders.prompts import SENT_FIELDS
from renders.views.refusals import label_of, marked
from tenants import scope
from tenants.access import staff
from tenants.errors import Refused
from tenants.paging import keyset_page
from tenants.public_ids import decode, encode

TABS = {
    "open": ("To do", UNRESOLVED),
    "mine": ("Mine", UNRESOLVED),
    "escalated": ("Escalated", (CaseState.ESCALATED,)),
    "decided": ("Decided", RESOLVED),
    "all": ("All", None),
}


def _filtered(request: HttpRequest, tab: str) -> Any:
    rows = PolicyCase.objects.listed().select_related("decided_by")
    states = TABS[tab][1]
    if states is not None:
        rows = rows.filter(state__in=states)
    if tab == "mine":
        rows = rows.filter(assigned_to=request.user)
    if (kind := request.GET.get("kind", "")) in RefusalKind.values:
        rows = rows.filter(kind=kind)
    if agency := request.GET.get("agency", "").strip()[:40]:
        rows = rows.filter(org__slug__startswith=agency.lower())
    return rows


@staff("triage.view")
@require_safe
def triage(request: HttpRequest) -> HttpResponseBase:
    """Cases, last seen first; filters live in the address."""
    tab = request.GET.get("show", "open")
    tab = tab if tab in TABS else "open"
    with scope.platform_reading("triage: cases across agencies"):
        page = keyset_page(_filtered(request, tab), request.GET.get("before", ""), field="last_seen_at")
    kept = {name: value for name in ("kind", "agency") if (value := request.GET.get(name))}
    tabs = [
        {"label": label, "url": "?" + urlencode({"show": key, **kept}), "is_current": key == tab}
        for key, (label, _states) in TABS.items()
    ]
    context = {
        "page": page,
        "tab": tab,
        "tabs": tabs,
        "kinds": RefusalKind.choices,
        "kind": request.GET.get("kind", ""),
        "agency_query": request.GET.get("agency", ""),
        "has_filters": bool(kept) or tab != "open",
        "undone": _undone(request),
        **page.links(show=tab, **kept),
    }
    return TemplateResponse(request, "renders/staff/triage.html", context)


def _undone(request: HttpRequest) -> PolicyCase | None:
    """The case that was decided a moment ago; None when the address names none, or it is open again."""
    try:
        pk = decode("pca", request.GET.get("undo", ""))
    except ValueError:
        return None
    with scope.platform_reading("triage: the case that was just decided"):
        found: PolicyCase | None = PolicyCase.objects.listed().filter(pk=pk, state__in=RESOLVED).first()
    return found


def _next(request: HttpRequest, but: UUID) -> PolicyCase | None:
    """What opens when this one is decided: the newest that nobody else has taken on."""
    rows = PolicyCase.objects.unresolved().filter(Q(assigned_to=None) | Q(assigned_to=request.user))
    return rows.exclude(pk=but).order_by("-last_seen_at", "-pk").only("pk", "last_seen_at").first()


def _story(case: PolicyCase) -> list[dict[str, Any]]:
    """Steps, appeals and wordings of a case, newest first. One query."""
    none = Value("")
    moves = PolicyMove.objects.filter(case=case).values_list(
        "happened_at", Coalesce("by__name", none), "target", "note", "is_undo"
    )
    rows = list(moves.order_by("-happened_at", "-pk")[:30])
    labels = dict(CaseState.choices)
    return [
        {
            "at": at,
            "who": who,
            "what": "Undone" if is_undo else labels[target],
            "tone": CASE_TONES[CaseState(target)],
            "note": note,
        }
        for at, who, target, note, is_undo in rows
    ]


def _precedents(case: PolicyCase) -> list[PolicyCase]:
    """Decided cases about the same rule, of any agency, newest first; the rule's twin for another brief is what helps."""
    rows = PolicyCase.objects.filter(rule_key=case.rule_key, decided_at__isnull=False).exclude(pk=case.pk)
    return list(rows.select_related("org", "decided_by", "brief").order_by("-decided_at")[:5])


def _read(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Everything that a case's page shows. Raises Http404."""
    with scope.platform_reading("triage: one case and its precedents"):
        rows = PolicyCase.objects.listed().select_related("decided_by", "render")
        case: PolicyCase | None = rows.filter(pk=pk).first()
        if case is None:
            raise Http404("No such case.")
        event: PolicyEvent | None = case.events.order_by("-happened_at", "-pk").first()
        appeal: Appeal | None = (
            case.appeals.select_related("made_by", "decided_by").order_by("-made_at").first()
        )
        return {
            "case": case,
            "event": event,
            "appeal": appeal,
            "story": _story(case),
            "precedents": _precedents(case),
            "next": _next(request, case.pk),
        }


def _wordings(case: PolicyCase, event: PolicyEvent) -> list[dict[str, Any]]:
    """The brief's fields as a form: each with what was refused in it mended, when a rewrite is known."""
    fields = []
    for name in SENT_FIELDS:
        text = getattr(case.brief, name) or ""
        hits = [hit for hit in event.hits if hit["field"] == name]
        if not text and not hits:
            continue
        was_refused = event.evidence.get("texts", {}).get(name, "")
        mended = _mended(text, hits) if text == was_refused else text
        fields.append({"name": name, "label": label_of(name), "text": mended})
    return fields


def _mended(text: str, hits: list[dict[str, Any]]) -> str:
    for hit in sorted(hits, key=lambda h: -h["start"]):
        text = replaced(text, hit["start"], hit["end"], hit["rewrite"])
    return text


@staff("triage.view")
@require_safe
def triage_case(request: HttpRequest, case: UUID) -> HttpResponseBase:
    """One case: evidence, the provider's words, precedents, and the decision."""
    return case_page(request, case)


def case_page(request: HttpRequest, pk: UUID, *, refusal: str = "", status: int = 200) -> HttpResponseBase:
    read = _read(request, pk)
    case, event = read["case"], read["event"]
    context = {
        **read,
        "refusal": refusal,
        "fields": marked(event),
        "wordings": _wordings(case, event),
        "answer": request.POST.get("answer", ""),
        "undone": _undone(request),
        "may_undo": bool(read["story"]) and read["story"][0]["what"] != "Undone" and read["story"][0]["who"],
    }
    return TemplateResponse(request, "renders/staff/case.html", context, status=status)


def agency_of(pk: UUID) -> UUID:
    """Whose case it is. Raises Http404."""
    with scope.platform_reading("triage: case to agency"):
        found = PolicyCase.objects.filter(pk=pk).values_list("org_id", flat=True).first()
    if found is None:
        raise Http404("No such case.")
    return found


@staff("triage.decide")
@require_POST
def triage_do(request: HttpRequest, case: UUID, act: str) -> HttpResponseBase:
    """Assign, dismiss, suggest a wording, escalate or undo; then the next case opens."""
    if act not in _ACTS:
        raise Http404("No such act.")
    org_id = agency_of(case)
    try:
        with scope.entered(org_id):
            found = PolicyCase.objects.select_related("org", "brief__project").get(pk=case)
            _ACTS[act](request, found)
    except Refused as error:
        return case_page(request, case, refusal=str(error), status=422)
    if act in {"assign", "undo"}:
        messages.success(
            request, "Taken on: it is yours." if act == "assign" else "Undone. The case is open again."
        )
        return redirect("renders:triage-case", case)
    return _onward(request, found, _SAID[act])


_SAID = {
    "dismiss": "Dismissed: {case}.",
    "rewrite": "The wording is with the team, for {case}; they take it with one click.",
    "escalate": "Escalated: {case}.",
}


def _onward(request: HttpRequest, case: PolicyCase, said: str) -> HttpResponseBase:
    """To the next case, with the way back; to the list when none is left. `said` names which one was decided."""
    pk = case.pk
    with scope.platform_reading("triage: the next case"):
        following = _next(request, pk)
    messages.success(request, said.format(case=f"“{case.brief.title}” ({case.org.name})"))
    undo = urlencode({"undo": encode("pca", pk)})
    if following is None:
        return redirect(f"{redirect('renders:triage').url}?{undo}")
    return redirect(f"{redirect('renders:triage-case', following.pk).url}?{undo}")


def _assign(request: HttpRequest, case: PolicyCase) -> None:
    actions.assign_case(case=case, by=request.user)  # type: ignore[arg-type]


def _dismiss(request: HttpRequest, case: PolicyCase) -> None:
    actions.dismiss_case(case=case, answer=request.POST.get("answer", ""), by=request.user)  # type: ignore[arg-type]


def _rewrite(request: HttpRequest, case: PolicyCase) -> Suggestion:
    texts = {name: request.POST[name][:4000] for name in SENT_FIELDS if name in request.POST}
    return actions.suggest_wording(
        case=case,
        texts=texts,
        answer=request.POST.get("answer", ""),
        by=request.user,  # type: ignore[arg-type]
    )


def _escalate(request: HttpRequest, case: PolicyCase) -> None:
    actions.escalate_case(case=case, answer=request.POST.get("answer", ""), by=request.user)  # type: ignore[arg-type]


def _undo(request: HttpRequest, case: PolicyCase) -> None:
    actions.undo_case(case=case, by=request.user)  # type: ignore[arg-type]


_ACTS: dict[str, Any] = {
    "assign": _assign,
    "dismiss": _dismiss,
    "rewrite": _rewrite,
    "escalate": _escalate,
    "undo": _undo,
}
