"""The part of the composer that chooses the image a clip opens with, and the part of it that is kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from renders import pictures
from renders.models import PictureFile, ProviderAccount
from renders.pictures import Choice


def _range(label: Any, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=low,
        max_value=high,
        required=False,
        label=label,
        widget=forms.NumberInput(attrs={"type": "range", "step": "1"}),
    )


class PictureMixin(forms.Form):
    """Adds `picture`, the public id of a file, with where it is cut and what is attested of it."""

    picture = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    picture_x = _range(_("From left to right"), 0, 100)
    picture_y = _range(_("From top to bottom"), 0, 100)
    picture_zoom = _range(_("Closer, in percent"), 100, pictures.MOST_ZOOM)
    picture_attested = forms.BooleanField(required=False, label=pictures.ATTESTATION)

    def offer_picture(self, account: ProviderAccount) -> None:
        """Look at what the form has now. One query, and none while it has no image."""
        self.picture_lack = account.why_cannot("can_reference")
        given = self._picture_value("picture")
        self.picture_file = pictures.find(given) if given else None
        self.picture_is_unknown = bool(given) and self.picture_file is None
        self.picture_refusal = ""
        file, size = self.picture_file, self._picture_value("size")
        if file is None or "x" not in size:
            return
        self.picture_original = pictures.original_of(file)
        self.picture_problem = pictures.why_not(file, account) or pictures.misfit(file, size)
        self.picture_size, self.picture_size_words = size, pictures.size_words(size)
        for name, value in vars(self.picture_choice()).items():
            self.initial.setdefault(f"picture_{name}", value)
        if self.picture_original is not None:
            self.picture_enlarged = pictures.enlargement(self.picture_original, size, self.picture_choice())

    @property
    def picture_cut_fields(self) -> list[Any]:
        """Where and how close, as bound fields."""
        return [self[f"picture_{name}"] for name in ("x", "y", "zoom")]

    def _picture_value(self, name: str) -> str:
        values = self.data if self.is_bound else self.initial
        return str(values.get(name) or "")

    def picture_choice(self) -> Choice:
        """Where the image is cut, as the form says now; else as it was cut."""
        kept = pictures.kept_choice(self.picture_file)
        said = {
            name: int(text)
            for name in vars(kept)
            if (text := self._picture_value(f"picture_{name}")).isdecimal() and len(text) < 4
        }
        return Choice(**{**vars(kept), **said})

    def clean_picture(self) -> PictureFile | None:
        """Raises ValidationError for an image that is not there. Whether it fits is checked before it is submitted."""
        if self.picture_is_unknown:
            raise forms.ValidationError(_("This image is not there any more. Choose another one."))
        return self.picture_file
