"""The agency's own rules: tried before they are switched on."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from renders.actions import rules as actions
from renders.models import PolicyRule
from renders.policy.phrases import LONGEST
from renders.policy.rules import Effect
from tenants.access import AgencyRequest, requires
from tenants.errors import Refused
from tenants.models import Client


class RuleForm(forms.Form):
    """One phrase, for all clients or for one."""

    phrase = forms.CharField(
        max_length=LONGEST,
        label=_("Phrase"),
        help_text=_(
            "Plain words. Case, accents, spacing, plurals and tricks of spelling are found by themselves."
        ),
    )
    effect = forms.ChoiceField(
        choices=[(Effect.BLOCK, _("Refuse it")), (Effect.ALLOW, _("An innocent name: let it through"))],
        label=_("What to do"),
        help_text=_("Letting through helps against your own rules only, never against the platform’s."),
    )
    client: "forms.ModelChoiceField[Client]" = forms.ModelChoiceField(
        queryset=None, required=False, label=_("For"), empty_label=_("All clients")
    )
    rewrite = forms.CharField(
        max_length=120, required=False, label=_("Say instead"), help_text=_("Offered with one click.")
    )
    reason = forms.CharField(
        max_length=200, required=False, label=_("Why"), help_text=_("The writer of a brief reads it.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["client"]
        field.queryset = Client.objects.order_by("name")


@requires("policy.rules")
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: AgencyRequest) -> HttpResponseBase:
    """Look at the rules; try one; switch it on."""
    form = RuleForm(request.POST or None)
    trial, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                if request.POST.get("do") == "add":
                    version = actions.add_rule(**data, by=request.user)
                    messages.success(request, f"Switched on, as version {version.number} of your rules.")
                    return redirect("renders:rules", request.agency.slug)
                trial, status = actions.try_rule(phrase=data["phrase"], client=data["client"]), 200
            except Refused as error:
                form.add_error("phrase", str(error))
    context = {"form": form, "trial": trial, **actions.rules_page()}
    return TemplateResponse(request, "renders/policy/rules.html", context, status=status)


@requires("policy.rules")
@require_POST
def rule_drop(request: AgencyRequest, rule: UUID) -> HttpResponseBase:
    """Switch a rule off."""
    found = get_object_or_404(PolicyRule.objects, pk=rule)
    try:
        version = actions.drop_rule(rule=found, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        if version is not None:
            messages.success(request, f"“{found.phrase}” is off, as version {version.number} of your rules.")
    return redirect("renders:rules", request.agency.slug)
