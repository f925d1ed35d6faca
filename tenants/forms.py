"""Forms about people, clients and agencies."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.roles import ROLE_SUMMARIES, Role
from tenants.typed import NameField


class InviteForm(forms.Form):
    email = forms.EmailField(max_length=254, label=_("E-mail address"))
    role = forms.ChoiceField(
        choices=[(role.value, f"{role.label}: {ROLE_SUMMARIES[role]}") for role in Role],
        initial=Role.PRODUCER,
        label=_("Role"),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices, label=_("Role"))


class AgencyForm(forms.Form):
    name = NameField(max_length=80, label=_("Agency’s name"))


class ClientForm(forms.Form):
    name = NameField(max_length=80, label=_("Client’s name"))


class BrandForm(forms.Form):
    """How clients see the agency."""

    name = NameField(max_length=80, label=_("Agency’s name"))
    hue = forms.IntegerField(
        min_value=0,
        max_value=359,
        label=_("Colour"),
        help_text=_(
            "A hue from 0 to 359: 20 is red, 90 yellow, 150 green, 250 blue, 310 purple. Contrast is kept for you."
        ),
    )
    logo = forms.FileField(
        required=False,
        label=_("Logo"),
        help_text=_("PNG, JPEG or WebP, at most 1 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    drop_logo = forms.BooleanField(required=False, label=_("Show no logo"))
