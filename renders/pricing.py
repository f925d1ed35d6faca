"""What a clip will cost, and which choices are legal. All of it is data of the account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from renders.models import Mode, ModelOffer, PriceRow, ProviderAccount, Render
from renders.models.accounts import PriceRowQuerySet, ProviderAccountQuerySet
from tenants.errors import Refused

MICROUSD = 1_000_000
MOST_PIXELS = 1920  # of the longer side; 4K is refused whatever an offer says


class IllegalChoice(Refused):
    """A model, size or length that the account does not offer. `field` names the form's field."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class NoPrice(Refused):
    """Nobody knows what this costs, so it cannot be submitted."""


@dataclass(frozen=True)
class Quote:
    """A price before it is spent; integer micro-dollars."""

    row: PriceRow
    seconds: int

    @property
    def microusd(self) -> int:
        """Rate times seconds, exactly."""
        return self.row.microusd_per_second * self.seconds


def today() -> date:
    """The day by UTC, on which price rows and months begin."""
    return timezone.now().date()


def quote(
    account: ProviderAccount, *, model: str, size: str, seconds: int, mode: str = Mode.STANDARD
) -> Quote:
    """The price today. Raises NoPrice when no row covers the pair."""
    row = _rows(model, [size], mode).filter(account=account).first()
    if row is None:
        raise _no_price(account, model, size)
    return Quote(row, seconds)


def with_rate(
    accounts: ProviderAccountQuerySet, *, model: str, size: str, mode: str
) -> ProviderAccountQuerySet:
    """Accounts with what rated_microusd() needs, for a page that has no query left to ask for the price."""
    rows = _rows(model, [size], mode).filter(account=OuterRef("pk"))
    return accounts.annotate(rate=Subquery(rows.values("microusd_per_second")[:1]))


def rated_microusd(account: Any, *, model: str, size: str, seconds: int) -> int:
    """As quote(), of an account that with_rate() read. Raises NoPrice."""
    if account.rate is None:
        raise _no_price(account, model, size)
    return int(account.rate) * seconds


def _rows(model: str, sizes: list[str], mode: str) -> PriceRowQuerySet:
    """The price rows in force today, of every account; the newest of each first."""
    return PriceRow.objects.on(today()).filter(model=model, size__in=sizes, mode=mode).order_by("-valid_from")


def _no_price(account: ProviderAccount, model: str, size: str) -> NoPrice:
    return NoPrice(
        f"There is no price for {model} at {size} on {account.name}. Choose another size or model."
    )


@dataclass(frozen=True)
class Dearer:
    """What a longer clip, or a larger one, adds to the price. `than`: the least that could be chosen instead."""

    than: str
    microusd: int


def dearer(account: ProviderAccount, offer: ModelOffer, asked: Quote) -> list[Dearer]:
    """By how much `asked` is above the shortest clip, then above the cheapest size of the same orientation; what adds
    nothing is left out. One query.
    """
    row = asked.row
    shortest = min(offer.seconds)
    rates = {
        other.size: other.microusd_per_second
        for other in reversed(_rows(row.model, list(offer.sizes), row.mode).filter(account=account))
        if _is_wide(other.size) == _is_wide(row.size)
    }
    cheapest = min(rates, key=lambda size: rates[size], default=row.size)
    found = [
        Dearer(f"{shortest} s", row.microusd_per_second * (asked.seconds - shortest)),
        Dearer(cheapest, (row.microusd_per_second - rates.get(cheapest, 0)) * asked.seconds),
    ]
    return [line for line in found if line.microusd > 0]


def quote_of(render: Render) -> Quote:
    """What the take costs today at the account that it waits for. Raises NoPrice when it has no price any more."""
    return quote(
        render.account, model=render.model, size=render.size, seconds=render.seconds, mode=render.mode
    )


def offers(account: ProviderAccount) -> list[ModelOffer]:
    """The account's models that are switched on, in order; why_not() says which cannot be had today."""
    return [offer for offer in account.offers.all() if offer.is_enabled]


def choosable(account: ProviderAccount) -> list[ModelOffer]:
    """The offers that can be had; all of them when not one can, for then the refusal says so."""
    everything = offers(account)
    return [offer for offer in everything if not _is_missing(account, offer)] or everything


def _is_missing(account: ProviderAccount, offer: ModelOffer) -> bool:
    return offer.missing_since_at is not None and account.list_is_fresh


def why_not(account: ProviderAccount, offer: ModelOffer) -> str:
    """Why this offer cannot be had today, since when, and what is nearest; empty when it can."""
    if not _is_missing(account, offer) or offer.missing_since_at is None:
        return ""
    since = timezone.localtime(offer.missing_since_at).strftime("%-d %b, %H:%M")
    gone = f"{offer.label} is not in {account.name}’s list of models since {since}."
    others = [other for other in offers(account) if not _is_missing(account, other)]
    if not others:
        return f"{gone} Nothing else is offered at the moment; the platform’s staff see it."
    # What shares most sizes takes the brief over with the least to change.
    nearest = max(others, key=lambda other: len(set(other.sizes) & set(offer.sizes)))
    return f"{gone} Nearest: {nearest.label}."


def check_choice(account: ProviderAccount, *, model: str, size: str, seconds: int) -> ModelOffer:
    """The offer that takes this choice. Raises IllegalChoice, naming the nearest legal values."""
    offer = check_pair(account, model=model, size=size)
    if seconds not in offer.seconds:
        near = _either(f"{s} s" for s in _nearest_seconds(seconds, offer.seconds))
        raise IllegalChoice(
            f"{offer.label} does not render {seconds} seconds. Nearest: {near}.", field="seconds"
        )
    return offer


def check_pair(account: ProviderAccount, *, model: str, size: str) -> ModelOffer:
    """The offer that takes this model and size. Raises IllegalChoice, naming the nearest legal values."""
    by_name = {offer.model: offer for offer in offers(account)}
    offer = by_name.get(model)
    if offer is None:
        names = (other.model for other in choosable(account))
        raise IllegalChoice(
            f"{model or 'This model'} is not offered. Choose {_either(names)}.", field="model"
        )
    if refusal := why_not(account, offer):
        raise IllegalChoice(refusal, field="model")
    if size not in offer.sizes or max(_pixels(size)) > MOST_PIXELS:
        if max(_pixels(size)) > MOST_PIXELS:
            raise IllegalChoice(
                f"{size} is more than 1080p, which no model of this kind renders. Nearest: "
                f"{nearest_size(size, offer.sizes)}. Upscale the finished clip if it has to be larger.",
                field="size",
            )
        near = nearest_size(size, offer.sizes)
        others = [o.label for o in choosable(account) if size in o.sizes]
        hint = f", or {_either(others)} for {size}" if others else ""
        raise IllegalChoice(f"{offer.label} does not render {size}. Nearest: {near}{hint}.", field="size")
    return offer


def check_extension(account: ProviderAccount, *, before: int, extensions: int, seconds: int) -> None:
    """Raises IllegalChoice. `before`: seconds of the clip; `extensions`: how many it would hold then. Both limits bind."""
    if extensions > account.max_extensions:
        raise IllegalChoice(
            f"A clip can be extended {account.max_extensions} times at {account.name}, and this one has been. "
            "Start a new clip from its last frame instead.",
            field="seconds",
        )
    left = account.max_chain_seconds - before
    legal = [s for s in account.extension_seconds if s <= left]
    if not legal:
        raise IllegalChoice(
            f"The clip is {before} s long, and {account.name} makes {account.max_chain_seconds} s at most: "
            f"{max(left, 0)} s are left, less than the shortest extension. Start a new clip from its last frame instead.",
            field="seconds",
        )
    if seconds not in legal:
        near = _either(f"{s} s" for s in _nearest_seconds(seconds, legal))
        why = f", for {left} s are left of {account.max_chain_seconds}" if seconds > left else ""
        raise IllegalChoice(
            f"An extension of {seconds} s is not possible{why}. Nearest: {near}.", field="seconds"
        )


def _either(words: Iterable[str]) -> str:
    *rest, last = list(words) or ["nothing"]
    return f"{', '.join(rest)} or {last}" if rest else last


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.partition("x")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else (720, 1280)


def _is_wide(size: str) -> bool:
    width, height = _pixels(size)
    return width > height


def nearest_size(size: str, legal: list[str]) -> str:
    """Same orientation first, then the closest number of pixels."""
    width, height = _pixels(size)

    def distance(other: str) -> tuple[bool, int]:
        w, h = _pixels(other)
        return (_is_wide(other) != _is_wide(size), abs(w * h - width * height))

    return min(legal, key=distance)


def _nearest_seconds(seconds: int, legal: list[int]) -> list[int]:
    """The closest below and the closest above."""
    below = [s for s in legal if s < seconds]
    above = [s for s in legal if s > seconds]
    return [*([max(below)] if below else []), *([min(above)] if above else [])]


def dollars(microusd: int) -> str:
    """US dollars for people: at least cents, and no digit lost below them."""
    whole, rest = divmod(abs(microusd), MICROUSD)
    digits = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if microusd < 0 else ''}${whole:,}.{digits}"
