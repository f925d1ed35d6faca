"""Pages for a laptop."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from tenants import mailbox, second_factor
from tenants.access import public


@public("exists on a laptop only: with LAPTOP=0 it is not there")
@require_safe
def dev_mailbox(request: HttpRequest) -> HttpResponseBase:
    """The mail that would have been sent."""
    if not settings.LAPTOP:
        raise Http404("No such page.")
    return TemplateResponse(
        request, "tenants/mailbox.html", {"mails": mailbox.recent(), "codes": second_factor.demo_codes()}
    )
