"""Settings of an agency: how its clients see it."""

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from tenants.access import AgencyRequest, public, requires
from tenants.actions.branding import set_brand
from tenants.errors import Refused
from tenants.forms import BrandForm


@requires("settings.manage")
def brand_settings(request: AgencyRequest) -> HttpResponseBase:
    """Name, colour and logo, as clients see them."""
    agency = request.agency
    if request.method != "POST":
        form = BrandForm(initial={"name": agency.name, "hue": agency.hue})
        return TemplateResponse(request, "tenants/settings.html", {"form": form})
    form = BrandForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            set_brand(
                agency=agency,
                name=data["name"],
                hue=data["hue"],
                logo=data["logo"],
                drop_logo=data["drop_logo"],
                by=request.user,
            )
        except Refused as error:
            agency.refresh_from_db()
            form.add_error("logo", str(error))
        else:
            messages.success(request, "Saved. Clients see it from their next page on.")
            return redirect("tenants:settings", agency.slug)
    return TemplateResponse(request, "tenants/settings.html", {"form": form}, status=422)


@public("a logo is made to be seen; its address holds its hash and names nobody")
@require_safe
def logo(request: HttpRequest, org: str, name: str) -> HttpResponseBase:
    """A stored logo. The address changes with the picture, so caches may keep it."""
    try:
        file = default_storage.open(f"{org}/logo/{name}.webp", "rb")
    except OSError as error:
        raise Http404("No such logo.") from error
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
