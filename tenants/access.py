"""The one gate. Every view carries @requires, @staff, @public, or the portal's own gate; a guard test insists.

The gate runs inside the request's transaction (ATOMIC_REQUESTS), sets the tenant for the database and for
Python together, and renders the answer before the scope closes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from tenants import scope, second_factor
from tenants.models import Agency, Membership, User
from tenants.roles import PERMISSIONS, Role

View = Callable[..., HttpResponseBase]


class AgencyRequest(HttpRequest):
    """A request that came through @requires."""

    user: User
    agency: Agency
    membership: Membership


def mark_gate(view: View, kind: str, rule: str) -> View:
    """Finish a gated view: say which gate it carries, for the system check, and keep NUL bytes out."""

    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refuse_nul(request)
        return view(request, *args, **kwargs)

    gated.gate = (kind, rule)  # type: ignore[attr-defined]
    return gated


def refuse_nul(request: HttpRequest) -> None:
    """Raises BadRequest for a NUL in the address or in a form: PostgreSQL keeps none, and nobody types one."""
    for fields in (request.GET, request.POST):
        if any("\x00" in value for values in fields.lists() for value in [values[0], *values[1]]):
            raise BadRequest("A field holds a NUL byte, which cannot be kept. Remove it and send again.")


def rendered(response: HttpResponseBase) -> HttpResponseBase:
    """Render now: later there is no tenant in scope and no row to be seen."""
    if isinstance(response, TemplateResponse) and not response.is_rendered:
        response.render()
    return response


def _membership(user: User, slug: str) -> Membership:
    """The person's active membership in the agency. Raises Http404, so that outsiders learn nothing."""
    # The switcher shows the same rows.
    user.agencies = memberships_of(user)
    found = next((row for row in user.agencies if row.org.slug == slug), None)
    if found is None:
        raise Http404("No such page.")
    return found


def memberships_of(user: User) -> list[Membership]:
    """Everywhere the person is an active member, by the agency's name."""
    scope.begin_person_lookup(user.pk)
    rows = Membership._base_manager.filter(user=user, is_active=True).select_related("org", "user")
    return list(rows.order_by("org__name"))


def is_signed_in(request: HttpRequest) -> bool:
    """True when somebody has signed in; mypy would believe it of every request that a gate has let in."""
    return request.user.is_authenticated


def requires(permission: str) -> Callable[[View], View]:
    """Let members with this permission in. Outsiders get 404; members without it 403, in words."""
    if permission not in PERMISSIONS:
        raise ValueError(f"{permission!r} is not in tenants.roles.PERMISSIONS.")

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: AgencyRequest, agency: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_signed_in(request):
                return redirect_to_login(request.get_full_path())
            membership = _membership(request.user, agency)
            request.membership, request.agency = membership, membership.org
            with scope.entered(membership.org.pk):
                if not membership.may(permission):
                    raise PermissionDenied(_refusal(membership, permission))
                return rendered(view(request, *args, **kwargs))

        return mark_gate(gated, "requires", permission)

    return decorate


def _refusal(membership: Membership, permission: str) -> str:
    roles = ", ".join(str(role.label) for role in Role if role in PERMISSIONS[permission])
    return f"Your role here is {membership.get_role_display()}. This needs one of: {roles}. An owner can change it."


def staff(permission: str) -> Callable[[View], View]:
    """Let the platform's own people in, once they have shown a second factor in this session. All others get 404."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_signed_in(request):
                return redirect_to_login(request.get_full_path())
            if not (request.user.is_active and request.user.is_staff):
                raise Http404("No such page.")
            if not second_factor.was_shown(request):
                back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
                return redirect(f"{reverse('tenants:second-factor')}?{urlencode({'next': back})}")
            return rendered(view(request, *args, **kwargs))

        return mark_gate(gated, "staff", permission)

    return decorate


def signed_in(reason: str) -> Callable[[View], View]:
    """Let anybody in who has signed in: pages about the person, not about an agency."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_signed_in(request):
                return redirect_to_login(request.get_full_path())
            return rendered(view(request, *args, **kwargs))

        return mark_gate(gated, "signed_in", reason)

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Let everybody in; the reason says why that is right."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return rendered(view(request, *args, **kwargs))

        return mark_gate(gated, "public", reason)

    return decorate
