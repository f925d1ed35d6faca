"""People of clients: whose name and address we keep, and erasing them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from reviews.actions.erasure import erase_guest, everything_of
from reviews.models import Guest
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused
from tenants.paging import keyset_page
from tenants.retention import policy

SIZE = 50


@requires("people.erase")
@require_safe
def people(request: AgencyRequest) -> HttpResponseBase:
    """Everybody who came through a link and said who they are, the newest first."""
    query = request.GET.get("q", "").strip()[:254]
    rows = Guest.objects.select_related("link__round__render__brief__project__client")
    rows = rows.order_by("-created_at", "-id")
    if query:
        rows = rows.filter(email=query.lower())
    page = keyset_page(rows, request.GET.get("before", ""), size=SIZE)
    kept: dict[str, str] = {"q": query} if query else {}
    context: dict[str, Any] = {
        "page": page,
        "query": query,
        "held": policy.holds("guests"),
        **page.links(**kept),
    }
    return TemplateResponse(request, "reviews/people.html", context)


def _entries(n: int) -> str:
    return ngettext("%(n)s entry", "%(n)s entries", n) % {"n": n}


def _names(n: int) -> str:
    return ngettext("%(n)s name", "%(n)s names", n) % {"n": n}


def _links(n: int) -> str:
    return ngettext("%(n)s link", "%(n)s links", n) % {"n": n}


@requires("people.erase")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: AgencyRequest, guest: UUID) -> HttpResponseBase:
    """What is known of a person, and the question whether it shall be erased."""
    found: Guest = get_object_or_404(Guest.objects.select_related("link"), pk=guest)
    refusal, with_words = "", request.method == "POST" and request.POST.get("with_words") == "on"
    if request.method == "POST":
        try:
            done = erase_guest(
                guest=found,
                with_words=with_words,
                typed=request.POST.get("confirm", ""),
                by=request.user,
                shown=request.POST.getlist("shown"),
            )
        except Refused as error:
            refusal = str(error)
        else:
            messages.success(
                request,
                f"Erased: {_entries(len(done.guests))}, {_names(len(done.names))}, {_links(done.links)}. "
                "Decisions stay on record, and the chain is whole.",
            )
            return redirect("reviews:people", request.agency.slug)
    everything = everything_of(found)
    context = {
        "guest": found,
        "found": everything,
        "entries": _entries(len(everything.guests)),
        "names": _names(len(everything.names)),
        "links": _links(everything.links),
        "refusal": refusal,
        "with_words": with_words,
    }
    return TemplateResponse(request, "reviews/person_erase.html", context, status=422 if refusal else 200)
