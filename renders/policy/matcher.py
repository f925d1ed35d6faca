"""Find thousands of phrases in one pass over a text's words.

Every phrase is kept as its words written together, and every beginning of that in a set. From each word of the text
the search goes on as long as what it has read is the beginning of a phrase: for almost every word that is one look
into the set, whatever the number of rules. Words that stand together, apart or spelled out meet in the same key;
where the text's breaks differ from the phrase's, accepted() decides whether that is a trick or chance.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, product

from renders.policy.findings import Findings, Hit
from renders.policy.folding import Folded, fold, turned
from renders.policy.rules import Effect, Rule
from renders.policy.words import Words, plain_forms, split

_MOST_KEYS = 8  # spellings of one phrase: singular and plural of each word
_WINDOW = 12  # words on each side in which `near` looks
_NEGATORS = frozenset({"no", "not", "nothing", "without", "never", "avoid", "nor", "dont", "zero", "free"})
_NEGATED_WITHIN = 3  # words before the phrase


@dataclass(frozen=True)
class _Match:
    first: int
    last: int
    rule: Rule

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def covers(self, other: "_Match") -> bool:
        return self.first <= other.first and other.last <= self.last


class Matcher:
    """Rules, made ready for searching. Immutable; safe to share between threads."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._keys: dict[str, list[tuple[Rule, frozenset[int]]]] = {}
        self._beginnings: set[str] = set()
        self._near: dict[str, frozenset[str]] = {}
        self.size = 0
        for rule in rules:
            self._add(rule)

    def _add(self, rule: Rule) -> None:
        words = [forms[:1] if rule.is_exact else forms for forms in split(fold(rule.phrase)).forms]
        if not words:
            raise ValueError(f"The phrase {rule.phrase!r} has no letter and no digit.")
        self.size += 1
        for number, spelling in enumerate(product(*words)):
            if number == _MOST_KEYS:
                break
            key = "".join(spelling)
            breaks = frozenset(accumulate(map(len, spelling[:-1])))
            self._keys.setdefault(key, []).append((rule, breaks))
            self._beginnings.update(key[:length] for length in range(1, len(key) + 1))
        if rule.near:
            self._near[rule.key] = frozenset(form for word in rule.near for form in plain_forms(word.lower()))

    def find(self, words: Words) -> list[_Match]:
        """Every phrase that refuses, without what an allowed phrase covers; of two that overlap the longer one."""
        found = list(self._matches(words))
        allowed = [match for match in found if match.rule.effect == Effect.ALLOW]
        refused = [
            match
            for match in found
            if match.rule.effect == Effect.BLOCK
            and not any(other.covers(match) for other in allowed)
            and self._counts(match, words)
        ]
        return longest(refused)

    def _matches(self, words: Words) -> Iterator[_Match]:
        beginnings = self._beginnings
        for index, forms in enumerate(words.forms):
            for form in forms:
                if form in beginnings:
                    yield from self._from(words, index, form)

    def _from(self, words: Words, first: int, form: str) -> Iterator[_Match]:
        stack: list[tuple[str, int, tuple[int, ...]]] = [(form, first, ())]
        last_word = len(words.forms) - 1
        while stack:
            read, index, cuts = stack.pop()
            for rule, breaks in self._keys.get(read, ()):
                if _is_meant(words, first, cuts, breaks, len(read)):
                    yield _Match(first, index, rule)
            if index < last_word and words.goes_on(index):
                for following in words.forms[index + 1]:
                    longer = read + following
                    if longer in self._beginnings:
                        stack.append((longer, index + 1, (*cuts, len(read))))

    def _counts(self, match: _Match, words: Words) -> bool:
        """Whether the words around let the phrase count."""
        rule = match.rule
        if rule.unless_negated:
            before = words.forms[max(0, match.first - _NEGATED_WITHIN) : match.first]
            if any(not _NEGATORS.isdisjoint(forms) for forms in before):
                return False
        if not rule.near:
            return True
        around = words.forms[max(0, match.first - _WINDOW) : match.first]
        around += words.forms[match.last + 1 : match.last + 1 + _WINDOW]
        wanted = self._near[rule.key]
        return any(not wanted.isdisjoint(forms) for forms in around)


def _is_meant(words: Words, first: int, cuts: tuple[int, ...], breaks: frozenset[int], end: int) -> bool:
    """Whether the breaks in the text can be those of the phrase.

    Fewer breaks are (spiderman). More are when no space makes them (mic-key), or when the pieces are letters spelled
    out (m i c k e y): "the rapist" is no "therapist".
    """
    for number, cut in enumerate(cuts):
        if cut in breaks:
            continue
        if not any(sign.isspace() for sign in words.gap(first + number)):
            continue
        left = cut - (cuts[number - 1] if number else 0)
        right = (cuts[number + 1] if number + 1 < len(cuts) else end) - cut
        if left > 2 or right > 2:
            return False
    return True


def longest(matches: list[_Match]) -> list[_Match]:
    """Of matches that overlap the longest, in order of the text."""
    kept: list[_Match] = []
    taken: set[int] = set()
    for match in sorted(matches, key=lambda m: (-m.length, m.first)):
        places = range(match.first, match.last + 1)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(match)
    return sorted(kept, key=lambda m: m.first)


def search(texts: Mapping[str, str], matchers: Iterable[Matcher]) -> Findings:
    """Everything that the matchers refuse in these fields. An allowed phrase helps against its own matcher only."""
    ready = tuple(matchers)
    hits: list[Hit] = []
    for field, text in texts.items():
        if text:
            hits += _in_field(field, text, ready)
    return Findings(dict(texts), tuple(hits))


def _in_field(field: str, text: str, matchers: tuple[Matcher, ...]) -> list[Hit]:
    found = _hits(field, text, fold(text), matchers)
    # What a right-to-left override shows backwards is read both ways.
    if (backwards := turned(text)) is not None:
        found += [
            hit
            for hit in _hits(field, text, backwards, matchers)
            if not any(hit.start < other.end and other.start < hit.end for other in found)
        ]
    return sorted(found, key=lambda hit: hit.start)


def _hits(field: str, text: str, folded: Folded, matchers: tuple[Matcher, ...]) -> list[Hit]:
    words = split(folded)
    matches = longest([match for matcher in matchers for match in matcher.find(words)])
    return [_hit(field, text, words, match) for match in matches]


def _hit(field: str, text: str, words: Words, match: _Match) -> Hit:
    start, end = words.original(match.first, match.last)
    # An accent that was written after its letter belongs to it.
    while end < len(text) and unicodedata.category(text[end]) in {"Mn", "Me"}:
        end += 1
    return Hit(field, start, end, text[start:end], match.rule)
