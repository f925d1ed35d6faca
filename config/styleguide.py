"""Every component in every state, for whoever builds pages."""

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from tenants.access import staff


@staff("styleguide")
@require_safe
def styleguide(request: HttpRequest) -> HttpResponseBase:
    """The page behind /styleguide."""
    return TemplateResponse(request, "styleguide.html")
