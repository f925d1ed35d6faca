"""People of an agency."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tenants.access import AgencyRequest, requires
from tenants.actions import members as member_actions
from tenants.actions.erasure import erase_member
from tenants.errors import Refused
from tenants.forms import InviteForm, RoleForm
from tenants.models import Invitation, Membership
from tenants.roles import ROLE_SUMMARIES, Role


def _page(request: AgencyRequest, form: InviteForm | None = None, status: int = 200) -> HttpResponseBase:
    context = {
        "members": Membership.objects.active().select_related("user").order_by("user__name", "user__email"),
        "invitations": Invitation.objects.open().select_related("invited_by").order_by("-created_at"),
        "former": Membership.objects.filter(is_active=False)
        .exclude(user__email__endswith="@erased.invalid")
        .select_related("user")
        .order_by("-removed_at"),
        "form": form or InviteForm(),
        "roles": [(role, ROLE_SUMMARIES[role]) for role in Role],
    }
    return TemplateResponse(request, "tenants/members.html", context, status=status)


@requires("members.view")
@require_safe
def member_list(request: AgencyRequest) -> HttpResponseBase:
    """Who works here, as what, and who is invited."""
    return _page(request)


@requires("members.manage")
@require_POST
def invite(request: AgencyRequest) -> HttpResponseBase:
    """Send an invitation by mail."""
    form = InviteForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        # The token goes where {token} stands, after the address is made.
        url = settings.PUBLIC_URL + reverse("tenants:join", args=["TOKEN"]).replace("TOKEN", "{token}")
        try:
            member_actions.invite_member(
                email=data["email"], role=Role(data["role"]), by=request.user, accept_url=url
            )
        except Refused as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, f"Invited {data['email']}. The link works for seven days.")
            return redirect("tenants:members", request.agency.slug)
    return _page(request, form, status=422)


@requires("members.manage")
@require_POST
def revoke_invitation(request: AgencyRequest, invitation: UUID) -> HttpResponseBase:
    """Withdraw an invitation."""
    found = get_object_or_404(Invitation.objects, pk=invitation)
    member_actions.revoke_invitation(invitation=found, by=request.user)
    messages.success(request, f"The invitation of {found.email} does not work any more.")
    return redirect("tenants:members", request.agency.slug)


@requires("members.manage")
@require_POST
def change_role(request: AgencyRequest, member: UUID) -> HttpResponseBase:
    """Give somebody another role."""
    found = get_object_or_404(Membership.objects.active().select_related("user"), pk=member)
    form = RoleForm(request.POST)
    if form.is_valid():
        _do(
            request,
            lambda: member_actions.change_role(
                membership=found, role=Role(form.cleaned_data["role"]), by=request.user
            ),
            f"{found.user} is {Role(form.cleaned_data['role']).label} now.",
        )
    else:
        messages.error(request, "There is no such role. Choose one from the list.")
    return redirect("tenants:members", request.agency.slug)


@requires("members.manage")
@require_POST
def remove(request: AgencyRequest, member: UUID) -> HttpResponseBase:
    """Take somebody's access away."""
    found = get_object_or_404(Membership.objects.active().select_related("user"), pk=member)
    done = f"{found.user} has no access any more, from the next click on."
    _do(request, lambda: member_actions.remove_member(membership=found, by=request.user), done)
    found.refresh_from_db(fields=["is_active"])
    if found.user_id == request.user.pk and not found.is_active:
        return redirect("tenants:entrance")
    return redirect("tenants:members", request.agency.slug)


@requires("people.erase")
@require_POST
def erase(request: AgencyRequest, member: UUID) -> HttpResponseBase:
    """Erase the name and address of somebody who has left."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member)
    done = "Erased. The audit trail keeps a reference that leads to nobody."
    typed = request.POST.get("confirm", "")
    _do(request, lambda: erase_member(membership=found, typed=typed, by=request.user), done)
    return redirect("tenants:members", request.agency.slug)


def _do(request: AgencyRequest, action: Callable[[], None], done: str) -> None:
    try:
        action()
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
