"""Forms of storyboards: a new one, and the scenes of one. What is legal comes from the account; prices are not computed here."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from renders import pricing
from renders.forms import size_label
from renders.models import Project, ProviderAccount
from renders.storyboards import MOST_SCENES, Plan, Wanted
from tenants.typed import NameField, WordsField

MOST_WORDS = 4000


class NewStoryboardForm(forms.Form):
    """Title, project, settings for all scenes, and the first one."""

    project: "forms.ModelChoiceField[Project]" = forms.ModelChoiceField(
        queryset=None, label=_("Project"), empty_label=_("Choose a project")
    )
    title = NameField(max_length=120, label=_("Title"))
    model = forms.ChoiceField(label=_("Model"), help_text=_("All scenes are made with it."))
    size = forms.ChoiceField(label=_("Size"), help_text=_("All scenes have it."))
    words = WordsField(
        most=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=_("First scene"),
        help_text=_(
            "What is to be seen. Camera, light, characters and an opening image are added in its brief."
        ),
    )
    seconds = forms.TypedChoiceField(coerce=int, label=_("Seconds"))

    def __init__(self, *args: Any, account: ProviderAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        fields: dict[str, Any] = self.fields
        fields["project"].queryset = Project.objects.select_related("client").order_by("client__name", "name")
        fields["project"].label_from_instance = lambda project: f"{project.client.name} · {project.name}"
        offers = pricing.choosable(account)
        fields["model"].choices = [(offer.model, offer.label) for offer in offers]
        sizes = dict.fromkeys(size for offer in offers for size in offer.sizes)
        fields["size"].choices = [(size, size_label(size)) for size in sizes]
        lengths = sorted({s for offer in offers for s in offer.seconds})
        fields["seconds"].choices = [(s, f"{s} s") for s in lengths]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"model", "size", "seconds"} <= data.keys():
            try:
                pricing.check_choice(
                    self.account, model=data["model"], size=data["size"], seconds=data["seconds"]
                )
            except pricing.IllegalChoice as error:
                self.add_error(error.field, str(error))
        return data


class SceneForm(forms.Form):
    """Words and seconds of one scene."""

    words = WordsField(most=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 3}), label=_("What happens"))
    seconds = forms.TypedChoiceField(coerce=int, label=_("Seconds"))

    def __init__(self, *args: Any, lengths: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["seconds"]
        now = self._now("seconds")
        # What was planned with another account stays visible, and its problem says what is legal.
        odd = [int(now)] if now.isdecimal() and len(now) < 5 and int(now) not in lengths else []
        field.choices = [(s, f"{s} s") for s in sorted({*lengths, *odd})]

    def _now(self, name: str) -> str:
        values = self.data if self.is_bound else self.initial
        key = self.add_prefix(name) if self.is_bound else name
        return str(values.get(key) or "")

    def wanted(self) -> Wanted:
        """As it was typed, checked or not."""
        seconds = self._now("seconds")
        length = int(seconds) if seconds.isdecimal() and len(seconds) < 5 else 0
        return Wanted(self._now("words").replace("\r\n", "\n").strip(), length)


def scene_forms(plan: Plan, data: Any = None, *, more: int = 0) -> list[SceneForm]:
    """One form a scene, `more` blank ones after them; from what was sent, or from the plan."""
    offer = next((o for o in pricing.offers(plan.account) if o.model == plan.settings["model"]), None)
    first, others = sorted(offer.seconds) if offer else [], list(plan.account.extension_seconds)
    if data is not None:
        count = _count(data)
        values: list[dict[str, Any]] = [
            {name: data.get(f"scene-{n}-{name}", "") for name in ("words", "seconds")}
            for n in range(1, count + 1)
        ]
    else:
        values = [{"words": shown.words, "seconds": shown.seconds} for shown in plan.scenes]
    values += [{"words": "", "seconds": others[0] if others else 0}] * more
    return [
        SceneForm(initial=value, prefix=f"scene-{n}", lengths=first if n == 1 else others)
        for n, value in enumerate(values, start=1)
    ]


def bound(forms_: list[SceneForm], data: Any, plan: Plan) -> list[SceneForm]:
    """The same forms, to be checked."""
    return [
        SceneForm(
            data,
            prefix=form.prefix,
            lengths=[s for s, _label in form.fields["seconds"].choices],  # type: ignore[attr-defined]
        )
        for form in forms_
    ]


def _count(data: Any) -> int:
    text = str(data.get("count") or "1")
    return min(max(int(text), 1), MOST_SCENES) if text.isdecimal() and len(text) < 4 else 1


def without(data: Any, position: int) -> dict[str, Any]:
    """What was sent, with one scene taken out and the later ones moved up."""
    count, values = _count(data), data.dict()
    for n in range(position, count):
        for name in ("words", "seconds"):
            values[f"scene-{n}-{name}"] = data.get(f"scene-{n + 1}-{name}", "")
    values["count"] = str(max(1, count - 1))
    return values
