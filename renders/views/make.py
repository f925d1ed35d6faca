"""Make something from a take: a remix, an edit, an extension, or its final version."""

import secrets
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from renders import ledger, pricing, wishes
from renders.actions import derive
from renders.actions import renders as render_actions
from renders.make_form import FinalForm, MakeForm
from renders.models import AssetKind, ProviderAccount, Render
from renders.placing import threshold_passed
from renders.states import Kind
from renders.views.refusals import live_check, mend
from renders.views.renders import find, page_of
from tenants import storage
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused

FINAL = "final"
WAYS = {
    Kind.EDIT: ("Edit", "The same clip with something changed."),
    Kind.EXTEND: ("Extend", "The clip goes on from its last frame."),
    Kind.REMIX: ("Remix", "The same scene once more, told anew."),
    FINAL: ("Final take", "The chosen take once more, with the dearer model."),
}


def _way(request: AgencyRequest) -> str:
    wanted = request.GET.get("what", "")
    return wanted if wanted in WAYS else str(Kind.EDIT)


def _refusal(account: ProviderAccount, source: Render, way: str) -> str:
    """Why this cannot be made from the take; empty when it can."""
    try:
        if way == FINAL:
            derive.check_can_promote(source)
        else:
            wishes.check_source(account, source, Kind(way))
            if way == Kind.EXTEND:
                shortest = min(account.extension_seconds, default=0)
                wishes.check(account, wishes.extend(source, shortest))
    except Refused as error:
        return str(error)
    return ""


def _price(account: ProviderAccount, source: Render, way: str, form: Any) -> dict[str, Any]:
    """What the form asks for costs now: {price, microusd, rate, seconds, count} or {problem}."""
    project = source.brief.project_id
    try:
        if way == FINAL:
            return _quoted(*form.chosen(), count=1, project=project)
        seconds = form.chosen_seconds() if way == Kind.EXTEND else 0
        wish = derive.wish_for(source, Kind(way), seconds=seconds)
        wishes.check(account, wish)
        quote = pricing.quote(account, **wish.choice())
    except Refused as error:
        return {"problem": str(error)}
    count = form.chosen_count()
    return _quoted(quote.row.microusd_per_second, wish.seconds, quote.microusd, count=count, project=project)


def _quoted(rate: int, seconds: int, microusd: int, *, count: int, project: Any) -> dict[str, Any]:
    total = microusd * count
    return {
        "needs_approval": threshold_passed(project, total),
        "price": pricing.dollars(total),
        "each": pricing.dollars(microusd),
        "microusd": total,
        "rate": pricing.dollars(rate),
        "seconds": seconds,
        "count": count,
    }


def _form(account: ProviderAccount, source: Render, way: str, data: Any = None, **kwargs: Any) -> Any:
    if way == FINAL:
        return FinalForm(data, source=source, choices=derive.finals(source, account), **kwargs)
    return MakeForm(data, source=source, account=account, way=way, **kwargs)


def _page(
    request: AgencyRequest,
    source: Render,
    way: str,
    form: Any,
    *,
    status: int = 200,
    refusal: str = "",
    lacks_budget: bool = False,
) -> HttpResponseBase:
    account = render_actions.account_for_new_renders()
    values = form.data if form.is_bound else form.initial
    context = {
        "render": source,
        "way": way,
        "title": WAYS[way][0],
        "tabs": [
            {"label": label, "url": f"?what={key}", "is_current": key == way}
            for key, (label, _note) in WAYS.items()
        ],
        "note": WAYS[way][1],
        "form": form,
        "blocked": _refusal(account, source, way),
        "refusal": refusal,
        "lacks_budget": lacks_budget,
        "price": _price(account, source, way, form),
        "policy": live_check(values, client_id=source.brief.project.client_id),
        "submit_key": values.get("submit_key") or secrets.token_urlsafe(24),
        "proxy": source.asset(AssetKind.PROXY) or source.asset(AssetKind.ORIGINAL),
        "poster": source.asset(AssetKind.POSTER),
        "account": account,
        "chain": _chain(account, source),
    }
    return TemplateResponse(request, "renders/make.html", context, status=status)


def _chain(account: ProviderAccount, source: Render) -> dict[str, Any]:
    """How much of the limits of a chain is used."""
    return {
        "seconds": source.clip_seconds,
        "most": account.max_chain_seconds,
        "left": wishes.seconds_left(account, source),
        "extensions": source.extensions,
        "most_extensions": account.max_extensions,
        "verified_on": account.chains_verified_on,
    }


@requires("renders.submit")
def make(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The form, and what becomes of it. A refusal shows it again with everything in it."""
    source, way = find(render), _way(request)
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/no_account.html", {"refusal": str(error)})
    if request.method != "POST":
        return _page(request, source, way, _form(account, source, way))
    do = request.POST.get("do", "")
    if do.startswith("mend:"):
        changed = mend(
            request.POST.dict(), do.removeprefix("mend:"), client_id=source.brief.project.client_id
        )
        initial = {**request.POST.dict(), **changed}
        return _page(request, source, way, _form(account, source, way, initial=initial))
    form = _form(account, source, way, request.POST)
    if not form.is_valid():
        return _page(request, source, way, form, status=422)
    return _submit(request, source, way, form)


def _submit(request: AgencyRequest, source: Render, way: str, form: Any) -> HttpResponseBase:
    shown = request.POST.get("shown_microusd", "")
    common: dict[str, Any] = {
        "source": source,
        "submit_key": request.POST.get("submit_key", "")[:64] or secrets.token_urlsafe(24),
        "shown_microusd": int(shown) if shown.isdecimal() and len(shown) < 16 else -1,
        "by": request.user,
    }
    # The action writes its prompt into the brief in hand; the page needs it as it is.
    fresh = find(source.pk)
    try:
        if way == FINAL:
            model, size = form.choice()
            take = derive.promote_render(**common, model=model, size=size)
        else:
            take = derive.derive_render(**common, kind=Kind(way), **form.wanted())
    except ledger.NoBudget:
        return _page(request, fresh, way, form, status=422, lacks_budget=True)
    except (Refused, storage.StorageFailed) as error:
        field = {"prompt": "subject"}.get(getattr(error, "field", ""), getattr(error, "field", ""))
        if field in form.fields:
            form.add_error(field, str(error))
            return _page(request, fresh, way, form, status=422)
        return _page(request, fresh, way, form, status=422, refusal=str(error))
    return redirect(*page_of(request, take))


@requires("renders.submit")
@require_POST
def make_preview(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """The price and what the rules find, as the form changes. Nothing is kept."""
    source, way = find(render), _way(request)
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/make.html#price", {"price": {"problem": str(error)}})
    context = {
        "price": _price(account, source, way, _form(account, source, way, request.POST)),
        "policy": live_check(request.POST, client_id=source.brief.project.client_id),
        "is_live": True,
    }
    return TemplateResponse(request, "renders/make.html#price", context)
