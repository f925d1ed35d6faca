"""Takes in review: for the team, with the client, turned back, approved."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from renders.models import Render
from renders.states import REVIEWABLE, State
from reviews.models import Comment
from tenants.access import AgencyRequest, requires
from tenants.paging import keyset_page

TABS: dict[str, tuple[Any, frozenset[State]]] = {
    "team": (_("For the team"), frozenset({State.IN_REVIEW})),
    "client": (_("With the client"), frozenset({State.CLIENT_REVIEW})),
    "changes": (_("Changes asked for"), frozenset({State.CHANGES, State.REJECTED})),
    "approved": (_("Approved"), frozenset({State.DELIVERABLE})),
    "all": (_("All"), REVIEWABLE),
    "archived": (_("Archived"), REVIEWABLE),
}
EMPTY = {
    "team": _("Nothing waits for the team. Finished takes come here by themselves."),
    "client": _("Nothing is with a client. Approve a take, then send its link from the room."),
    "changes": _("Nobody has asked for changes."),
    "approved": _("Nothing is signed off yet. The client’s approval brings a take here."),
    "all": _("No take is ready to be watched yet."),
    "archived": _("Nothing is archived. A take’s own page has it in its menu."),
}
PAGE = 24


def with_open_comments(renders: Any) -> Any:
    """Adds open_comments: threads that nobody has resolved."""
    threads = Comment.objects.filter(round__render=OuterRef("pk")).unresolved().order_by()
    counted = threads.values("round__render").annotate(n=Count("pk")).values("n")
    return renders.annotate(open_comments=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def _counts() -> dict[str, int]:
    """How many takes each tab holds. One query."""
    found: dict[str, int] = Render.objects.filter(state__in=sorted(REVIEWABLE)).aggregate(
        **{
            key: Count("pk", filter=Q(state__in=sorted(states), archived_at__isnull=key != "archived"))
            for key, (_label, states) in TABS.items()
        }
    )
    return found


@requires("reviews.view")
@require_safe
def review_list(request: AgencyRequest) -> HttpResponseBase:
    """Takes to be watched; the last to arrive first."""
    asked = request.GET.get("show", "team")
    tab = asked if asked in TABS else "team"
    rows = Render.objects.listed().on_lists(archived=tab == "archived").filter(state__in=sorted(TABS[tab][1]))
    page = keyset_page(with_open_comments(rows), request.GET.get("before", ""), field="state_at", size=PAGE)
    counts = _counts()
    tabs = [
        {
            "label": label,
            "url": "?" + urlencode({"show": key}),
            "is_current": key == tab,
            "count": counts[key],
        }
        for key, (label, _states) in TABS.items()
    ]
    context = {"page": page, "tabs": tabs, "tab": tab, "empty": EMPTY[tab], **page.links(show=tab)}
    return TemplateResponse(request, "reviews/review_list.html", context)
