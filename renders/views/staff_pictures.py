"""Opening images in which the face detector saw somebody, for the platform's own staff: look, then clear or refuse."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from characters.models import Likeness
from renders.actions.pictures import decide_picture
from renders.models import Picture
from tenants.access import staff
from tenants.errors import Refused
from tenants.scope import org_transaction, platform_transaction

SHOWN = 50


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponseBase:
    with platform_transaction("staff: images with a doubtful likeness"):
        rows = Picture.objects.filter(likeness=Likeness.DOUBTFUL).select_related(
            "org", "created_by", "attested_by"
        )
        pictures = list(rows.prefetch_related("files").order_by("created_at")[:SHOWN])
    is_listed = more.get("refused") in {picture.pk for picture in pictures}
    context = {"pictures": pictures, "is_listed": is_listed, **more}
    return TemplateResponse(request, "renders/staff/pictures.html", context, status=status)


@staff("pictures.view")
@require_safe
def picture_list(request: HttpRequest) -> HttpResponseBase:
    """What waits, oldest first."""
    return _page(request)


@staff("pictures.decide")
@require_POST
def picture_decide(request: HttpRequest, picture: UUID) -> HttpResponseBase:
    """One verdict, with its reason."""
    with platform_transaction("staff: image to agency"):
        org_id = Picture.objects.filter(pk=picture).values_list("org_id", flat=True).first()
    if org_id is None:
        raise Http404("No such image.")
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        with org_transaction(org_id):
            found = Picture.objects.get(pk=picture)
            decide_picture(picture=found, verdict=verdict, reason=reason, by=request.user)  # type: ignore[arg-type]
    except Refused as error:
        return _page(request, status=422, refused=picture, refusal=str(error), reason=reason)
    messages.success(request, "Decided. The team reads your reason.")
    return redirect("renders:staff-pictures")
