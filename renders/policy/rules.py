"""What a rule is. Rules are phrases, never patterns: no text can make the search slow."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Category(TextChoices):
    """What a rule protects."""

    CHARACTER = "character", _("Copyrighted character")
    MUSIC = "music", _("Copyrighted music")
    PERSON = "person", _("Real person")
    LIKENESS = "likeness", _("Human likeness")
    SUITABILITY = "suitability", _("Not suitable under 18")
    BRAND = "brand", _("Somebody’s brand")
    CUSTOM = "custom", _("Your agency’s own rule")


class Effect(TextChoices):
    """What happens when the phrase is found."""

    BLOCK = "block", _("Refuse")
    ALLOW = "allow", _("Let through")


REASONS: dict[str, object] = {
    Category.CHARACTER: _("This character belongs to somebody else, and providers refuse it."),
    Category.MUSIC: _("Known music belongs to somebody else, and providers refuse it."),
    Category.PERSON: _("A real person must not be generated, alive or dead, by name or by description."),
    Category.LIKENESS: _("A clip must not show how a real person looks or sounds."),
    Category.SUITABILITY: _("Every clip must suit viewers under 18."),
    Category.BRAND: _("This brand belongs to somebody else."),
    Category.CUSTOM: _("Your agency does not want this in a brief."),
}
REWRITES: dict[str, str] = {
    Category.CHARACTER: "an original character of our own",
    Category.MUSIC: "original music in the same mood",
    Category.PERSON: "a fictional mascot",
    Category.LIKENESS: "an invented, non-human character",
    Category.SUITABILITY: "",
    Category.BRAND: "an unbranded product",
    Category.CUSTOM: "",
}


@dataclass(frozen=True)
class Rule:
    """One phrase that must not, or may, be in a brief.

    `near`: the phrase counts only with one of these words close by. `is_exact`: no plural is made of it.
    `unless_negated`: "no guns" is no hit. `rewrite` takes the phrase's place; empty when nothing fits.
    """

    key: str
    category: str
    phrase: str
    rewrite: str = ""
    reason: str = ""
    effect: str = Effect.BLOCK
    near: tuple[str, ...] = ()
    is_exact: bool = False
    unless_negated: bool = False

    @property
    def why(self) -> str:
        """The reason, for people: its own or its category's."""
        return self.reason or str(REASONS[self.category])
