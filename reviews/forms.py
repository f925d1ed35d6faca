"""Forms of the review: what people type, checked in words. Frames are checked against the clip that is shown."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from renders.models import Asset
from reviews.models import Verdict
from reviews.timecode import BadTimecode, parse_range
from tenants.typed import NameField, WordsField

_MOST_FRAMES = 10_000_000


class ShownForm(forms.Form):
    """Carries which bytes the page showed, and a key that makes a second click harmless."""

    asset_sha256 = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    form_key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class CommentForm(ShownForm):
    """A comment at a frame, over a range, or about the whole clip; or an answer to one."""

    body = WordsField(
        most=4000,
        rest=_("or say the rest in a second comment"),
        label=_("Comment"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    timecode = forms.CharField(
        max_length=40,
        required=False,
        label=_("At"),
        help_text=_("A frame (61), a time (0:02) or a range (0:02 – 0:04). Empty: about the whole clip."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    frame_in = forms.IntegerField(
        min_value=0, max_value=_MOST_FRAMES, required=False, widget=forms.HiddenInput
    )
    frame_out = forms.IntegerField(
        min_value=0, max_value=_MOST_FRAMES, required=False, widget=forms.HiddenInput
    )
    whole = forms.BooleanField(required=False, label=_("About the whole clip"))
    team_only = forms.BooleanField(
        required=False, label=_("Team only"), help_text=_("The client never sees it.")
    )
    parent = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, clip: Asset | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clip = clip

    def clean_timecode(self) -> str:
        """The text stays as typed; `place` has the frames."""
        text: str = self.cleaned_data["timecode"].strip()
        if text and self.clip is not None:
            try:
                self.typed = parse_range(text, self.clip.fps, self.clip.frames or 0)
            except BadTimecode as error:
                raise forms.ValidationError(str(error)) from error
        return text

    def place(self) -> dict[str, Any]:
        """frame_in and frame_out: what was typed wins over where the player stood."""
        data = self.cleaned_data
        if data["whole"]:
            return {"frame_in": None, "frame_out": None}
        if data["timecode"]:
            return {"frame_in": self.typed[0], "frame_out": self.typed[1]}
        return {"frame_in": data["frame_in"], "frame_out": data["frame_out"]}


class DecisionForm(ShownForm):
    """One of the four verdicts, with a note."""

    verdict = forms.ChoiceField(choices=Verdict.choices, widget=forms.RadioSelect, label=_("Your decision"))
    note = WordsField(
        most=2000,
        rest=_("or say the rest in a comment"),
        required=False,
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )


class IdentityForm(forms.Form):
    """Who a guest is. Asked for only when they say or decide something."""

    name = NameField(
        max_length=80, label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        max_length=254,
        label=_("Your e-mail"),
        help_text=_(
            "It goes on record with what you say or decide. Others who have this link do not see it."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class GuestForm(forms.Form):
    """Leaves the questions out whose answers are known already."""

    def know(self, *, is_known: bool) -> None:
        """Drop name and e-mail once they are known."""
        if is_known:
            for name in ("name", "email"):
                self.fields.pop(name)


class GuestCommentForm(GuestForm, IdentityForm, CommentForm):
    """A guest's comment, and who they are if nobody asked before."""

    field_order = ["body", "timecode", "name", "email"]

    def __init__(self, *args: Any, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.know(is_known=is_known)


class GuestDecisionForm(GuestForm, IdentityForm, DecisionForm):
    """A guest's decision, and who they are if nobody asked before."""

    field_order = ["verdict", "note", "name", "email"]

    def __init__(self, *args: Any, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.know(is_known=is_known)


class PasscodeForm(forms.Form):
    """The passcode of a link."""

    passcode = forms.CharField(
        max_length=100,
        strip=False,
        label=_("Passcode"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )


class LinkForm(forms.Form):
    """A link for a client."""

    form_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    label = NameField(
        max_length=120,
        label=_("For whom"),
        help_text=_("A name that you will recognise in the list."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        max_length=254,
        required=False,
        label=_("Send it to"),
        help_text=_("An e-mail address. Leave it empty to pass the link on yourself."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    passcode = forms.CharField(
        min_length=4,
        max_length=100,
        required=False,
        strip=False,
        label=_("Passcode"),
        help_text=_("Tell it on another way, for example by phone."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    days = forms.IntegerField(
        min_value=1, max_value=90, initial=14, label=_("Open for, in days"), widget=forms.NumberInput
    )
    may_comment = forms.BooleanField(required=False, initial=True, label=_("May comment"))
    may_decide = forms.BooleanField(required=False, initial=True, label=_("May decide"))
    may_download = forms.BooleanField(
        required=False, label=_("May download the original once it is approved")
    )
