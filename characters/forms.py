"""Forms of characters. What a clip must be is said by characters/rules.py."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from characters import rules
from characters.models import Character, Kind
from tenants.models import Client
from tenants.typed import NameField

MAX_EVIDENCE = 10 * 1000 * 1000  # bytes
# First bytes, and what such a file is served as: never shown in a page, only saved.
EVIDENCE = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


class NewCharacterForm(forms.Form):
    """Three fields make a draft."""

    name = NameField(
        max_length=80,
        label=_("Name"),
        help_text=_("As it is called in prompts, letter by letter: the provider finds it by its name."),
    )
    kind = forms.ChoiceField(choices=Kind.choices, widget=forms.RadioSelect, label=_("What it is"))
    client: "forms.ModelChoiceField[Client]" = forms.ModelChoiceField(
        queryset=None, required=False, label=_("Client"), empty_label=_("Of no client in particular")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["client"]
        field.queryset = Client.objects.order_by("name")


class SheetForm(NewCharacterForm):
    """Look, do, don't, and whose it is."""

    look = forms.CharField(
        max_length=4000,
        required=False,
        label=_("Look sheet"),
        help_text=_("Shape, colours, material, size: what must be the same in every clip."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    dos = forms.CharField(
        max_length=2000,
        required=False,
        label=_("Do"),
        help_text=_("One line each: how it moves, where it stands, what it is good at."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    donts = forms.CharField(
        max_length=2000,
        required=False,
        label=_("Don’t"),
        help_text=_("One line each: what it never does or wears."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    rights_holder = NameField(max_length=120, required=False, label=_("Rights holder"))
    rights_evidence = forms.CharField(
        max_length=1000,
        required=False,
        label=_("Where the right to use it is written down"),
        help_text=_("A contract’s number, an address, or a sentence."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    rights_until = forms.DateField(
        required=False,
        label=_("Rights end on"),
        help_text=_("The last day on which it may be used. Empty when no end is agreed."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    rights_file = forms.FileField(
        required=False,
        label=_("Evidence as a file"),
        help_text=_("PDF, PNG or JPEG, at most 10 MB. Your team can save it; nobody else sees it."),
    )

    def __init__(
        self, *args: Any, character: Character, fixed: frozenset[str], was_too_large: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.character, self.evidence_type = character, ""
        # The upload was cut off before it came here (tenants/uploads.py).
        self.was_too_large = was_too_large
        for name in fixed:
            # Django keeps the initial value of a disabled field, whatever is sent.
            self.fields[name].disabled = True

    def clean_rights_until(self) -> date | None:
        day: date | None = self.cleaned_data["rights_until"]
        if day is not None and not 2000 <= day.year <= 2200:
            raise forms.ValidationError(_("Enter a year from 2000 to 2200."))
        return day

    def clean_rights_file(self) -> Any:
        """Raises ValidationError for what is too large, or neither PDF nor picture."""
        file = self.cleaned_data["rights_file"]
        if self.was_too_large:
            raise forms.ValidationError(_("This file is larger than 10 MB. Save it smaller."))
        if not file:
            return None
        if file.size > MAX_EVIDENCE:
            raise forms.ValidationError(
                _("This file has %(mb).1f MB, and 10 MB are taken. Save it smaller."),
                params={"mb": file.size / 1_000_000},
            )
        head = file.read(16)
        file.seek(0)
        self.evidence_type = next((kind for magic, kind in EVIDENCE if head.startswith(magic)), "")
        if not self.evidence_type:
            raise forms.ValidationError(_("This is no PDF, PNG or JPEG, whatever its name says."))
        return file

    def values(self) -> dict[str, Any]:
        """What edit_character takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "rights_file"}


class CutForm(forms.Form):
    """Which piece of a clip, which part of the picture, how large."""

    start = forms.FloatField(
        min_value=0, label=_("From second"), widget=forms.NumberInput(attrs={"step": "0.1"})
    )
    seconds = forms.FloatField(
        min_value=rules.MIN_SECONDS,
        max_value=rules.MAX_SECONDS,
        label=_("Seconds"),
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    shape = forms.ChoiceField(
        choices=[("16:9", _("16:9, landscape")), ("9:16", _("9:16, portrait"))],
        widget=forms.RadioSelect,
        label=_("Shape"),
    )
    place = forms.IntegerField(
        min_value=0,
        max_value=100,
        label=_("Where the frame sits"),
        help_text=_("0 is left or top, 50 the middle, 100 right or bottom."),
        widget=forms.NumberInput(attrs={"type": "range", "step": "1"}),
    )
    lines = forms.TypedChoiceField(
        choices=[(720, _("720 lines")), (1080, _("1080 lines"))],
        coerce=int,
        widget=forms.RadioSelect,
        label=_("Size"),
    )

    def choice(self) -> rules.Choice:
        """What was chosen."""
        return rules.Choice(**self.cleaned_data)


def cut_initial(facts: dict[str, Any]) -> dict[str, Any]:
    """A cut that makes the clip legal, as the form's first values."""
    choice = rules.proposal(facts)
    return {**vars(choice), "lines": choice.lines}
