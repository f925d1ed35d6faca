"""What a search found, field by field, and what would mend it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from renders.policy.rules import REWRITES, Category, Rule

_ARTICLE = re.compile(r"(?:an?|the|our|your|their|his|her|its|this|that|'s|’s)\s+\Z", re.IGNORECASE)
_OWN_ARTICLE = re.compile(r"\A(?:an?|the)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s\Z", re.IGNORECASE)
_AROUND = 40  # characters shown on each side of a phrase


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


@dataclass(frozen=True)
class Findings:
    """Everything that was found in a brief, in order."""

    texts: Mapping[str, str]
    hits: tuple[Hit, ...]

    def __bool__(self) -> bool:
        return bool(self.hits)

    def of(self, field: str) -> list[Hit]:
        """The hits of one field."""
        return [hit for hit in self.hits if hit.field == field]

    def parts(self, field: str) -> list[Part]:
        """The field's text cut at its hits; long stretches between are shortened."""
        return list(_parts(self.texts.get(field, ""), self.of(field)))

    @property
    def keys(self) -> list[str]:
        """The rules that were hit, the first one first, each once."""
        return list(dict.fromkeys(hit.rule.key for hit in self.hits))


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
