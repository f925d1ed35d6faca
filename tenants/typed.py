"""What people type, made safe to show beside other words: one rule for names, one for longer texts. Pure, with its fields."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

# Look like nothing although Unicode calls them letters or symbols.
_BLANKS = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
# Join or part letters in Persian, in Indic scripts, and in emoji of several people; of no use between Latin letters.
_JOINERS = {"\u200c", "\u200d"}
_LAST_LATIN = "\u024f"


def clean_name(text: str) -> str:
    """A name on one line, without what nobody sees and without what turns the direction of the words around it.

    Left out: controls, format characters (U+202E and its like, zero-width, soft hyphens) and blanks that count as letters.
    Such characters come along when a name is copied, and make two names look alike, or one read backwards.
    """
    pairs = zip(f" {text}", text, strict=False)
    kept = (c for before, c in pairs if _is_seen(c) or c.isspace() or _joins(before, c))
    return re.sub(r"\s+", " ", "".join(kept)).strip()


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"} and character not in _BLANKS


def _joins(before: str, character: str) -> bool:
    return character in _JOINERS and before > _LAST_LATIN and before not in _JOINERS


class NameField(forms.CharField):
    """The name of a person, an agency, a client, a brief, a character: see clean_name."""

    def to_python(self, value: Any) -> str:
        return clean_name(super().to_python(value) or "")


class WordsField(forms.CharField):
    """Words on several lines. The browser does not cut them: the page counts, and a text too long comes back whole.

    `most`: how many characters fit, an end of line being one. `rest`: what to do with what does not fit.
    """

    def __init__(self, *, most: int, rest: "str | Promise" = "", **kwargs: Any) -> None:
        self.most, self.rest = most, rest
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-fits": self.most}

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        over = len(value) - self.most
        if over > 0:
            raise ValidationError(
                _(
                    "This is %(length)s characters long and %(most)s fit, so nothing was sent. It is all still here: "
                    "shorten it by %(over)s%(rest)s."
                )
                % {
                    "length": f"{len(value):,}",
                    "most": f"{self.most:,}",
                    "over": f"{over:,}",
                    "rest": f", {self.rest}" if self.rest else "",
                }
            )
