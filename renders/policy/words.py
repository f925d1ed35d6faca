"""A folded text as words, each in every form that a rule may know it by."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain

from renders.policy.folding import Folded

# Letters and digits with the signs that stand for letters; inside a word an apostrophe, too. The parentheses let
# split() return the words between the gaps. \w counts the underscore, which is taken for a dash before.
_WORDS = re.compile(r"([\w@$€£]+(?:['!|][\w@$€£]+)*)")
_SIGNS = "@$€£"
_HAS_STAND_IN = re.compile(r"[0-9@$€£!|]")
_HAS_LETTER = re.compile(r"[^\W\d_]")
_ONE_AS_I = str.maketrans("0134578@$€£!|", "oieastbaselil")
_ONE_AS_L = str.maketrans("0134578@$€£!|", "oleastbasellI".lower())
_MOST_CACHED = 50_000
# Punctuation at a word's end and then a space: a sentence ends, and no phrase goes on behind it.
_SENTENCE_END = re.compile(r"[.!?…;:]+[\"')\]]*\s|.*\n\s*\n", re.DOTALL)
_WIDEST_GAP = 8


def stem(word: str) -> str:
    """Without the ending of a plural: only as much as can go without meaning something else."""
    if not word.endswith("s"):
        return word
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def plain_forms(word: str) -> tuple[str, ...]:
    """A word as written, without its possessive, without its plural."""
    word = word.strip(_SIGNS)
    if not word:
        return ()
    if "'" not in word:
        single = stem(word)
        return (word,) if single == word else (word, single)
    bare = word.replace("'", "")
    owner = word[:-2].replace("'", "") if word.endswith("'s") else bare
    return tuple(form for form in dict.fromkeys((bare, owner, stem(bare), stem(owner))) if form)


def forms(word: str) -> tuple[str, ...]:
    """plain_forms, and what the word says when digits and signs stand for letters: m1ck3y, $anta."""
    if word.isalpha() and not word.endswith("s"):  # most words
        return (word,)
    found = plain_forms(word)
    if not (_HAS_STAND_IN.search(word) and _HAS_LETTER.search(word)):
        return found
    as_i, as_l = word.translate(_ONE_AS_I), word.translate(_ONE_AS_L)
    spelled = plain_forms(as_i) if as_i == as_l else plain_forms(as_i) + plain_forms(as_l)
    return tuple(dict.fromkeys(found + spelled))


class _Forms(dict[str, tuple[str, ...]]):
    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) > _MOST_CACHED:
            self.clear()
        found = self[word] = forms(word)
        return found


_FORMS = _Forms()
forms_of = _FORMS.__getitem__  # forms(), remembered


class _Stops(dict[str, bool]):
    """Whether what stands between two words keeps a phrase from going on; each gap is looked at once a text."""

    def __missing__(self, gap: str) -> bool:
        stops = self[gap] = bool(_SENTENCE_END.match(gap))
        return stops


@dataclass(frozen=True)
class Words:
    """The words of a text, by number. Nothing is worked out before it is asked for."""

    folded: Folded

    @cached_property
    def _parts(self) -> list[str]:
        """Gap, word, gap, …, word, gap."""
        return _WORDS.split(self.folded.text.replace("_", "-"))

    @cached_property
    def tokens(self) -> list[str]:
        """Each as it is written in the folded text."""
        return self._parts[1::2]

    @cached_property
    def _starts(self) -> list[int]:
        """Where each part starts in the folded text."""
        return [0, *accumulate(map(len, self._parts))]

    @property
    def forms(self) -> list[tuple[str, ...]]:
        """Each in every form that a rule may know it by."""
        return [_FORMS[token] for token in self.tokens]

    @cached_property
    def goes_on(self) -> list[bool]:
        """Whether a phrase may reach from a word into the next."""
        stops = _Stops()
        gaps = self._parts[2::2]
        # M. I. C. K. E. Y. is spelled out, not six sentences; No. and Dr. end none, either.
        found = [
            gap == " " or (len(gap) <= _WIDEST_GAP and (len(token) <= 2 or not stops[gap]))
            for token, gap in zip(self.tokens, gaps, strict=True)
        ]
        if found:
            found[-1] = False
        return found

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Every form, and the words that have it."""
        places: dict[str, list[int]] = {}
        for number, token in enumerate(self.tokens):
            for form in _FORMS[token]:
                places.setdefault(form, []).append(number)
        return places

    @cached_property
    def _having(self) -> dict[frozenset[str], list[int]]:
        return {}

    def having(self, wanted: frozenset[str]) -> list[int]:
        """The words that have one of these forms, in order; a word may come twice."""
        known = self._having.get(wanted)
        if known is None:
            found = chain.from_iterable(self._places.get(form, ()) for form in wanted)
            known = self._having[wanted] = sorted(found)
        return known

    def is_spaced(self, number: int) -> bool:
        """Whether there is white space between a word and the next one."""
        gap = self._parts[2 * number + 2]
        return gap == " " or any(sign.isspace() for sign in gap)

    def original(self, first: int, last: int) -> tuple[int, int]:
        """Where the words first…last stand in the text as it was typed."""
        starts = self._starts
        return self.folded.span(starts[2 * first + 1], starts[2 * last + 2])


def split(folded: Folded) -> Words:
    """The words of a folded text."""
    return Words(folded)
