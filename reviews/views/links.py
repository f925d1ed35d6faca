"""Send a take to a client, and close the door again."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from renders.models import Render
from reviews.actions import portal
from reviews.actions.rounds import open_round
from reviews.forms import LinkForm
from reviews.models import PortalLink
from reviews.views.room import room_page, sharing_context
from reviews.views.takes import find, round_of, tell, wants_fragment
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused


def _pattern() -> str:
    """The portal's address, with {token} where the token goes."""
    return settings.PUBLIC_URL + reverse("reviews:portal", args=["TOKEN"]).replace("TOKEN", "{token}")


@requires("reviews.manage")
@require_POST
def create(request: AgencyRequest, render: UUID) -> HttpResponseBase:
    """Make a link. Its address is in this answer and nowhere else: only a hash of it is kept."""
    found = find(render)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _answer(request, found, status=422, link_form=form)
    try:
        link, address = portal.create_link(
            round_=open_round(found, by=request.user), by=request.user, url=_pattern(), **form.cleaned_data
        )
    except Refused as error:
        form.add_error(None, str(error))
        return _answer(request, found, status=422, link_form=form)
    return _answer(request, found, address=address, new_link=link, sent_to=form.cleaned_data["email"])


def _answer(
    request: AgencyRequest, render: Render, *, status: int = 200, **changes: object
) -> HttpResponseBase:
    if wants_fragment(request):
        context = sharing_context(request, render) | changes
        return TemplateResponse(request, "reviews/room.html#sharing", context, status=status)
    return room_page(request, render, status=status, **changes)


@requires("reviews.manage")
@require_POST
def revoke(request: AgencyRequest, render: UUID, link: UUID) -> HttpResponseBase:
    """Close a link, from the next request on."""
    take = find(render)
    found: PortalLink = get_object_or_404(PortalLink.objects.filter(round=round_of(take)), pk=link)
    portal.revoke_link(link=found, by=request.user)
    said = f"The link for {found.label} opens nothing any more."
    if wants_fragment(request):
        context = sharing_context(request, take)
        response = TemplateResponse(request, "reviews/room.html#sharing", context).render()
        return tell(response, toast=said)
    messages.success(request, said)
    return redirect("reviews:room", request.agency.slug, render)
