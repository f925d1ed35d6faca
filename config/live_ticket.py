"""`GET /a/<agency>/live/ticket?topic=…`: a fresh ticket for the page's stream of live updates."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from tenants import live
from tenants.access import requires


@requires("agency.view")
@require_safe
def live_ticket(request: HttpRequest) -> HttpResponse:
    """{"url": the stream's address, ticket included}. Topics are filtered by agency when events are delivered."""
    topics = request.GET.getlist("topic") or [live.ORG_TOPIC]
    try:
        ticket = live.ticket(request.agency.pk, topics, request.user.pk)  # type: ignore[attr-defined]
    except ValueError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    response = JsonResponse({"url": f"{settings.LIVE_URL}/live?ticket={ticket}"})
    response["Cache-Control"] = "no-store"
    return response
