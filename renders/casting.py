"""Characters in briefs: how many, which may be used with which account, and what the provider calls them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, When
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from characters.models import Character, Likeness
from characters.states import USABLE, State
from renders.models import Brief, BriefVersion, ProviderAccount, Registration, VersionCharacter
from renders.models.characters import MOST
from tenants.errors import Refused

OFFERED = 60  # characters that a composer shows at once


class CannotCast(Refused):
    """A character may not be in this video, or there are too many. The text is the disabled choice's reason."""

    field = "characters"


@dataclass(frozen=True)
class Offer:
    """A character as a composer shows it; `refusal` is why it cannot be chosen, or empty."""

    character: Character
    refusal: str


def check_number(count: int) -> None:
    """Raises CannotCast for a third character."""
    if count > MOST:
        raise CannotCast(
            _("A video takes %(most)d characters at most, and %(n)d are chosen. Take some out.")
            % {"most": MOST, "n": count}
        )


def why_not(character: Character, account: ProviderAccount, *, is_known: bool) -> str:
    """Why a new video of this account may not have it; empty when it may. `is_known`: registered there."""
    if refusal := account.why_cannot("takes_characters") or character.why_not():
        return refusal
    clip = character.clip
    if clip is not None and clip.likeness == Likeness.ELIGIBLE and not account.takes_likeness():
        return _("%(name)s shows somebody’s likeness, and %(account)s has not agreed to that.") % {
            "name": character.name,
            "account": account.name,
        }
    if not is_known:
        return _("%(account)s does not know %(name)s yet: it is being registered, or has to be.") % {
            "name": character.name,
            "account": account.name,
        }
    return ""


def known_ids(account: ProviderAccount, characters: Iterable[UUID]) -> dict[UUID, str]:
    """What the provider calls these characters, by our id; those it does not know are missing."""
    rows = Registration.objects.known_to(account).filter(character_id__in=list(characters))
    return dict(rows.values_list("character_id", "provider_character_id"))


def offers(
    account: ProviderAccount, *, keep: Collection[UUID] = (), query: str = ""
) -> tuple[list[Offer], bool]:
    """What a composer shows, and whether there are more: first those to `keep`, whatever is looked for, then usable ones.

    `query`: a part of the name. At most OFFERED of them.
    """
    usable_first = Case(When(state__in=sorted(USABLE), then=0), default=1)
    rows = Character.objects.offered().order_by(usable_first, Lower("name"), "pk")
    rows = rows.select_related("clip").prefetch_related("clip__files")
    found = list((rows.filter(name__icontains=query) if query else rows)[: OFFERED + 1])
    has_more, found = len(found) > OFFERED, found[:OFFERED]
    missing = set(keep) - {character.pk for character in found}
    if missing:
        found += Character.objects.listed().filter(pk__in=missing)
    known = known_ids(account, (character.pk for character in found))
    made = [Offer(c, why_not(c, account, is_known=c.pk in known)) for c in found]
    return sorted(made, key=lambda offer: (offer.character.pk not in keep, bool(offer.refusal))), has_more


def check_cast(characters: list[Character], account: ProviderAccount) -> None:
    """Raises CannotCast with every reason at once."""
    check_number(len(characters))
    known = known_ids(account, (character.pk for character in characters))
    refusals = [why_not(c, account, is_known=c.pk in known) for c in characters]
    if said := " ".join(refusal for refusal in refusals if refusal):
        raise CannotCast(said)


def of_brief(brief: Brief) -> list[Character]:
    """The characters of a draft, in order."""
    rows = brief.cast.select_related("character__clip").prefetch_related("character__clip__files")
    return [row.character for row in rows]


def of_version(version: BriefVersion) -> list[Character]:
    """The characters of a submitted version, in order, as they are now."""
    rows = version.cast.select_related("character__clip").prefetch_related("character__clip__files")
    return [row.character for row in rows]


def names_of(characters: Iterable[Character]) -> list[str]:
    """Names, verbatim."""
    return [character.name for character in characters]


def content(characters: Iterable[Character]) -> list[dict[str, str]]:
    """What of them decides how a clip is made: part of a version's digest."""
    return [{"id": c.public_id, "name": c.name, "clip": clip_sha256(c)} for c in characters]


def clip_sha256(character: Character) -> str:
    """The hash of its source clip."""
    source = character.clip.source if character.clip is not None else None
    return source.sha256 if source is not None else ""


def freeze(version: BriefVersion, characters: Iterable[Character]) -> None:
    """Write down who is in a version that was just made."""
    VersionCharacter.objects.bulk_create(
        VersionCharacter(
            version=version,
            character=character,
            position=position,
            name=character.name,
            clip_sha256=clip_sha256(character),
        )
        for position, character in enumerate(characters, start=1)
    )


def withdrawn(version: BriefVersion, account: ProviderAccount) -> str:
    """Why a queued take may not go out with its characters any more; empty when it may.

    The characters' rows stay locked until the transaction ends: whoever revokes one comes before the intent, and then
    this says so, or after it.
    """
    ids = list(version.cast.order_by("character_id").values_list("character_id", flat=True))
    if not ids:
        return ""
    rows = Character.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    found: list[Any] = list(rows)
    known = known_ids(account, ids)
    for character in found:
        if refusal := _stops(character):
            return refusal
        if character.pk not in known:
            return why_not(character, account, is_known=False)
    return ""


def _stops(character: Character) -> str:
    """Retired is no reason to stop what was submitted before; revoked and expired are."""
    if character.state == State.RETIRED and not character.has_expired():
        return ""
    return character.why_not()
