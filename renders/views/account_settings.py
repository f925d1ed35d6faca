"""Set up provider accounts, and rehearse a move from one to another. For the platform's staff."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from renders import flags, pricing, retarget
from renders.account_forms import AccountForm, OfferForm
from renders.actions import account_settings as actions
from renders.actions.retargeting import CannotRetarget, Moved, check_target, retarget_waiting
from renders.models import AccountAlert, Brief, ProviderAccount, Render
from renders.states import UNSENT, Kind
from tenants import scope
from tenants.access import staff
from tenants.models import Agency

MOST_LINES = 300


@contextmanager
def _into(form: Any) -> Iterator[None]:
    """What an action refuses is said beside the field that it names."""
    try:
        yield
    except actions.BadAccount as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


@staff("accounts.manage")
@require_http_methods(["GET", "POST"])
def account_new(request: HttpRequest) -> HttpResponseBase:
    """A new account."""
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with _into(form):
            made = actions.add_account(settings=form.settings(), by=request.user)  # type: ignore[arg-type]
            messages.success(
                request,
                f"{made.name} is set up and being tested. Now say which models it offers, and for how much.",
            )
            return redirect("renders:account-models", made.slug)
    return TemplateResponse(
        request, "renders/account_form.html", {"form": form}, status=422 if form.errors else 200
    )


@staff("accounts.manage")
@require_http_methods(["GET", "POST"])
def account_settings(request: HttpRequest, account: str) -> HttpResponseBase:
    """Change an account. The key is never shown; an empty field leaves it."""
    found = get_object_or_404(ProviderAccount, slug=account)
    form = AccountForm(request.POST or None, account=found)
    if request.method == "POST" and form.is_valid():
        with _into(form):
            actions.change_account(account=found, settings=form.settings(), by=request.user)  # type: ignore[arg-type]
            messages.success(request, f"Saved. {found.name} is being tested again.")
            return redirect("renders:accounts")
    context = {"form": form, "account": found}
    return TemplateResponse(request, "renders/account_form.html", context, status=422 if form.errors else 200)


@staff("accounts.manage")
@require_http_methods(["GET", "POST"])
def account_models(request: HttpRequest, account: str) -> HttpResponseBase:
    """The models of an account: one form each, and one for another model."""
    found = get_object_or_404(ProviderAccount.objects.prefetch_related("offers"), slug=account)
    sent = request.POST.get("offer") if request.method == "POST" else None
    rows = []
    for offer in found.offers.all():
        data = request.POST if sent == offer.model else None
        rows.append((offer, OfferForm(data, account=found, offer=offer, prefix=f"o{offer.pk}")))
    new = OfferForm(request.POST if sent == "" else None, account=found, prefix="new")
    form = next((form for offer, form in rows if offer.model == sent), new if sent == "" else None)
    if form is not None and form.is_valid():
        with _into(form):
            saved = actions.save_offer(account=found, offer=form.offer(), by=request.user)  # type: ignore[arg-type]
            messages.success(request, f"Saved {saved.label}. Takes that are quoted already keep their price.")
            return redirect("renders:account-models", found.slug)
    has_errors = form is not None and bool(form.errors)
    context = {
        "account": found,
        "rows": rows,
        "new": new,
        "new_is_open": not rows or bool(new.errors),
        "failed": form if has_errors else None,
    }
    return TemplateResponse(
        request, "renders/account_models.html", context, status=422 if has_errors else 200
    )


@staff("accounts.manage")
@require_POST
def account_flag(request: HttpRequest, account: str) -> HttpResponseBase:
    """Switch disputed choices on or off."""
    found = get_object_or_404(ProviderAccount, slug=account)
    name, on = request.POST.get("flag", ""), request.POST.get("do") == "on"
    try:
        actions.switch_flag(account=found, name=name, on=on, by=request.user)  # type: ignore[arg-type]
    except flags.CannotSwitch as refusal:
        messages.error(request, str(refusal))
    else:
        said = "are offered" if on else "are not offered any more"
        messages.success(request, f"{flags.BY_NAME[name].title} {said} at {found.name}.")
    return redirect("renders:accounts")


@staff("accounts.manage")
@require_POST
def alert_seen(request: HttpRequest, account: str, alert: int) -> HttpResponseBase:
    """Put an alert away."""
    found = get_object_or_404(AccountAlert, pk=alert, account__slug=account)
    actions.see_alert(alert=found, by=request.user)  # type: ignore[arg-type]
    return redirect("renders:accounts")


def _others(source: ProviderAccount) -> list[ProviderAccount]:
    return list(
        ProviderAccount.objects.usable().exclude(pk=source.pk).order_by("pk").prefetch_related("offers")
    )


def _rows(source: ProviderAccount) -> list[dict[str, Any]]:
    """Equal choices, counted per agency: takes that wait for the account, and briefs, which wait for no account yet."""
    choice = ("model", "size", "seconds")
    with scope.platform_reading("drill: takes and briefs of an account"):
        names = dict(Agency.objects.values_list("pk", "name"))
        waiting = Render.objects.filter(account=source, state__in=sorted(UNSENT))
        takes = waiting.order_by().values("org", "kind", *choice)
        takes = list(takes.annotate(count=Count("pk"), was_microusd=Sum("quoted_microusd"))[:MOST_LINES])
        briefs = Brief.objects.exclude(seconds=None).order_by().values("org", *choice)
        briefs = list(briefs.annotate(count=Count("pk"))[:MOST_LINES])
    rows = [{**row, "what": "takes"} for row in takes]
    for brief in briefs:
        rows.append(
            {**brief, "what": "briefs", "kind": Kind.CREATE, "was_microusd": _price_now(source, brief)}
        )
    for row in rows:
        row["agency"] = names.get(row.pop("org"), "")
    return sorted(rows, key=lambda row: (row["what"] != "takes", row["agency"], row["model"], row["size"]))


def _price_now(source: ProviderAccount, brief: dict[str, Any]) -> int | None:
    try:
        quote = pricing.quote(source, **{name: brief[name] for name in ("model", "size", "seconds")})
    except pricing.NoPrice:
        return None
    return quote.microusd * int(brief["count"])


@staff("accounts.manage")
@require_safe
def account_drill(request: HttpRequest, account: str) -> HttpResponseBase:
    """What would change if another account took over. Nothing is changed by looking."""
    source = get_object_or_404(ProviderAccount.objects.prefetch_related("offers"), slug=account)
    return _drill(request, source, request.GET.get("to", ""))


def _drill(request: HttpRequest, source: ProviderAccount, to: str, *, refusal: str = "") -> HttpResponseBase:
    others = _others(source)
    target = next((other for other in others if other.slug == to), others[0] if others and not to else None)
    found = retarget.lines(target, _rows(source)) if target is not None else []
    takes = [line for line in found if line.what == "takes"]
    context = {
        "account": source,
        "others": others,
        "target": target,
        "takes": takes,
        "briefs": [line for line in found if line.what == "briefs"],
        "fit": sum(line.count for line in takes if line.verdict.is_same),
        "wait": sum(line.count for line in takes),
        "lacks": _lost(source, target) if target is not None else [],
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
    }
    return TemplateResponse(request, "renders/account_drill.html", context, status=422 if refusal else 200)


def _lost(source: ProviderAccount, target: ProviderAccount) -> list[str]:
    """What the source can and the target cannot, in sentences."""
    names = (
        "can_remix",
        "can_edit",
        "can_extend",
        "can_reference",
        "takes_characters",
        "can_list",
        "can_delete",
    )
    return [
        target.why_cannot(name)
        for name in names
        if getattr(source.capabilities, name) and not getattr(target.capabilities, name)
    ]


@staff("accounts.manage")
@require_POST
def account_retarget(request: HttpRequest, account: str) -> HttpResponseBase:
    """Move what waits, and fits as it is, to another account."""
    source = get_object_or_404(ProviderAccount, slug=account)
    to = request.POST.get("to", "")
    target = get_object_or_404(ProviderAccount.objects.prefetch_related("offers"), slug=to)
    try:
        check_target(source, target)
        moved = _move_all(request, source, target)
    except CannotRetarget as refusal:
        return _drill(request, source, to, refusal=str(refusal))
    said = f"{moved.count} takes wait for {target.name} now, at its prices."
    (messages.success if moved.count else messages.warning)(request, said)
    for why, count in sorted(moved.left.items(), key=lambda item: -item[1])[:5]:
        messages.warning(request, f"{count} stayed: {why}")
    return redirect("renders:accounts")


def _move_all(request: HttpRequest, source: ProviderAccount, target: ProviderAccount) -> Moved:
    """Agency by agency, each in its own scope. Raises CannotRetarget when nothing can be moved."""
    with scope.platform_reading("drill: agencies whose takes wait"):
        waiting = Render.objects.filter(account=source, state__in=sorted(UNSENT)).order_by()
        agencies = list(waiting.values_list("org", flat=True).distinct())
    total = Moved()
    for org in agencies:
        with scope.entered(org):
            moved = retarget_waiting(
                source=source,
                target=target,
                reason=request.POST.get("reason", ""),
                by=request.user,  # type: ignore[arg-type]
            )
        total.count += moved.count
        for why, count in moved.left.items():
            total.left[why] = total.left.get(why, 0) + count
    return total
