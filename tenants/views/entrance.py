"""The way in: where a person lands, starting an agency, accepting an invitation."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from tenants import scope
from tenants import second_factor as factor
from tenants.access import memberships_of, public, signed_in
from tenants.actions import members as member_actions
from tenants.actions.agencies import create_agency
from tenants.errors import Refused
from tenants.forms import AgencyForm
from tenants.models import Invitation


@public("the front door: it only says where to go")
@require_safe
def entrance(request: HttpRequest) -> HttpResponseBase:
    """To the person's agency; to sign-in; to starting an agency, or for the platform's staff to triage."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    mine = memberships_of(request.user)
    if mine:
        return redirect("reviews:home", mine[0].org.slug)
    return redirect("renders:triage" if request.user.is_staff else "tenants:start")


@signed_in("says which second factor the pages of the staff need, and where it is set up")
@require_safe
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """Leads to setting a second factor up, or to using it; then back to the page that asked."""
    back = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    if factor.was_shown(request):
        return redirect(back)
    context = {
        "is_set_up": factor.is_set_up(request),
        "here": f"{request.path}?{urlencode({'next': back})}",
        "use_url": f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}",
    }
    return TemplateResponse(request, "tenants/second_factor.html", context)


@signed_in("a person without an agency starts one")
def start(request: HttpRequest) -> HttpResponseBase:
    """Start an agency; who does is its owner."""
    form = AgencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            agency = create_agency(name=form.cleaned_data["name"], by=request.user)  # type: ignore[arg-type]
        except Refused as error:
            form.add_error("name", str(error))
        else:
            return redirect("reviews:home", agency.slug)
    return TemplateResponse(
        request, "tenants/start.html", {"form": form}, status=422 if form.is_bound else 200
    )


@public("the invitation's token is the key")
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """Accept an invitation. Who is not signed in signs in or up first, and comes back here."""
    found = member_actions.find_invitation(token)
    if found is None:
        raise Http404("This invitation was used, withdrawn or has ended. Ask for a new one.")
    org_id, invitation_id = found
    with scope.entered(org_id):
        invitation = Invitation.objects.select_related("org", "invited_by").get(pk=invitation_id)
        refusal = ""
        if request.method == "POST" and request.user.is_authenticated:
            try:
                member_actions.accept_invitation(invitation=invitation, by=request.user)
            except Refused as error:
                refusal = str(error)
            else:
                messages.success(request, f"Welcome to {invitation.org.name}.")
                return redirect("reviews:home", invitation.org.slug)
        query = urlencode({"next": request.path})
        context = {
            "invitation": invitation,
            "refusal": refusal,
            "login_url": f"{reverse('account_login')}?{query}",
            "signup_url": f"{reverse('account_signup')}?{query}",
        }
        return TemplateResponse(
            request, "tenants/join.html", context, status=422 if refusal else 200
        ).render()
