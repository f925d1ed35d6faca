"""Find thousands of phrases in one pass over a text's words.

Every phrase is kept as its words written together, and every beginning of that in a set. From each word of the text
the search goes on as long as what it has read is the beginning of a phrase: for almost every word that is one look
into the set, whatever the number of rules. Words that stand together, apart or spelled out meet in the same key;
where the text's breaks differ from the phrase's, _tight() decides whether that is a trick or chance.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from operator import itemgetter

from renders.policy.findings import Findings, Place
from renders.policy.folding import Folded, fold, turned
from renders.policy.rules import Effect, Rule
from renders.policy.words import Words, forms_of, plain_forms, split

_MOST_KEYS = 8  # spellings of one phrase: singular and plural of each word
_WINDOW = 12  # words on each side in which `near` looks
_NEGATORS = frozenset({"no", "not", "nothing", "without", "never", "avoid", "nor", "dont", "zero", "free"})
_NEGATED_WITHIN = 3  # words before the phrase


# A phrase that was found: its first and its last word, and its rule. Plain, for a text may be refused at every word.
_Match = tuple[int, int, Rule]

_Path = tuple[str, tuple[int, ...]]  # a spelling of what was read, and where its words end in it
# A rule whose phrase ends here, the words behind which no space may be, and whether it refuses whatever stands around.
_End = tuple[Rule, tuple[int, ...], bool]
# What was read from some word on: its spellings that are beginnings of phrases, the phrases that end here, and by the
# next word's token what is read then, None when no phrase goes on so.
_Reading = tuple[Sequence[_Path], list[_End], dict[str, "_Reading | None"]]


class Matcher:
    """Rules, made ready for searching. Immutable; safe to share between threads."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._keys: dict[str, list[tuple[Rule, frozenset[int], bool]]] = {}
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
        is_sure = not (_allows(rule) or rule.near or rule.unless_negated)
        for number, spelling in enumerate(product(*words)):
            if number == _MOST_KEYS:
                break
            key = "".join(spelling)
            breaks = frozenset(accumulate(map(len, spelling[:-1])))
            known = self._keys.setdefault(key, [])
            # Behind the same phrase that refuses in any case another one would never be heard.
            if _allows(rule) or not any(sure and other == breaks for _, other, sure in known):
                known.append((rule, breaks, is_sure))
            self._beginnings.update(key[:length] for length in range(1, len(key) + 1))
        if rule.near:
            self._near[rule.key] = frozenset(form for word in rule.near for form in plain_forms(word.lower()))

    def find(self, words: Words) -> list[_Match]:
        """Every phrase that refuses, without what an allowed phrase covers; of two that overlap the longer one."""
        refused: list[_Match] = []
        allowed: list[tuple[int, int]] = []
        for first, last, rule, is_sure in self._matches(words):
            if is_sure or (not _allows(rule) and self._counts(first, last, rule, words)):
                refused.append((first, last, rule))
            elif _allows(rule):
                allowed.append((first, last))
        return longest(_uncovered(refused, allowed) if allowed else refused)

    def _matches(self, words: Words) -> Iterator[tuple[int, int, Rule, bool]]:
        """Every phrase, by its first word, and whether it refuses whatever stands around."""
        tokens, goes_on, is_spaced = words.tokens, words.goes_on, words.is_spaced
        begins: dict[str, _Reading | None] = {}
        for first, token in enumerate(tokens):
            if token in begins:
                reading = begins[token]
            else:
                reading = begins[token] = self._reading(self._first(token))
            last = first
            while reading is not None:
                paths, ends, onward = reading
                for rule, tight, is_sure in ends:
                    if not (tight and any(is_spaced(first + number) for number in tight)):
                        yield first, last, rule, is_sure
                if not goes_on[last]:
                    break
                last += 1
                following = tokens[last]
                if following in onward:
                    reading = onward[following]
                else:
                    reading = onward[following] = self._reading(self._longer(paths, following))

    def _first(self, token: str) -> Sequence[_Path]:
        """What is read with this word alone, as far as phrases begin so."""
        return [(form, ()) for form in forms_of(token) if form in self._beginnings]

    def _longer(self, paths: Sequence[_Path], token: str) -> Sequence[_Path]:
        """What is read with one more word, as far as phrases begin so."""
        return [
            (longer, (*cuts, len(read)))
            for read, cuts in paths
            for form in reversed(forms_of(token))
            if (longer := read + form) in self._beginnings
        ]

    def _reading(self, paths: Sequence[_Path]) -> _Reading | None:
        if not paths:
            return None
        ends: list[_End] = []
        is_settled = False
        for read, cuts in paths:
            if read in self._keys:
                for rule, breaks, is_sure in self._keys[read]:
                    # Behind a rule that refuses in any case another one has nothing to add.
                    if is_settled and not _allows(rule):
                        continue
                    tight = () if breaks.issuperset(cuts) else _tight(cuts, breaks, len(read))
                    ends.append((rule, tight, is_sure))
                    is_settled = is_settled or (is_sure and not tight)
        return paths, ends, {}

    def _counts(self, first: int, last: int, rule: Rule, words: Words) -> bool:
        """Whether the words around let the phrase count."""
        if rule.unless_negated and _is_any_within(words.having(_NEGATORS), first - _NEGATED_WITHIN, first):
            return False
        if not rule.near:
            return True
        near = words.having(self._near[rule.key])
        return _is_any_within(near, first - _WINDOW, first) or _is_any_within(
            near, last + 1, last + 1 + _WINDOW
        )


def _allows(rule: Rule) -> bool:
    return rule.effect == Effect.ALLOW


def _is_any_within(numbers: list[int], start: int, end: int) -> bool:
    """Whether one of these, which are in order, is in start…end-1."""
    at = bisect_left(numbers, start)
    return at < len(numbers) and numbers[at] < end


def _tight(cuts: tuple[int, ...], breaks: frozenset[int], end: int) -> tuple[int, ...]:
    """The words of a reading behind which no space may be, or its breaks could not be those of the phrase.

    Fewer breaks may be (spiderman). More may when no space makes them (mic-key), or when the pieces are letters
    spelled out (m i c k e y): "the rapist" is no "therapist".
    """
    found = []
    for number, cut in enumerate(cuts):
        if cut in breaks:
            continue
        left = cut - (cuts[number - 1] if number else 0)
        right = (cuts[number + 1] if number + 1 < len(cuts) else end) - cut
        if left > 2 or right > 2:
            found.append(number)
    return tuple(found)


def _uncovered(matches: list[_Match], allowed: list[tuple[int, int]]) -> list[_Match]:
    """Without those that stand inside an allowed phrase; both by their first word."""
    kept: list[_Match] = []
    number, reach = 0, -1
    for match in matches:
        while number < len(allowed) and allowed[number][0] <= match[0]:
            reach = max(reach, allowed[number][1])
            number += 1
        if match[1] > reach:
            kept.append(match)
    return kept


def longest(matches: list[_Match]) -> list[_Match]:
    """Of matches that overlap the longest, in order of the text. They come by their first word."""
    kept: list[_Match] = []
    crowd: list[_Match] = []  # they hang together
    end = -1
    for match in matches:
        if match[0] > end:
            kept += crowd if len(crowd) < 2 else _longest(crowd)
            crowd = []
        crowd.append(match)
        end = max(end, match[1])
    return kept + (crowd if len(crowd) < 2 else _longest(crowd))


def _longest(crowd: list[_Match]) -> list[_Match]:
    kept: list[_Match] = []
    taken: set[int] = set()
    for match in sorted(crowd, key=lambda m: m[0] - m[1]):
        places = range(match[0], match[1] + 1)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(match)
    kept.sort(key=itemgetter(0))
    return kept


def search(texts: Mapping[str, str], matchers: Iterable[Matcher]) -> Findings:
    """Everything that the matchers refuse in these fields. An allowed phrase helps against its own matcher only."""
    ready = tuple(matchers)
    return Findings(
        dict(texts), {field: places for field, text in texts.items() if (places := _in_text(text, ready))}
    )


def _in_text(text: str, matchers: tuple[Matcher, ...]) -> tuple[Place, ...]:
    found = _places(text, fold(text), matchers)
    # What a right-to-left override shows backwards is read both ways.
    if (backwards := turned(text)) is not None:
        starts = [start for start, _, _ in found]
        more = []
        for place in _places(text, backwards, matchers):
            before = bisect_left(starts, place[1]) - 1  # the last one that starts before its end
            if before < 0 or found[before][1] <= place[0]:
                more.append(place)
        found = sorted(found + more, key=itemgetter(0))
    return tuple(found)


def _places(text: str, folded: Folded, matchers: tuple[Matcher, ...]) -> list[Place]:
    words = split(folded)
    found = [match for matcher in matchers for match in matcher.find(words)]
    if len(matchers) > 1:
        found = longest(sorted(found, key=itemgetter(0)))
    places = [(*words.original(first, last), rule) for first, last, rule in found]
    return places if text.isascii() else [_with_accents(text, place) for place in places]


def _with_accents(text: str, place: Place) -> Place:
    """An accent that was written after its letter belongs to it."""
    start, end, rule = place
    while end < len(text) and unicodedata.category(text[end]) in {"Mn", "Me"}:
        end += 1
    return start, end, rule
