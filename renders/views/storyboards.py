"""Storyboards: plan scenes, see every price, start them with one total, follow them, and judge their continuity."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders import ledger, storyboards
from renders.actions import renders as render_actions
from renders.actions import storyboards as actions
from renders.actions.storyboard_orders import check_room
from renders.models import Brief, ContinuityItem, OrderVerdict, Project, ProviderAccount, Storyboard
from renders.placing import threshold_passed
from renders.preflight import preflight
from renders.storyboard_form import NewStoryboardForm, SceneForm, bound, scene_forms, without
from renders.storyboard_states import STARTABLE
from renders.storyboards import Plan, Wanted
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of
from tenants.paging import keyset_page


@requires("briefs.view")
@require_safe
def storyboard_list(request: AgencyRequest) -> HttpResponseBase:
    """Storyboards, last touched first."""
    page = keyset_page(
        Storyboard.objects.listed(), request.GET.get("before", ""), field="updated_at", size=30
    )
    context = {"page": page, **page.links()}
    return TemplateResponse(request, "renders/storyboard_list.html", context)


@requires("briefs.edit")
def storyboard_new(request: AgencyRequest) -> HttpResponseBase:
    """A new one with its first scene; the next page has the others."""
    if not Project.objects.exists():
        messages.info(request, "A storyboard belongs to a project. Start one first.")
        return redirect("renders:project-new", request.agency.slug)
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/no_account.html", {"refusal": str(error)})
    initial = {"project": request.GET.get("project")}
    form = NewStoryboardForm(request.POST or None, account=account, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        board = actions.create_storyboard(
            project=data["project"],
            title=data["title"],
            model=data["model"],
            size=data["size"],
            first=Wanted(data["words"], data["seconds"]),
            by=request.user,
        )
        return redirect("renders:storyboard", request.agency.slug, board.pk)
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "renders/storyboard_new.html", {"form": form}, status=status)


@requires("briefs.edit")
@require_POST
def brief_storyboard(request: AgencyRequest, brief: UUID) -> HttpResponseBase:
    """Plan further scenes after a brief; the one plan that it has, if there is one."""
    found = get_object_or_404(Brief.objects, pk=brief)
    board = actions.plan_from(brief=found, by=request.user)
    return redirect("renders:storyboard", request.agency.slug, board.pk)


def _find(board: UUID) -> Storyboard:
    related = ("brief__project__client", "brief__picture", "created_by")
    rows = Storyboard.objects.select_related(*related).prefetch_related("scenes")
    found: Storyboard = get_object_or_404(rows, pk=board)
    return found


def _prices(plan: Plan) -> dict[str, Any]:
    """What the panel beside the scenes says: prices, limits, what a rule refuses, and why it cannot start."""
    project, to_go = plan.board.brief.project, plan.to_go_microusd
    room = ledger.room_for(project)
    needs = threshold_passed(project.pk, to_go)
    covered = storyboards.covers(storyboards.order_of(plan.board), plan)
    return {
        "plan": plan,
        "to_go": to_go,
        "room": room,
        "lacks_budget": room is None,
        "needs_approval": None if covered else needs,
        "hits": _hits(plan),
        "start_refusal": refusal_of(actions.check_can_start, plan.board, plan)
        or refusal_of(check_room, plan),
    }


def _hits(plan: Plan) -> list[dict[str, Any]]:
    """What the rules find in scenes that are to go."""
    client = plan.board.brief.project.client_id
    found = []
    for shown in plan.to_go:
        for hit in preflight({"subject": shown.words}, client_id=client).findings.hits:
            found.append({"position": shown.position, "phrase": hit.phrase, "why": hit.rule.why})
    return found


def _status(board: Storyboard, account: ProviderAccount) -> dict[str, Any]:
    """What the live panel shows: every scene that was saved, its state and its price."""
    plan = storyboards.look(board, account)
    order = storyboards.order_of(board)
    paid, held = storyboards.spent(board)
    return {
        "board": board,
        "saved": plan,
        "paid": paid,
        "held": held,
        "order": order,
        "is_waiting": order is not None and order.verdict == OrderVerdict.WAITING,
        "under_way": next((shown.take for shown in plan.scenes if shown.is_under_way), None),
        "last": plan.made[-1].take if plan.made else None,
        "can_stop": board.state in {"running", "awaiting"},
    }


def _page(
    request: AgencyRequest,
    board: Storyboard,
    forms: list[SceneForm] | None = None,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponseBase:
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/no_account.html", {"refusal": str(error)})
    saved = storyboards.look(board, account)
    forms = scene_forms(saved) if forms is None else forms
    plan = storyboards.look(board, account, [form.wanted() for form in forms])
    closed = {shown.position for shown in saved.scenes if not shown.is_open}
    context = {
        **_status(board, account),
        **_prices(plan),
        "rows": [
            {"form": form, "shown": shown, "is_closed": shown.position in closed}
            for form, shown in zip(forms, plan.scenes, strict=True)
        ],
        "refusal": refusal,
        "was": board.state,
        "can_start": board.state in STARTABLE,
        "continuity": _continuity(board, saved),
        "events": board.events.order_by("-version")[:20],
    }
    return TemplateResponse(request, "renders/storyboard.html", context, status=status)


def _continuity(board: Storyboard, saved: Plan) -> list[dict[str, Any]]:
    """Each item with what was found of it, and whether scenes were made since."""
    known = {row.item: row for row in board.continuity.select_related("judged_by")}
    made = len(saved.made)
    return [
        {
            "item": item.value,
            "label": item.label,
            "verdict": known.get(item.value),
            "is_old": item.value in known and known[item.value].scenes_seen < made,
            "scenes": range(2, made + 1),
        }
        for item in ContinuityItem
    ]


@requires("briefs.view")
def storyboard_page(request: AgencyRequest, board: UUID) -> HttpResponseBase:
    """The whole of it on one page. A refusal shows the form again with everything in it."""
    found = _find(board)
    if request.method != "POST":
        return _page(request, found)
    if not request.membership.may("briefs.edit"):
        return _page(
            request, found, status=403, refusal="Your role may look at storyboards, not change them."
        )
    return _changed(request, found)


def _changed(request: AgencyRequest, board: Storyboard) -> HttpResponseBase:
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/no_account.html", {"refusal": str(error)})
    saved, do = storyboards.look(board, account), request.POST.get("do", "")
    if do == "add":
        return _page(request, board, scene_forms(saved, request.POST, more=1))
    if do.startswith("drop:") and do[5:].isdecimal():
        return _page(request, board, scene_forms(saved, without(request.POST, int(do[5:][:3]))))
    forms = bound(scene_forms(saved, request.POST), request.POST, saved)
    closed = {shown.position for shown in saved.scenes if not shown.is_open}
    # What was sent meanwhile stays as it was sent, so its fields need not be right.
    if [n for n, form in enumerate(forms, start=1) if n not in closed and not form.is_valid()]:
        return _page(request, board, forms, status=422)
    return _save(request, board, forms, starts=do == "start")


def _save(
    request: AgencyRequest, board: Storyboard, forms: list[SceneForm], *, starts: bool
) -> HttpResponseBase:
    """Save, and start if that is wanted: both or neither, but for a refusal by a rule, whose record stays."""
    if starts and not request.membership.may("renders.submit"):
        return _page(request, board, forms, status=403, refusal="Your role may plan, not spend.")
    shown = request.POST.get("shown_microusd", "")
    price = int(shown) if shown.isdecimal() and len(shown) < 16 else -1
    try:
        with transaction.atomic():
            made = actions.save_plan(board=board, scenes=[form.wanted() for form in forms], by=request.user)
            if starts:
                try:
                    made = actions.start(board=made, shown_microusd=price, by=request.user)
                except render_actions.BlockedByPolicy as blocked:
                    messages.error(request, f"{blocked} The plan is saved.")
                    return redirect("renders:storyboard", request.agency.slug, board.pk)
    except Refused as error:
        return _page(request, _find(board.pk), forms, status=422, refusal=str(error))
    _say(request, made, starts=starts)
    return redirect("renders:storyboard", request.agency.slug, board.pk)


def _say(request: AgencyRequest, board: Storyboard, *, starts: bool) -> None:
    if not starts:
        messages.success(request, "Saved. Nothing is rendered until you start it.")
    elif board.state == "awaiting":
        messages.success(request, "It waits for the approval of its total. Nothing is set aside before that.")
    else:
        messages.success(request, "Started. Each scene is sent when the one before it is stored.")


@requires("briefs.edit")
@require_POST
def storyboard_preview(request: AgencyRequest, board: UUID) -> HttpResponseBase:
    """Prices and limits as the form changes. Nothing is kept."""
    found = _find(board)
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/storyboard.html#prices", {"start_refusal": str(error)})
    saved = storyboards.look(found, account)
    forms = scene_forms(saved, request.POST)
    plan = storyboards.look(found, account, [form.wanted() for form in forms])
    context = {"board": found, **_prices(plan), "can_start": found.state in STARTABLE, "is_live": True}
    return TemplateResponse(request, "renders/storyboard.html#prices", context)


@requires("briefs.view")
@require_safe
def storyboard_status(request: AgencyRequest, board: UUID) -> HttpResponseBase:
    """The panel of states alone; what is being typed beside it stays."""
    found = _find(board)
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/no_account.html", {"refusal": str(error)})
    context = {**_status(found, account), "was": request.GET.get("was", found.state)}
    return TemplateResponse(request, "renders/storyboard.html#states", context)


@requires("renders.submit")
@require_POST
def storyboard_stop(request: AgencyRequest, board: UUID) -> HttpResponseBase:
    """No further scene is sent."""
    found = _find(board)
    try:
        actions.stop(board=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Stopped. The scene that is under way is still made; no other is sent.")
    return redirect("renders:storyboard", request.agency.slug, found.pk)


@requires("reviews.decide")
@require_POST
def storyboard_continuity(request: AgencyRequest, board: UUID) -> HttpResponseBase:
    """One verdict of one item."""
    found, at = _find(board), request.POST.get("breaks_at", "")
    try:
        actions.judge_continuity(
            board=found,
            item=request.POST.get("item", ""),
            breaks_at=int(at) if at.isdecimal() and len(at) < 4 else None,
            by=request.user,
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Noted.")
    return redirect("renders:storyboard", request.agency.slug, found.pk)
