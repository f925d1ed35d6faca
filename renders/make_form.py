"""Forms of what is made from a take."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from renders import pricing, wishes
from renders.models import ProviderAccount, Render
from renders.placing import MOST_VARIANTS
from renders.states import Kind
from tenants.typed import WordsField

PROMPTS = {
    Kind.EDIT: (
        _("What is to be different"),
        _("Say what changes and what stays: “the sky turns pink, everything else as it is”."),
    ),
    Kind.EXTEND: (
        _("What happens next"),
        _("It goes on from the last frame. Name what must stay: light, characters, setting."),
    ),
    Kind.REMIX: (
        _("What is to be different"),
        _("The scene is told anew with this; its composition stays close."),
    ),
}


def take_count(**kwargs: Any) -> forms.IntegerField:
    """How many takes of the same at once."""
    return forms.IntegerField(
        min_value=1,
        max_value=MOST_VARIANTS,
        initial=1,
        required=False,
        label=_("Takes"),
        error_messages={
            "min_value": _("At least one take."),
            "max_value": _("One submit makes %(limit_value)d takes at most."),
        },
        **kwargs,
    )


def count_in(values: Any) -> int:
    """The number of takes that a form says now, for a price; 1 for what makes no sense."""
    text = str(values.get("count") or "1")
    return min(max(int(text), 1), MOST_VARIANTS) if text.isdecimal() and len(text) < 6 else 1


class MakeForm(forms.Form):
    """A prompt, and for an extension its length."""

    # Named as the brief's first field: the rules and their suggestions are the same.
    subject = WordsField(most=4000, widget=forms.Textarea(attrs={"rows": 4}))
    seconds = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect, label=_("Seconds to add"))
    count = take_count()

    def __init__(self, *args: Any, source: Render, account: ProviderAccount, way: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"count": 1} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["subject"].label, self.fields["subject"].help_text = PROMPTS[Kind(way)]
        if way != Kind.EXTEND:
            del self.fields["seconds"]
            return
        left = wishes.seconds_left(account, source)
        legal = [s for s in account.extension_seconds if s <= left]
        field: Any = self.fields["seconds"]
        field.choices = [(s, f"{s} s") for s in legal]
        self.initial.setdefault("seconds", legal[0] if legal else 0)
        # Every length that the account knows, so that the page can say which are used up.
        self.shown_seconds = [(s, s <= left) for s in account.extension_seconds]

    def _now(self, name: str) -> str:
        values = self.data if self.is_bound else self.initial
        return str(values.get(name) or "")

    def chosen_seconds(self) -> int:
        """What the form says now; 0 for what makes no sense."""
        text = self._now("seconds")
        return int(text) if text.isdecimal() and len(text) < 6 else 0

    def chosen_count(self) -> int:
        """How many takes the form says now."""
        return count_in(self.data if self.is_bound else self.initial)

    def wanted(self) -> dict[str, Any]:
        """prompt, seconds and count, cleaned."""
        data = self.cleaned_data
        return {
            "prompt": data["subject"],
            "seconds": data.get("seconds") or 0,
            "count": data.get("count") or 1,
        }


class FinalForm(forms.Form):
    """Which dearer choice the final take is made with."""

    tier = forms.ChoiceField(widget=forms.RadioSelect, label=_("Final tier"))

    def __init__(
        self, *args: Any, source: Render, choices: list[tuple[str, str, str, int]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        self.tiers = {f"{model}|{size}": (label, price) for model, label, size, price in choices}
        field: Any = self.fields["tier"]
        field.choices = [(key, label) for key, (label, _price) in self.tiers.items()]
        field.error_messages["required"] = _("Choose a final tier.")
        if self.tiers:
            self.initial.setdefault("tier", next(iter(self.tiers)))

    @property
    def shown_tiers(self) -> list[dict[str, Any]]:
        """Each choice with its price and how much more than the draft that is."""
        chosen = str((self.data if self.is_bound else self.initial).get("tier") or "")
        return [
            {
                "value": key,
                "label": f"{label}, {key.partition('|')[2].replace('x', ' × ')}",
                "price": pricing.dollars(price),
                "more": pricing.dollars(price - self.source.quoted_microusd),
                "checked": key == chosen,
            }
            for key, (label, price) in self.tiers.items()
        ]

    def choice(self) -> tuple[str, str]:
        """(model, size), cleaned."""
        model, _bar, size = self.cleaned_data["tier"].rpartition("|")
        return model, size

    def chosen(self) -> tuple[int, int, int]:
        """(rate, seconds, price) in micro-dollars of what the form says now. Raises pricing.IllegalChoice."""
        key = str((self.data if self.is_bound else self.initial).get("tier") or "")
        if key not in self.tiers:
            raise pricing.IllegalChoice(
                "No dearer choice of the same shape and length is offered by this account.", field="tier"
            )
        price, seconds = self.tiers[key][1], self.source.seconds
        return price // seconds, seconds, price
