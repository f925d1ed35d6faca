"""A folded text as words, each in every form that a rule may know it by."""

import re
from dataclasses import dataclass
from functools import cached_property

from renders.policy.folding import Folded

# Letters and digits with the signs that stand for letters; inside a word an apostrophe, too.
_WORD = re.compile(r"(?:[^\W_]|[@$€£])+(?:['!|](?:[^\W_]|[@$€£])+)*")
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
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def plain_forms(word: str) -> tuple[str, ...]:
    """A word as written, without its possessive, without its plural."""
    word = word.strip(_SIGNS)
    bare = word.replace("'", "")
    owner = word[:-2].replace("'", "") if word.endswith("'s") else bare
    return tuple(form for form in dict.fromkeys((bare, owner, stem(bare), stem(owner))) if form)


def forms(word: str) -> tuple[str, ...]:
    """plain_forms, and what the word says when digits and signs stand for letters: m1ck3y, $anta."""
    found = plain_forms(word)
    if _HAS_STAND_IN.search(word) and _HAS_LETTER.search(word):
        spelled = (word.translate(_ONE_AS_I), word.translate(_ONE_AS_L))
        found = tuple(dict.fromkeys((*found, *plain_forms(spelled[0]), *plain_forms(spelled[1]))))
    return found


class _Forms(dict[str, tuple[str, ...]]):
    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) > _MOST_CACHED:
            self.clear()
        found = self[word] = forms(word)
        return found


_FORMS = _Forms()


@dataclass(frozen=True)
class Words:
    """The words of a text; `spans` in the folded text."""

    folded: Folded

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(self.folded.text)]

    @cached_property
    def forms(self) -> list[tuple[str, ...]]:
        return [_FORMS[word] for word in _WORD.findall(self.folded.text)]

    def gap(self, index: int) -> str:
        """What stands between a word and the next one."""
        return self.folded.text[self.spans[index][1] : self.spans[index + 1][0]]

    def goes_on(self, index: int) -> bool:
        """Whether a phrase may reach from this word into the next."""
        gap = self.gap(index)
        if gap == " ":
            return True
        if len(gap) > _WIDEST_GAP:
            return False
        start, end = self.spans[index]
        # M. I. C. K. E. Y. is spelled out, not six sentences; No. and Dr. end none, either.
        return end - start <= 2 or not _SENTENCE_END.match(gap)

    def original(self, first: int, last: int) -> tuple[int, int]:
        """Where the words first…last stand in the text as it was typed."""
        return self.folded.span(self.spans[first][0], self.spans[last][1])


def split(folded: Folded) -> Words:
    """The words of a folded text."""
    return Words(folded)
