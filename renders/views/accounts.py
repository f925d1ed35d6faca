"""The platform's provider accounts, for its own staff. No key ever reaches a page."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from renders import flags
from renders.actions.accounts import ask_for_check, set_likeness
from renders.actions.dispatch import close_breaker
from renders.capabilities import SWITCHES
from renders.models import ProviderAccount
from renders.quota import free_at
from tenants.access import staff
from tenants.errors import Refused


def _described(account: ProviderAccount) -> dict[str, Any]:
    """One account as its card shows it."""
    now = timezone.now()
    offers = list(account.offers.all())
    return {
        "account": account,
        "offers": offers,
        "is_missing_some": any(offer.missing_since_at for offer in offers if offer.is_enabled),
        "is_held": account.held_until_at is not None and account.held_until_at > now,
        "is_broken": account.broken_at is not None,
        "trips": [trip for trip in account.trips.all() if trip.closed_at is not None][:3],
        "quotas": [{"row": quota, "free_at": free_at(quota, now)} for quota in account.quotas.all()],
        "held_reason": account.without_key(account.held_reason),
        "has_ended": account.has_ended,
        "alerts": [alert for alert in account.alerts.all() if alert.seen_at is None],
        "flags": [{"flag": flag, "is_on": flags.is_on(account, flag)} for flag in flags.disputed(account)],
        "can": _can(account),
        "takes_likeness": account.takes_likeness(now.date()),
    }


def _can(account: ProviderAccount) -> list[dict[str, Any]]:
    """What it can and cannot, for the report: name, whether, and whether that differs from its dialect."""
    found = account.capabilities
    return [
        {"words": words, "does": getattr(found, switch), "is_own": switch in account.capability_overrides}
        for switch, words in SWITCHES.items()
    ]


@staff("accounts.view")
@require_safe
def account_list(request: HttpRequest) -> HttpResponseBase:
    """Every account; the first active one takes new work."""
    rows = ProviderAccount.objects.order_by("pk").prefetch_related(
        "offers", "alerts", "quotas", "trips__closed_by"
    )
    described = [_described(account) for account in rows]
    active = [account for account in rows if account.is_active]
    going_on = [account for account in active if not account.has_ended] or active
    first = going_on[0].pk if going_on else None
    return TemplateResponse(request, "renders/accounts.html", {"rows": described, "first": first})


@staff("accounts.view")
@require_safe
def account_card(request: HttpRequest, account: str) -> HttpResponseBase:
    """One account's card, asked for again until its check has been answered."""
    row = _described(get_object_or_404(ProviderAccount, slug=account))
    taking = ProviderAccount.objects.for_new_renders()
    first = taking.pk if taking is not None else None
    return TemplateResponse(request, "renders/accounts.html#card", {"row": row, "first": first})


@staff("accounts.manage")
@require_POST
def account_check(request: HttpRequest, account: str) -> HttpResponseBase:
    """Ask for a check now."""
    found = get_object_or_404(ProviderAccount, slug=account)
    if found.is_active:
        ask_for_check(account=found, by=request.user)  # type: ignore[arg-type]
        messages.info(
            request, f"Asked {found.name}. It answers in a few seconds; nothing is created or charged."
        )
    else:
        messages.error(request, f"{found.name} is switched off, so it is not asked anything.")
    return redirect("renders:accounts")


@staff("accounts.manage")
@require_POST
def account_breaker(request: HttpRequest, account: str) -> HttpResponseBase:
    """Send again through an account that was taken out of use."""
    found = get_object_or_404(ProviderAccount, slug=account)
    try:
        close_breaker(account=found, reason=request.POST.get("reason", ""), by=request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.name} is used again. What waits goes out now.")
    return redirect("renders:accounts")


@staff("accounts.manage")
@require_POST
def account_likeness(request: HttpRequest, account: str) -> HttpResponseBase:
    """Whether the provider has agreed to likenesses of people, with dates and evidence."""
    found = get_object_or_404(ProviderAccount, slug=account)
    try:
        set_likeness(
            account=found,
            since=_day(request.POST.get("since", "")),
            until=_day(request.POST.get("until", "")),
            evidence=request.POST.get("evidence", ""),
            by=request.user,  # type: ignore[arg-type]
        )
    except (Refused, ValueError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Saved what {found.name} has agreed to.")
    return redirect("renders:accounts")


def _day(text: str) -> date | None:
    """Raises ValueError with a sentence."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("Enter days as 2026-11-30.") from None
