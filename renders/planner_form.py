"""The planner's two forms. Prices come from the account's rows of today."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from renders.models import Mode, PriceRow
from renders.planner import Job, Volume
from renders.pricing import dollars


def _number(label: Any, least: int, most: int, initial: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, initial=initial, **more)


class PlanForm(forms.Form):
    """`rows`: today's prices. A choice is a model and a size."""

    def __init__(self, *args: Any, rows: list[PriceRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rates = {(row.model, row.size, row.mode): row.microusd_per_second for row in rows}

    def plan(self) -> Volume | Job:
        """The plan of a form that is valid."""
        raise NotImplementedError

    def _offer(self, name: str, *, initial: tuple[str, ...] = ()) -> None:
        standard = [key[:2] for key in self._rates if key[2] == Mode.STANDARD]
        field: Any = self.fields[name]
        field.choices = [
            (f"{model} {size}", f"{model}, {size.replace('x', ' × ')}: {self._shown(model, size)}")
            for model, size in standard
        ]
        first = [pair for pair in standard if pair[0] in initial] or standard
        field.initial = " ".join(first[0]) if first else None

    def _shown(self, model: str, size: str) -> str:
        return f"{dollars(self._rates[model, size, Mode.STANDARD])}/s"

    def _rate(self, name: str, mode: str) -> int:
        """Micro-dollars a second; marks the field when there is no such price."""
        model, _space, size = self.cleaned_data.get(name, "").partition(" ")
        rate = self._rates.get((model, size, mode))
        if rate is None and name in self.cleaned_data:
            self.add_error(name, _("There is no batch price for this. Choose another one, or standard."))
        return rate or 0


class VolumeForm(PlanForm):
    """A steady volume."""

    clips_a_day = _number(_("Clips a day"), 1, 100_000, 100)
    seconds = _number(
        _("Seconds of a clip"), 1, 120, 10, help_text=_("A mean is fine: 10 for as many of 8 as of 12.")
    )
    price = forms.ChoiceField(label=_("Model and size"))
    mode = forms.ChoiceField(
        label=_("When"),
        choices=[(Mode.STANDARD, _("Standard, at once")), (Mode.BATCH, _("Batch, not urgent, half price"))],
        initial=Mode.STANDARD,
    )
    days = _number(_("Days"), 1, 3660, 30)
    variants = _number(_("Variants of each clip"), 1, 20, 1)
    failing_percent = _number(
        _("Failing, in %"), 0, 90, 0, help_text=_("They are made again, and counted at their full price.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("price")

    def clean(self) -> dict[str, Any]:
        self.rate = self._rate("price", self.cleaned_data.get("mode", Mode.STANDARD))
        return self.cleaned_data

    def plan(self) -> Volume:
        numbers = ("clips_a_day", "seconds", "days", "variants", "failing_percent")
        return Volume(rate=self.rate, **{name: self.cleaned_data[name] for name in numbers})


class JobForm(PlanForm):
    """One job: several candidates, some finals."""

    candidates = _number(_("Candidates"), 1, 1000, 6)
    draft = forms.ChoiceField(label=_("Drafts with"))
    finals = _number(_("Finals"), 0, 1000, 1)
    final = forms.ChoiceField(label=_("Finals with"))
    seconds = _number(_("Seconds of a clip"), 1, 120, 8)
    allowance_percent = _number(
        _("Allowance, in %"), 0, 300, 20, help_text=_("For failures, changes and second thoughts.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("draft")
        self._offer("final", initial=("sora-2-pro",))

    def clean(self) -> dict[str, Any]:
        self.rates = {name: self._rate(name, Mode.STANDARD) for name in ("draft", "final")}
        return self.cleaned_data

    def plan(self) -> Job:
        numbers = ("candidates", "finals", "seconds", "allowance_percent")
        return Job(
            draft_rate=self.rates["draft"],
            final_rate=self.rates["final"],
            **{name: self.cleaned_data[name] for name in numbers},
        )
