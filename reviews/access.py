"""The portal's gate: a link's token instead of an account."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from reviews.actions.portal import find_link
from reviews.models import Guest, PortalLink
from reviews.visibility import may_client_see
from tenants import scope
from tenants.access import View, mark_gate, rendered

COOKIE = "dailies_guest"
_SALT = "portal-guest"
_CAPABILITIES = {"enter", "view", "comment", "decide", "download"}
_KEEP_SECONDS = 60 * 60 * 24 * 30
_KEEP_LINKS = 12  # a cookie holds 4 KB
_TYPED = ("body", "note")  # fields of the portal's forms that hold what somebody wrote
_TYPED_MOST = 20_000  # characters that are given back; more than any form takes
# Nothing of a portal may linger in a cache, a search engine, or another site's log.
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


class PortalRequest(HttpRequest):
    """A request that came through @portal."""

    link: PortalLink
    token: str
    guest: Guest | None


def _cookie(request: HttpRequest) -> dict[str, Any]:
    """What the signed cookie says, for each link by its id; an id alone opens nothing."""
    try:
        data = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_KEEP_SECONDS)
    except signing.BadSignature:
        return {}
    return data if isinstance(data, dict) else {}


def remember(request: HttpRequest, response: HttpResponse, link: PortalLink, **facts: str) -> None:
    """Keep in the visitor's browser that the passcode was right (`passed`), or who they are (`guest`).

    An empty fact is forgotten.
    """
    data = _cookie(request)
    kept = {**data.pop(str(link.pk), {}), **facts}
    data[str(link.pk)] = {name: fact for name, fact in kept.items() if fact}
    response.set_cookie(
        COOKIE,
        signing.dumps(dict(list(data.items())[-_KEEP_LINKS:]), salt=_SALT, compress=True),
        max_age=_KEEP_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
        path="/p/",
    )


def portal_page(
    request: PortalRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> TemplateResponse:
    """A page with the agency's face."""
    shared = {
        "agency": request.link.org,
        "link": request.link,
        "token": request.token,
        "guest": request.guest,
        "render": request.link.round.render,
    }
    return TemplateResponse(request, template, {**shared, **(context or {})}, status=status)


def typed_words(request: HttpRequest) -> list[str]:
    """What somebody wrote into a form that cannot be taken any more, so that the page can give it back."""
    texts = (request.POST.get(name, "").strip()[:_TYPED_MOST] for name in _TYPED)
    return [text for text in texts if text]


def _gone(request: HttpRequest) -> HttpResponseBase:
    """The same for every link that opens nothing, whether it ever did or not; and what was typed meanwhile."""
    context = {"typed": typed_words(request), "was_sent": request.method == "POST"}
    return TemplateResponse(request, "reviews/portal_gone.html", context, status=404)


def portal(capability: str) -> Callable[[View], View]:
    """Let whoever holds the link do this. Unknown, ended, revoked and forbidden all answer the same 404.

    Whatever shows something of the take waits until the team has approved it; until then there is a page that says so.
    """
    if capability not in _CAPABILITIES:
        raise ValueError(f"{capability!r} is not something that a link can allow.")

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: PortalRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            found = find_link(token)
            if found is None:
                response = rendered(_gone(request))
            else:
                org_id, link_id = found
                with scope.entered(org_id):
                    stop = _admit(request, token, link_id, capability)
                    response = rendered(stop or view(request, *args, **kwargs))
            for name, value in _PRIVATE.items():
                response.headers[name] = value
            return response

        return mark_gate(gated, "portal", capability)

    return decorate


def _admit(request: PortalRequest, token: str, link_id: Any, capability: str) -> HttpResponseBase | None:
    """Put link and guest on the request; an answer instead of the view's when it must not be reached yet."""
    rows = PortalLink.objects.select_related(
        "org", "round__render__brief__project__client", "round__render__provenance"
    )
    link = request.link = rows.get(pk=link_id)
    request.token = token
    session = _cookie(request).get(str(link.pk), {})
    request.guest = Guest.objects.filter(pk=session.get("guest"), link=link, erased_at=None).first()
    if capability == "enter":
        return None
    if link.needs_passcode and session.get("passed") != passed(link):
        return redirect("reviews:portal-enter", token=token)
    if capability != "view" and not getattr(link, f"may_{capability}"):
        raise Http404("This link does not open anything.")
    if not may_client_see(link.round):
        status = 200 if request.method in {"GET", "HEAD"} else 409
        return portal_page(
            request, "reviews/portal_not_ready.html", {"typed": typed_words(request)}, status=status
        )
    return None


def passed(link: PortalLink) -> str:
    """What remember(passed=…) keeps once the passcode was right. It changes with the passcode."""
    return link.passcode_hash[-16:]
