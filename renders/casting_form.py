"""The part of the composer that chooses characters."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from characters.models import Character
from renders import casting
from renders.models import ProviderAccount
from tenants.public_ids import decode
from tenants.typed import clean_name

_FEW = 12  # characters that are seen at a glance: no search beside them


def _ids(public_ids: set[str]) -> list[UUID]:
    """Of what may be anything; a few are enough, for a third one is refused."""
    found = []
    for public_id in sorted(public_ids)[:10]:
        try:
            found.append(decode(Character.prefix, public_id))
        except ValueError:
            continue
    return found


class CastMixin(forms.Form):
    """Adds `characters`: public ids, in the order of choice, at most two, each of them usable."""

    characters = forms.MultipleChoiceField(
        required=False, label=_("Characters"), widget=forms.CheckboxSelectMultiple
    )

    def offer_characters(self, account: ProviderAccount) -> None:
        """Fill in who may be chosen; who may not is shown disabled, with the reason."""
        chosen = set(self.chosen_characters())
        self.cast_query = self._asked()
        self.cast_offers, self.cast_has_more = casting.offers(
            account, keep=_ids(chosen), query=self.cast_query
        )
        others = [offer for offer in self.cast_offers if offer.character.public_id not in chosen]
        self.cast_found = len(others)
        self.cast_is_searched = bool(self.cast_query) or len(self.cast_offers) > _FEW
        self.shown_cast = [
            (offer.character, offer.refusal, offer.character.public_id in chosen)
            for offer in self.cast_offers
        ]
        field: Any = self.fields["characters"]
        # All of them: one that may not be used is refused with its own reason, not as an unknown value.
        field.choices = [(offer.character.public_id, offer.character.name) for offer in self.cast_offers]

    def _asked(self) -> str:
        """What the search beside the characters holds."""
        values = self.data if self.is_bound else self.initial
        return clean_name(str(values.get("cast_query") or ""))[:80]

    def chosen_characters(self) -> list[str]:
        """Public ids as the form has them now."""
        if self.is_bound:
            return list(self.data.getlist("characters")) if hasattr(self.data, "getlist") else []
        return list(self.initial.get("characters", []))

    def clean_characters(self) -> list[Character]:
        """Raises ValidationError for a third one, and for one that may not be used."""
        by_id = {offer.character.public_id: offer for offer in self.cast_offers}
        offers = [by_id[public_id] for public_id in dict.fromkeys(self.cleaned_data["characters"])]
        try:
            casting.check_number(len(offers))
        except casting.CannotCast as error:
            raise forms.ValidationError(str(error)) from error
        if refused := [offer.refusal for offer in offers if offer.refusal]:
            raise forms.ValidationError(refused)
        return [offer.character for offer in offers]

    def chosen_names(self) -> list[str]:
        """Names of those chosen now, for the composed prompt."""
        by_id = {offer.character.public_id: offer.character.name for offer in self.cast_offers}
        return [by_id[public_id] for public_id in self.chosen_characters() if public_id in by_id]
