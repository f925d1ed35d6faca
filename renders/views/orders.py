"""What waits for an approval of its price, and its decision by a second person."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from renders import ledger, storyboards
from renders.actions import orders as order_actions
from renders.models import ApprovalRule, Order, OrderVerdict, Project, Render
from renders.pricing import MICROUSD
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused, refusal_of
from tenants.paging import keyset_page

SHOWN_WAITING = 100


class ThresholdForm(forms.Form):
    """From which price on a second person approves; empty for never."""

    project: "forms.ModelChoiceField[Project]" = forms.ModelChoiceField(
        queryset=None, required=False, label=_("Where"), empty_label=_("The whole agency")
    )
    above = forms.DecimalField(
        required=False,
        min_value=Decimal("0"),
        max_value=Decimal("10000000"),
        decimal_places=2,
        label=_("Above, in US dollars"),
        help_text=_("Empty: no approval is needed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["project"]
        field.queryset = Project.objects.select_related("client").order_by("client__name", "name")
        field.label_from_instance = lambda project: f"{project.client.name} · {project.name}"

    def microusd(self) -> int | None:
        """The threshold in micro-dollars, exactly."""
        above = self.cleaned_data["above"]
        return None if above is None else int(above * MICROUSD)


def _list(request: AgencyRequest, form: ThresholdForm | None = None, status: int = 200) -> HttpResponseBase:
    show = "decided" if request.GET.get("show") == "decided" else "waiting"
    asked = Order.objects.listed().exclude(verdict=OrderVerdict.NOT_NEEDED)
    if show == "waiting":
        rows, links = list(asked.waiting()[:SHOWN_WAITING]), {}
    else:
        page = keyset_page(
            asked.exclude(verdict=OrderVerdict.WAITING), request.GET.get("before", ""), field="decided_at"
        )
        rows, links = page.rows, page.links(show=show)
    context = {
        "orders": rows,
        "tabs": [
            {"label": _("Waiting"), "url": "?show=waiting", "is_current": show == "waiting"},
            {"label": _("Decided"), "url": "?show=decided", "is_current": show == "decided"},
        ],
        "show": show,
        "rules": ApprovalRule.objects.select_related("project__client").order_by("project__name"),
        "form": form or ThresholdForm(),
        **links,
    }
    return TemplateResponse(request, "renders/approvals.html", context, status=status)


@requires("spend.approve")
@require_safe
def approvals(request: AgencyRequest) -> HttpResponseBase:
    """What waits, longest first; what was decided, on request."""
    return _list(request)


@requires("budgets.manage")
@require_POST
def threshold(request: AgencyRequest) -> HttpResponseBase:
    """Set or end a threshold."""
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    order_actions.set_threshold(
        above_microusd=form.microusd(), project=form.cleaned_data["project"], by=request.user
    )
    messages.success(request, "The threshold is set. It binds from the next submit on.")
    return redirect("renders:approvals", request.agency.slug)


def _page(
    request: AgencyRequest, order: Order, *, refusal: str = "", note: str = "", status: int = 200
) -> HttpResponseBase:
    takes = list(
        Render.objects.filter(order=order).select_related("parent__brief", "account").order_by("take")
    )
    context = {
        "order": order,
        "takes": takes,
        "first": takes[0] if takes else None,
        "scenes": _scenes(order),
        "is_waiting": order.verdict == OrderVerdict.WAITING,
        "why_not": refusal_of(order_actions.check_can_decide, order, by=request.user),
        "refusal": refusal,
        "note": note,
        "room": ledger.room_for(order.brief.project) if order.verdict == OrderVerdict.WAITING else None,
    }
    return TemplateResponse(request, "renders/order.html", context, status=status)


def _scenes(order: Order) -> list[storyboards.Shown]:
    """Of a storyboard's order that waits: what it asks for. Later the storyboard's own page tells what became of them."""
    if order.storyboard is None:
        return []
    try:
        plan = storyboards.look(order.storyboard, storyboards.account_now())
    except storyboards.NoAccount:
        return []
    return plan.to_go if order.verdict == OrderVerdict.WAITING else plan.scenes


@requires("renders.view")
@require_safe
def order_page(request: AgencyRequest, order: UUID) -> HttpResponseBase:
    """One order: what it would make, what it costs, who asked, what became of it."""
    return _page(request, get_object_or_404(Order.objects.listed(), pk=order))


@requires("spend.approve")
@require_POST
def order_decide(request: AgencyRequest, order: UUID) -> HttpResponseBase:
    """Approve it, or not; the page says what was shown."""
    found = get_object_or_404(Order.objects.listed(), pk=order)
    verdict, note = request.POST.get("verdict", ""), request.POST.get("note", "")
    if verdict not in {OrderVerdict.APPROVED, OrderVerdict.DECLINED}:
        raise Http404("No such verdict.")
    try:
        if verdict == OrderVerdict.APPROVED:
            done = order_actions.approve_order(
                order=found, shown_digest=request.POST.get("shown_digest", "")[:64], by=request.user
            )
        else:
            done = order_actions.decline_order(order=found, note=note, by=request.user)
    except Refused as error:
        again = get_object_or_404(Order.objects.listed(), pk=order)
        status = 409 if again.verdict != OrderVerdict.WAITING else 422
        return _page(request, again, refusal=str(error), note=note, status=status)
    _say(request, done)
    return redirect("renders:approvals", request.agency.slug)


def _say(request: AgencyRequest, order: Order) -> None:
    if order.verdict == OrderVerdict.VOID:
        messages.warning(
            request,
            "Nothing was approved: the price has changed since. It is withdrawn; whoever asked submits it again.",
        )
    elif order.verdict == OrderVerdict.APPROVED:
        messages.success(request, "Approved. The price is set aside, and it goes to the provider.")
    else:
        messages.success(request, "Not approved. Nothing is spent; whoever asked reads your reason.")
