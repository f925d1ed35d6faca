"""Where providers' webhooks arrive."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from renders import tasks
from renders.models import ProviderAccount
from renders.steps import inbound
from tenants.access import public
from tenants.queue import ring


@csrf_exempt  # a signature over the raw body stands in its place
@public("a provider's server calls it; the signature is its key")
@require_POST
def videos_webhook(request: HttpRequest, account: str) -> HttpResponseBase:
    """Verify, write down, answer. 401 forged, 413 too large, 400 malformed, else 204; a repeat is 204, too."""
    size = request.META.get("CONTENT_LENGTH") or ""
    if not size.isdecimal() or int(size) > inbound.MAX_BODY:
        return HttpResponse(
            "The body must say its length, at most 64 KiB.", status=413, content_type="text/plain"
        )
    found = ProviderAccount.objects.filter(slug=account).first()
    if found is None:
        return HttpResponse("No such account.", status=404, content_type="text/plain")
    try:
        body = request.body
        webhook_id = inbound.verify(found, {k.lower(): v for k, v in request.headers.items()}, body)
        render = inbound.accept(found, webhook_id, body)
    except inbound.Forged as error:
        return HttpResponse(str(error), status=401, content_type="text/plain")
    except (inbound.Malformed, RawPostDataException) as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    if render is not None:
        ring(tasks.poll, *map(str, render))
    return HttpResponse(status=204)
