"""The rail: places a member may go, with what waits there."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, IntegerField, Max, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from characters.models import Character
from renders.models import ProviderAccount, Render, Storyboard
from renders.states import UNDER_WAY, State
from renders.storyboard_states import Progress

MOST_COUNTED = 100  # characters that wait: nobody needs to know how many more


@dataclass(frozen=True)
class Place:
    key: str
    label: Any
    icon: str
    url_name: str
    permission: str


PLACES = (
    Place("home", _("Home"), "house", "reviews:home", "agency.view"),
    Place("briefs", _("Briefs"), "file-text", "renders:brief-list", "briefs.view"),
    Place("queue", _("Queue"), "list-video", "renders:queue", "renders.view"),
    Place("review", _("Review"), "message-square", "reviews:review-list", "reviews.view"),
    Place("storyboards", _("Storyboards"), "film", "renders:storyboard-list", "briefs.view"),
    Place("characters", _("Characters"), "sparkles", "characters:character-list", "characters.view"),
    Place("policy", _("Policy"), "shield", "renders:policy", "policy.view"),
    Place("approvals", _("Approvals"), "circle-check", "renders:approvals", "spend.approve"),
    Place("spend", _("Spend"), "wallet", "renders:spend", "spend.view"),
    Place("members", _("Members"), "users", "tenants:members", "members.view"),
    Place("settings", _("Settings"), "settings", "tenants:settings", "settings.manage"),
    Place("retention", _("Retention"), "hourglass", "renders:retention", "retention.view"),
    Place("audit", _("Audit"), "scroll-text", "tenants:audit", "audit.view"),
)
# The platform's own people.
STAFF_PLACES = (
    Place("triage", _("Triage"), "gavel", "renders:triage", ""),
    Place("appeals", _("Appeals"), "scale", "renders:appeals", ""),
    Place("doubts", _("In doubt"), "circle-help", "renders:doubts", ""),
    Place("likeness", _("Characters’ clips"), "user", "characters:likeness-list", ""),
    Place("pictures", _("Opening images"), "image", "renders:staff-pictures", ""),
    Place("agencies", _("Agencies"), "building-2", "renders:staff-agencies", ""),
    Place("accounts", _("Provider accounts"), "webhook", "renders:accounts", ""),
    Place("mismatches", _("Does not agree"), "wallet", "renders:mismatches", ""),
    Place("admin", _("Platform tables"), "library", "admin:index", ""),
    Place("styleguide", _("Style guide"), "layers", "styleguide", ""),
)


def _how_many(rows: Any) -> Func:
    """The number of rows as a column that is the same for every row, and there even when there is no row."""
    return Func(ArraySubquery(rows), function="CARDINALITY", output_field=IntegerField())


def _counts() -> dict[str, int]:
    """What waits: takes under way, takes to be decided, characters to be approved. One query."""
    waiting = Character.objects.waiting_for_approval().order_by().values("pk")[:MOST_COUNTED]
    count = _how_many(waiting)
    asked = _how_many(
        Storyboard.objects.filter(state=Progress.AWAITING).order_by().values("pk")[:MOST_COUNTED]
    )
    accounts = ProviderAccount.objects.usable().order_by()
    usable, going_on = (_how_many(rows.values("pk")[:1]) for rows in (accounts, accounts.going_on()))
    found: dict[str, int] = Render.objects.on_lists().aggregate(
        queue=Count("pk", filter=Q(state__in=sorted(UNDER_WAY))),
        review=Count("pk", filter=Q(state=State.IN_REVIEW)),
        approvals=Count("order", distinct=True, filter=Q(state=State.AWAITING_APPROVAL))
        + Coalesce(Max(asked), asked),
        # Uncorrelated: the same for every row, and there even when there is no row.
        characters=Coalesce(Max(count), count),
        usable=Coalesce(Max(usable), usable),
        going_on=Coalesce(Max(going_on), going_on),
    )
    return found


def nav(request: HttpRequest) -> list[dict[str, Any]]:
    """Items for the rail; empty outside an agency and outside the staff's pages."""
    if not hasattr(request, "membership"):
        return _staff_nav(request)
    counts = _counts()
    # Read by the page's frame: whether the platform has an account, and none whose service goes on.
    request.service_ended = bool(counts["usable"]) and not counts["going_on"]  # type: ignore[attr-defined]
    items = []
    for place in PLACES:
        if not request.membership.may(place.permission):
            continue
        url = reverse(place.url_name, args=[request.agency.slug])  # type: ignore[attr-defined]
        is_current = request.path == url if place.key == "home" else request.path.startswith(url)
        items.append(
            {
                "key": place.key,
                "label": place.label,
                "icon": place.icon,
                "url": url,
                "count": counts.get(place.key),
                "is_current": is_current,
            }
        )
    return items


def _staff_nav(request: HttpRequest) -> list[dict[str, Any]]:
    if not request.path.startswith(("/staff/", "/styleguide")) or not getattr(
        request.user, "is_staff", False
    ):
        return []
    items = []
    for place in STAFF_PLACES:
        url = reverse(place.url_name)
        is_current = request.path.startswith(url)
        items.append(
            {"key": place.key, "label": place.label, "icon": place.icon, "url": url, "is_current": is_current}
        )
    return items
