"""What a search found, field by field, and what would mend it."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import ngettext

from renders.policy.rules import REWRITES, Category, Rule

_ARTICLE = re.compile(r"(?:an?|the|our|your|their|his|her|its|this|that|'s|’s)\s+\Z", re.IGNORECASE)
_OWN_ARTICLE = re.compile(r"\A(?:an?|the)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s\Z", re.IGNORECASE)
_AROUND = 40  # characters shown on each side of a phrase
MOST_EXPLAINED = 50  # hits of one field; nobody mends more than these before looking again


@dataclass(frozen=True)
class Hit:
    """A phrase in one field of a brief. start and end count characters of the field as it was typed."""

    field: str
    start: int
    end: int
    phrase: str
    rule: Rule

    @property
    def suggestion(self) -> str:
        """What could stand there instead; empty when the phrase is best left out."""
        return self.rule.rewrite or REWRITES[self.rule.category]

    @property
    def label(self) -> str:
        """The category, for people."""
        return str(Category(self.rule.category).label)

    def mended(self, text: str) -> str:
        """The field's text with the suggestion in the phrase's place."""
        return replaced(text, self.start, self.end, self.suggestion)

    def as_dict(self) -> dict[str, Any]:
        """For the record of a refusal."""
        return {
            "field": self.field,
            "start": self.start,
            "end": self.end,
            "phrase": self.phrase,
            "rule": self.rule.key,
            "category": str(self.rule.category),
            "reason": self.rule.why,
            "rewrite": self.suggestion,
        }


def replaced(text: str, start: int, end: int, instead: str) -> str:
    """text with text[start:end] replaced, so that it reads well: articles, capitals, possessives, no hole."""
    before, phrase, after = text[:start], text[start:end], text[end:]
    if not instead:
        return re.sub(r" {2,}", " ", before.rstrip(" ") + " " + after.lstrip(" ")).strip()
    if _ARTICLE.search(before):
        instead = _OWN_ARTICLE.sub("", instead)
    elif not before.strip() or before.rstrip().endswith((".", "!", "?")):
        instead = instead[0].upper() + instead[1:]
    if _POSSESSIVE.search(phrase):
        instead += "’s"
    return before + instead + after


@dataclass(frozen=True)
class Part:
    """A piece of a field's text: plain, or a phrase that was found."""

    text: str
    hit: Hit | None = None


# Where a rule refuses a field, in its characters as they were typed, and the rule.
Place = tuple[int, int, Rule]


@dataclass(frozen=True)
class Findings:
    """Everything that was found in a brief. `places`: by field, in order; a field without any is not in it.

    The first MOST_EXPLAINED places of a field, and the first of every other category in it, are explained as hits.
    """

    texts: Mapping[str, str]
    places: Mapping[str, tuple[Place, ...]]

    def __bool__(self) -> bool:
        return bool(self.places)

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        """What is explained, field by field and in order."""
        return tuple(hit for field in self.places for hit in self._explained(field))

    def _explained(self, field: str) -> Iterator[Hit]:
        text, places = self.texts[field], self.places[field]
        seen = set()
        for number, (start, end, rule) in enumerate(places):
            if number < MOST_EXPLAINED or rule.category not in seen:
                yield Hit(field, start, end, text[start:end], rule)
            seen.add(rule.category)

    def of(self, field: str) -> list[Hit]:
        """The hits of one field."""
        return [hit for hit in self.hits if hit.field == field]

    def hit(self, field: str, start: int, key: str) -> Hit | None:
        """The one of this rule that starts there, explained or not."""
        for begin, end, rule in self.places.get(field, ()):
            if (begin, rule.key) == (start, key):
                return Hit(field, begin, end, self.texts[field][begin:end], rule)
        return None

    def more(self, field: str) -> int:
        """In how many places of a field something is refused besides its hits."""
        return len(self.places.get(field, ())) - len(self.of(field))

    def parts(self, field: str) -> list[Part]:
        """The field's text cut at its hits; long stretches between are shortened. How many more there are comes last."""
        parts = list(_parts(self.texts.get(field, ""), self.of(field)))
        return [*parts, Part(and_more(more))] if (more := self.more(field)) else parts

    @property
    def keys(self) -> list[str]:
        """The rules of all places, the first one first, each once."""
        return list(dict.fromkeys(rule.key for places in self.places.values() for _, _, rule in places))

    def without(self, keys: Container[str]) -> "Findings":
        """What is left when these rules do not count."""
        kept = {
            field: tuple(place for place in places if place[2].key not in keys)
            for field, places in self.places.items()
        }
        return Findings(self.texts, {field: places for field, places in kept.items() if places})


def and_more(count: int) -> str:
    """What stands behind the phrases that are shown, when others are not."""
    said = ngettext(
        "… and %(n)s more place that is refused", "… and %(n)s more places that are refused", count
    )
    return f" {said % {'n': f'{count:,}'}}"


def _parts(text: str, hits: list[Hit]) -> Iterator[Part]:
    at = 0
    for number, hit in enumerate(hits):
        yield from _plain(text[at : hit.start], keep_head=number > 0, keep_tail=True)
        yield Part(text[hit.start : hit.end], hit)
        at = hit.end
    yield from _plain(text[at:], keep_head=True, keep_tail=False)


def _plain(text: str, *, keep_head: bool, keep_tail: bool) -> Iterator[Part]:
    room = _AROUND * (keep_head + keep_tail)
    if len(text) > room + 10:
        head = text[:_AROUND] if keep_head else ""
        tail = text[-_AROUND:] if keep_tail else ""
        text = f"{head}…{tail}"
    if text:
        yield Part(text)
