"""What is kept for how long, what would go, what is held, what went, and what waits for a second person."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renders.actions import purges
from renders.models import Deletion, Project, PurgeRequest, Render
from tenants.access import AgencyRequest, requires
from tenants.actions.retention import CannotChoose, check_period, choose
from tenants.errors import Refused
from tenants.models import Chore, ChoreKind
from tenants.paging import keyset_page
from tenants.retention import policy, run

SIZE = 30
TABS = {
    "schedule": _("Schedule"),
    "deletions": _("Deletions"),
    "holds": _("Holds"),
    "requests": _("Requests"),
}


def _tabs(current: str, waiting: int) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": "?" + urlencode({"show": key}),
            "is_current": key == current,
            "count": waiting or None if key == "requests" else None,
        }
        for key, label in TABS.items()
    ]


@requires("retention.view")
@require_safe
def retention(request: AgencyRequest) -> HttpResponseBase:
    """The four views of it, as tabs; each asks for its own rows only."""
    asked = request.GET.get("show", "")
    tab = asked if asked in TABS else "schedule"
    waiting = PurgeRequest.objects.filter(verdict="").count()
    before = request.GET.get("before", "")
    context: dict[str, Any] = {"tab": tab, "tabs": _tabs(tab, waiting)}
    context |= _schedule() if tab == "schedule" else _LISTS[tab](before)
    return TemplateResponse(request, "renders/retention.html", context)


def _schedule() -> dict[str, Any]:
    chore = Chore.objects.filter(kind=ChoreKind.RETENTION).first()
    return {"rules": policy.holding(), "chore": chore}


def _deletions(before: str) -> dict[str, Any]:
    rows = Deletion.objects.select_related("render__brief", "character", "picture", "asked_by", "receipt")
    rows = rows.order_by("-asked_at", "-id")
    page = keyset_page(rows, before, field="asked_at", size=SIZE)
    return {"page": page, **page.links(show="deletions")}


def _holds(before: str) -> dict[str, Any]:
    rows = Render.objects.filter(held_at__isnull=False).select_related("brief__project__client", "held_by")
    page = keyset_page(rows.order_by("-held_at", "-id"), before, field="held_at", size=SIZE)
    return {"page": page, **page.links(show="holds")}


def _requests(before: str) -> dict[str, Any]:
    rows = PurgeRequest.objects.select_related("asked_by", "decided_by").order_by("-asked_at", "-id")
    page = keyset_page(rows, before, field="asked_at", size=SIZE)
    return {"page": page, **page.links(show="requests")}


_LISTS = {"deletions": _deletions, "holds": _holds, "requests": _requests}


def _rule(name: str) -> policy.Held:
    try:
        return policy.holds(name)
    except KeyError as error:
        raise Http404("There is no such rule.") from error


@requires("retention.view")
@require_http_methods(["GET", "HEAD", "POST"])
def retention_rule(request: AgencyRequest, rule: str) -> HttpResponseBase:
    """One rule with its dry run; `period` in the address tries another period. POST chooses it."""
    held = _rule(rule)
    if request.method == "POST":
        return _choose(request, held)
    return _rule_page(request, held, request.GET.get("period", ""))


def _rule_page(
    request: AgencyRequest, held: policy.Held, asked: str, *, refusal: str = "", status: int = 200
) -> HttpResponseBase:
    tried, problem = _tried(held, asked)
    context: dict[str, Any] = {
        "held": held,
        "rule": held.rule,
        "tried": tried,
        "asked": asked or str(tried.period),
        "refusal": refusal or problem,
        "is_tried": tried.period != held.period,
        "least": held.rule.words(held.rule.min),
        "longest": held.rule.words(held.rule.max),
        "default": held.rule.words(held.rule.period),
    }
    if held.rule.is_executed and held.rule.scope == "agency":
        context |= _dry_run(tried)
    return TemplateResponse(
        request, "renders/retention_rule.html", context, status=422 if problem else status
    )


def _tried(held: policy.Held, asked: str) -> tuple[policy.Held, str]:
    """The rule with the period that was asked for, and why it cannot be that one."""
    if not asked:
        return held, ""
    try:
        period = int(asked) if asked.isascii() and len(asked) < 8 else -1
        check_period(held.rule, period)
    except (ValueError, CannotChoose) as error:
        problem = str(error) if isinstance(error, CannotChoose) else "Write a whole number."
        return held, problem
    return policy.Held(held.rule, period, held.is_on, is_own=True), ""


def _dry_run(held: policy.Held) -> dict[str, Any]:
    """What would go now: a count, and the first of them."""
    rows = run.due(held)
    kept = run.kept_by_hold(held)
    is_takes = held.rule.model == "renders.Render"
    if is_takes:
        rows = rows.select_related("brief__project__client")
        kept = kept.select_related("brief", "held_by")
    found = list(rows[: SIZE + 1])
    return {
        "count": rows.count() if len(found) > SIZE else len(found),
        "rows": found[:SIZE],
        "kept": list(kept[:SIZE]),
        "is_takes": is_takes,
        "is_characters": held.rule.model == "characters.Character",
        "is_pictures": held.rule.model == "renders.Picture",
        "most": purges.MOST,
    }


def _choose(request: AgencyRequest, held: policy.Held) -> HttpResponseBase:
    asked, shown = request.POST.get("period", ""), request.POST.get("shown", "")
    if not request.membership.may("retention.manage"):
        return _rule_page(request, held, "", refusal=str(_("Only an owner changes the policy.")), status=403)
    tried, problem = _tried(held, asked)
    if problem:
        return _rule_page(request, held, asked, status=422)
    try:
        choose(
            agency=request.agency,
            rule=held.rule,
            period=tried.period,
            is_on=request.POST.get("switch", "on") == "on",
            shown=int(shown) if shown.isdecimal() and len(shown) < 12 else -1,
            by=request.user,
        )
    except Refused as error:
        return _rule_page(request, held, asked, refusal=str(error), status=409)
    messages.success(request, f"Saved: {held.rule.title}.")
    return redirect("renders:retention-rule", request.agency.slug, held.rule.name)


@requires("assets.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def purge_new(request: AgencyRequest) -> HttpResponseBase:
    """Ask for the files of a project, or of what a rule would let go now."""
    source = request.POST if request.method == "POST" else request.GET
    rule = source.get("rule", "")
    projects = list(Project.objects.select_related("client").order_by("client__name", "name"))
    project = next((p for p in projects if p.public_id == source.get("project")), None)
    takes, title = _wanted(rule, project)
    refusal = ""
    if request.method == "POST":
        try:
            made = purges.ask_purge(
                render_ids=[] if takes is None else takes.values_list("pk", flat=True)[: purges.MOST + 1],
                title=title,
                reason=request.POST.get("reason", ""),
                project=project,
                by=request.user,
            )
        except Refused as error:
            refusal = str(error)
        else:
            messages.success(request, "Asked. Somebody else has to approve it; until then nothing goes.")
            return redirect("renders:purge", request.agency.slug, made.pk)
    context = {
        "projects": projects,
        "project": project,
        "rule": rule if takes is not None and project is None else "",
        "title_words": title,
        "takes": list(takes.select_related("brief__project")[:SIZE]) if takes is not None else [],
        "count": takes.count() if takes is not None else 0,
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "is_chosen": takes is not None,
    }
    return TemplateResponse(request, "renders/purge_new.html", context, status=422 if refusal else 200)


def _wanted(rule: str, project: Project | None) -> tuple[Any, str]:
    """The takes in question, and what they are called; (None, "") while nothing is chosen."""
    if project is not None:
        return purges.takes_of(project), f"{project.client.name}, {project.name}"
    known = policy.rules().get(rule)
    if known is not None and known.action == "delete_files":
        return run.due(policy.holds(rule)), known.title
    return None, ""


def _find(purge: UUID) -> PurgeRequest:
    rows = PurgeRequest.objects.select_related("asked_by", "decided_by", "project")
    found: PurgeRequest = get_object_or_404(rows, pk=purge)
    return found


@requires("retention.view")
@require_safe
def purge_page(request: AgencyRequest, purge: UUID) -> HttpResponseBase:
    """A request, its takes, and what was decided."""
    return _purge_page(request, _find(purge))


def _purge_page(request: AgencyRequest, found: PurgeRequest, *, refusal: str = "") -> HttpResponseBase:
    takes = Render.objects.filter(pk__in=found.render_ids).select_related("brief__project__client", "held_by")
    try:
        purges.check_can_approve(found, by=request.user)
        approve_refusal = ""
    except purges.CannotSettle as error:
        approve_refusal = str(error)
    context = {
        "purge": found,
        "takes": list(takes.order_by("created_at", "pk")[: SIZE * 4]),
        "left": dict(found.outcome.get("left", [])),
        "approve_refusal": approve_refusal,
        "is_mine": found.asked_by_id == request.user.pk,
        "refusal": refusal,
        "window": policy.holds(policy.UNDO).words,
    }
    return TemplateResponse(request, "renders/purge.html", context, status=409 if refusal else 200)


@requires("retention.approve")
@require_POST
def purge_approve(request: AgencyRequest, purge: UUID) -> HttpResponseBase:
    """The second person says yes."""
    found = _find(purge)
    try:
        outcome = purges.approve_purge(request=found, by=request.user)
    except Refused as error:
        return _purge_page(request, _find(purge), refusal=str(error))
    said = f"Approved: the files of {outcome['laid']} takes go when their undo window is over."
    if outcome["left"]:
        said += f" {len(outcome['left'])} stay; the page says why."
    messages.success(request, said)
    return redirect("renders:purge", request.agency.slug, purge)


@requires("retention.approve")
@require_POST
def purge_refuse(request: AgencyRequest, purge: UUID) -> HttpResponseBase:
    """The second person says no, or the first one thinks again."""
    try:
        purges.turn_down_purge(request=_find(purge), by=request.user)
    except Refused as error:
        return _purge_page(request, _find(purge), refusal=str(error))
    messages.success(request, "Settled: nothing goes.")
    return redirect("renders:purge", request.agency.slug, purge)
