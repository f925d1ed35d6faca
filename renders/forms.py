"""Forms of briefs, projects and budgets. What is legal comes from the account; prices are never computed here."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from renders import pricing
from renders.casting_form import CastMixin
from renders.make_form import take_count
from renders.models import Brief, Period, Project, ProviderAccount
from renders.picture_form import PictureMixin
from renders.prompts import MAX_PROMPT, compose
from tenants.models import Client
from tenants.typed import NameField

HELP = {
    "subject": _("What is to be seen, in one or two sentences."),
    "setting": _("Place, time of day, season."),
    "action": _("What happens, from the first frame to the last."),
    "camera": _("Shot size, lens, angle, and how it moves."),
    "lighting": _("Source, direction, mood."),
    "motion": _("Pace. Very fast movement may flicker."),
    "audio": _("Dialogue, effects, music of its own; no known songs."),
    "brand_constraints": _("What must hold: colours, logo, words that must not appear."),
    "safety_tags": _("For example: suitable for all ages, no people."),
    "reviewer_notes": _("For your reviewers only; never sent to the provider."),
}
ROWS = {"subject": 3, "action": 2, "reviewer_notes": 2}


class BriefForm(CastMixin, PictureMixin, forms.Form):
    """A brief's title, project, typed fields, opening image and render settings."""

    project: "forms.ModelChoiceField[Project]" = forms.ModelChoiceField(
        queryset=None, label=_("Project"), empty_label=_("Choose a project")
    )
    title = NameField(max_length=120, label=_("Title"))
    subject = forms.CharField(max_length=4000, label=_("Subject"))
    setting = forms.CharField(max_length=4000, required=False, label=_("Setting"))
    action = forms.CharField(max_length=4000, required=False, label=_("Action"))
    camera = forms.CharField(max_length=4000, required=False, label=_("Camera"))
    lighting = forms.CharField(max_length=4000, required=False, label=_("Lighting"))
    motion = forms.CharField(max_length=4000, required=False, label=_("Motion"))
    audio = forms.CharField(max_length=4000, required=False, label=_("Sound"))
    brand_constraints = forms.CharField(max_length=4000, required=False, label=_("Brand constraints"))
    safety_tags = forms.CharField(max_length=1000, required=False, label=_("Safety"))
    reviewer_notes = forms.CharField(max_length=4000, required=False, label=_("Notes for reviewers"))
    model = forms.ChoiceField(widget=forms.RadioSelect, label=_("Model"))
    size = forms.ChoiceField(label=_("Size"))
    seconds = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect, label=_("Length"))
    count = take_count()

    def __init__(self, *args: Any, account: ProviderAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        projects = Project.objects.select_related("client").order_by("client__name", "name")
        field: Any = self.fields["project"]
        field.queryset = projects
        field.label_from_instance = lambda project: f"{project.client.name} · {project.name}"
        for name in Brief.TEXT_FIELDS:
            self.fields[name].widget = forms.Textarea(attrs={"rows": ROWS.get(name, 1)})
            self.fields[name].help_text = HELP[name]
        self._offer_choices()
        self.offer_characters(account)
        self.offer_picture(account)

    def _offer_choices(self) -> None:
        """All of the account's models, sizes and lengths; pairs are checked together in clean()."""
        self.offers = pricing.offers(self.account)
        # What cannot be had today is shown with its reason, for people look for it.
        self.shown_offers = [(offer, pricing.why_not(self.account, offer)) for offer in self.offers]
        sizes = dict.fromkeys(size for offer in self.offers for size in offer.sizes)
        seconds = sorted({s for offer in self.offers for s in offer.seconds})
        choices: dict[str, list[tuple[Any, str]]] = {
            "model": [(offer.model, offer.label) for offer in self.offers],
            "size": [(size, size_label(size)) for size in sizes],
            "seconds": [(s, f"{s} s") for s in seconds],
        }
        for name, options in choices.items():
            field: Any = self.fields[name]
            field.choices = options

    def texts(self) -> dict[str, str]:
        """The typed fields, cleaned."""
        return {name: self.cleaned_data.get(name, "") for name in Brief.TEXT_FIELDS}

    def choice(self) -> dict[str, Any]:
        """model, size and seconds, cleaned."""
        return {name: self.cleaned_data[name] for name in ("model", "size", "seconds")}

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"model", "size", "seconds"} <= data.keys():
            try:
                pricing.check_choice(self.account, **self.choice())
            except pricing.IllegalChoice as error:
                self.add_error(error.field, str(error))
        brief = Brief(**{name: data.get(name, "") for name in Brief.TEXT_FIELDS})
        length = len(compose(brief, self.chosen_names()))
        if length > MAX_PROMPT:
            over = length - MAX_PROMPT
            self.add_error("subject", _("The composed prompt is %(n)d characters too long.") % {"n": over})
        return data


def size_label(size: str) -> str:
    """1280 × 720, landscape."""
    width, _x, height = size.partition("x")
    shape = _("landscape") if int(width) > int(height) else _("portrait")
    return f"{width} × {height}, {shape}"


def defaults(account: ProviderAccount) -> dict[str, Any]:
    """The first model, 720p, the shortest length: higher only when asked for."""
    offer = pricing.choosable(account)[0]
    return {"model": offer.model, "size": offer.sizes[0], "seconds": min(offer.seconds)}


class ProjectForm(forms.Form):
    """A project of a client that is there, or of a new one."""

    client: "forms.ModelChoiceField[Client]" = forms.ModelChoiceField(
        queryset=None, required=False, label=_("Client"), empty_label=_("A new client")
    )
    new_client = NameField(max_length=80, required=False, label=_("New client’s name"))
    name = NameField(max_length=120, label=_("Project’s name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["client"]
        field.queryset = Client.objects.order_by("name")

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("client") and not self.cleaned_data.get("new_client", "").strip():
            self.add_error("new_client", _("Choose a client, or name a new one."))
        return self.cleaned_data


class BudgetForm(forms.Form):
    """Whom a limit binds, for how long, and how many US dollars."""

    target = forms.ChoiceField(label=_("Budget of"), required=False)
    period = forms.ChoiceField(label=_("Counts"), choices=Period.choices, required=False)
    limit = forms.DecimalField(
        min_value=Decimal("0"),
        max_value=Decimal("10000000"),
        decimal_places=2,
        label=_("Limit, in US dollars"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients = {f"client-{row.pk}": row for row in Client.objects.order_by("name")}
        projects = Project.objects.select_related("client").order_by("client__name", "name")
        self._projects = {f"project-{row.pk}": row for row in projects}
        field = cast(forms.ChoiceField, self.fields["target"])
        field.choices = [
            ("", _("The whole agency")),
            (_("Clients"), [(key, row.name) for key, row in self._clients.items()]),
            (_("Projects"), [(k, f"{row.client.name} · {row.name}") for k, row in self._projects.items()]),
        ]

    def microusd(self) -> int:
        """The limit in micro-dollars, exactly."""
        return int(self.cleaned_data["limit"] * pricing.MICROUSD)

    def choice(self) -> dict[str, Any]:
        """Client or project or neither, and the period, as the action takes them."""
        target = self.cleaned_data["target"]
        return {
            "client": self._clients.get(target),
            "project": self._projects.get(target),
            "period": self.cleaned_data["period"] or Period.MONTH,
        }
