"""Forms of the staff's pages of provider accounts."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from renders import pricing
from renders.actions.account_settings import CHARGEABLE, AccountSettings, OfferSettings
from renders.capabilities import CAPABILITIES, SWITCHES
from renders.models import ModelOffer, ProviderAccount, SettlementRule

_NUMBERS = {
    "max_in_flight": (1, 1000),
    "max_retries": (0, 10),
    "list_grace_seconds": (1, 86_400),
    "hard_limit_seconds": (60, 604_800),
}
_PLAIN = (
    "name", "base_url", "dialect", "is_active", "sunset_on", "max_in_flight", "max_retries", "list_grace_seconds",
    "hard_limit_seconds", "deletes_after_copy", "registers_free", "moderates",
)  # fmt: skip


class AccountForm(forms.Form):
    """Everything about an account but its models. The key comes in and never goes out."""

    name = forms.CharField(
        max_length=80, label=_("Name"), help_text=_("Teams read it on prices and refusals.")
    )
    base_url = forms.CharField(
        max_length=300,
        label=_("Address"),
        help_text=_("Where its calls begin, such as https://videos.example.net/v1."),
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"}),
    )
    dialect = forms.ChoiceField(label=_("Dialect"), help_text=_("How it speaks, and what it lacks."))
    api_key = forms.CharField(
        required=False,
        max_length=500,
        label=_("Key"),
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"}
        ),
    )
    webhook_secret = forms.CharField(
        required=False,
        max_length=200,
        label=_("Webhook secret"),
        help_text=_("Starts with whsec_. The one before it stays valid beside it."),
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"}
        ),
    )
    is_active = forms.BooleanField(required=False, label=_("In use"))
    sunset_on = forms.DateField(
        required=False,
        label=_("Service ends on"),
        help_text=_("From that day on nothing is sent there."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    max_in_flight = forms.IntegerField(label=_("Takes at once"))
    max_retries = forms.IntegerField(
        label=_("Tries again"),
        help_text=_("How often a request that never left is tried again, after 2, 4, 8 … seconds."),
    )
    list_grace_seconds = forms.IntegerField(
        label=_("Seconds until its list is complete"),
        help_text=_("A request without an answer counts as never arrived only after that."),
    )
    hard_limit_seconds = forms.IntegerField(
        label=_("Seconds until a take is lost"), help_text=_("Longer than its slowest clip takes.")
    )
    deletes_after_copy = forms.BooleanField(required=False, label=_("Delete its copy once ours is verified"))
    registers_free = forms.BooleanField(required=False, label=_("Telling it of a character costs nothing"))
    moderates = forms.BooleanField(required=False, label=_("Ask its safety check before each take"))

    def __init__(self, *args: Any, account: ProviderAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": _initial(account)})
        chosen: Any = self.fields["dialect"]
        chosen.choices = [(name, f"{profile.title} ({name})") for name, profile in CAPABILITIES.items()]
        for name, (least, most) in _NUMBERS.items():
            bounded: Any = self.fields[name]
            bounded.min_value, bounded.max_value = least, most
            bounded.widget.attrs |= {"min": least, "max": most}
            bounded.validators += [MinValueValidator(least)]
            bounded.validators += [MaxValueValidator(most)]
        for failure in CHARGEABLE:
            self.fields[f"settle_{failure.value}"] = forms.ChoiceField(
                label=failure.label,
                choices=[
                    (SettlementRule.RELEASE, _("costs nothing")),
                    (SettlementRule.CHARGE, _("is charged in full")),
                ],
                initial=account.settlement_rule(failure) if account else SettlementRule.RELEASE,
            )
        overrides = account.capability_overrides if account else {}
        for switch, words in SWITCHES.items():
            self.fields[f"can_{switch}"] = forms.ChoiceField(
                label=words[0].upper() + words[1:],
                required=False,
                choices=[("", _("as its dialect says")), ("yes", _("yes")), ("no", _("no"))],
                initial={True: "yes", False: "no", None: ""}[overrides.get(switch)],
            )

    def settles(self) -> list[Any]:
        """The fields of what a failure costs."""
        return [self[f"settle_{failure.value}"] for failure in CHARGEABLE]

    def switches(self) -> list[Any]:
        """The fields of what it does otherwise than its dialect."""
        return [self[f"can_{switch}"] for switch in SWITCHES]

    def settings(self) -> AccountSettings:
        """What was entered, cleaned."""
        data = self.cleaned_data
        chosen = {switch: data[f"can_{switch}"] for switch in SWITCHES}
        return AccountSettings(
            **{name: data[name] for name in _PLAIN},
            api_key=data["api_key"],
            webhook_secret=data["webhook_secret"],
            settlement={failure.value: data[f"settle_{failure.value}"] for failure in CHARGEABLE},
            overrides={switch: word == "yes" for switch, word in chosen.items() if word},
        )


def _initial(account: ProviderAccount | None) -> dict[str, Any]:
    if account is not None:
        return {name: getattr(account, name) for name in _PLAIN}
    return {
        "dialect": "openai", "is_active": True, "max_in_flight": 4, "max_retries": 3, "list_grace_seconds": 600,
        "hard_limit_seconds": 3600, "deletes_after_copy": True, "registers_free": True,
    }  # fmt: skip


class OfferForm(forms.Form):
    """One model of an account, with its sizes and their prices, one a line."""

    model = forms.CharField(
        max_length=80, label=_("Our name"), help_text=_("Briefs keep it; it cannot change later.")
    )
    label = forms.CharField(max_length=80, label=_("Name for people"))
    purpose = forms.CharField(max_length=200, label=_("What it is good for"))
    wire_model = forms.CharField(
        max_length=80,
        required=False,
        label=_("On the wire"),
        help_text=_("What it is called there. Empty: the same."),
    )
    rates = forms.CharField(
        label=_("Sizes and prices"),
        help_text=_("One a line: the size, then US dollars for a second. For example: 1280x720 0.10"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    seconds = forms.CharField(
        max_length=200, label=_("Lengths in seconds"), help_text=_("For example: 4, 8, 12")
    )
    is_enabled = forms.BooleanField(required=False, label=_("Offered to teams"))

    def __init__(
        self, *args: Any, account: ProviderAccount, offer: ModelOffer | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **{**kwargs, "initial": _offer_initial(account, offer)})
        if offer is not None:
            self.fields["model"].disabled = True

    def clean_rates(self) -> dict[str, int]:
        """size -> micro-dollars a second."""
        found: dict[str, int] = {}
        for line in self.cleaned_data["rates"].splitlines():
            if not line.strip():
                continue
            size, _space, price = line.strip().lower().replace("×", "x").partition(" ")
            try:
                found[size] = int(Decimal(price.strip().lstrip("$")) * pricing.MICROUSD)
            except (InvalidOperation, ValueError, OverflowError):
                raise forms.ValidationError(
                    _("“%(line)s” is not a size and a price, such as 1280x720 0.10."),
                    params={"line": line[:40]},
                ) from None
        return found

    def clean_seconds(self) -> list[int]:
        """Whole seconds."""
        words = self.cleaned_data["seconds"].replace(",", " ").split()
        if not words or not all(word.isascii() and word.isdecimal() and len(word) < 4 for word in words):
            raise forms.ValidationError(_("Enter whole seconds, such as 4, 8, 12."))
        return [int(word) for word in words]

    def offer(self) -> OfferSettings:
        """What was entered, cleaned."""
        return OfferSettings(**{name: self.cleaned_data[name] for name in self.fields})


def _offer_initial(account: ProviderAccount, offer: ModelOffer | None) -> dict[str, Any]:
    if offer is None:
        return {"is_enabled": True, "seconds": "4, 8, 12"}
    lines = []
    for size in offer.sizes:
        try:
            rate = pricing.quote(account, model=offer.model, size=size, seconds=1).row.microusd_per_second
        except pricing.NoPrice:
            lines.append(size)
        else:
            lines.append(f"{size} {pricing.dollars(rate).lstrip('$')}")
    plain = ("model", "label", "purpose", "wire_model", "is_enabled")
    return {name: getattr(offer, name) for name in plain} | {
        "rates": "\n".join(lines),
        "seconds": ", ".join(str(seconds) for seconds in offer.seconds),
    }
