"""Undo tricks of writing, one character at a time, and remember where each character came from.

Compatibility forms (full width, circled, mathematical letters) become plain ones, case and accents go, look-alikes
of other alphabets become Latin, and what nobody sees (zero-width, bidi controls, soft hyphens) disappears.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, compress

_MOST_CACHED = 20_000
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0")  # letters by category, and yet nothing to be seen
# Letters that look like Latin ones, after case folding and without accents.
_LOOKALIKES = {
    pair[0]: pair[1]
    for pair in [
        "аa",
        "вb",
        "еe",
        "кk",
        "мm",
        "нh",
        "оo",
        "рp",
        "сc",
        "тt",
        "уy",
        "хx",
        "іi",
        "јj",
        "ѕs",
        "ԁd",
        "ӏl",
        "һh",
        "ԛq",
        "ԝw",
        "αa",
        "βb",
        "γy",
        "εe",
        "ηn",
        "ιi",
        "κk",
        "νv",
        "μm",
        "οo",
        "ρp",
        "τt",
        "υu",
        "χx",
        "ωw",
        "ıi",
        "łl",
        "øo",
        "đd",
        "ħh",
        "ŧt",
        "əe",
        "ɑa",
        "ɡg",
        "ɩi",
        "ʟl",
        "ʀr",
        "ɴn",
        "ɪi",
        "ʏy",
        "ᴀa",
        "ᴇe",
        "ᴏo",
        "’'",
        "‘'",
        "ʼ'",
        "`'",
        "´'",
        '“"',
        '”"',
    ]
}


def _fold_character(character: str) -> str:
    """The plain spelling of one character: usually one, none for what cannot be seen, more for ligatures."""
    if character in _INVISIBLE:
        return ""
    folded, before = unicodedata.normalize("NFKD", character).casefold(), ""
    while folded != before:
        kept = [
            _LOOKALIKES.get(c, c)
            for c in folded
            if unicodedata.category(c) not in {"Mn", "Me", "Cf"} and c not in _INVISIBLE
        ]
        before = "".join(kept)
        folded = unicodedata.normalize("NFKD", before).casefold()
    return folded.replace("æ", "ae").replace("œ", "oe")


class _Characters(dict[str, str]):
    """Folds each character once."""

    def __missing__(self, character: str) -> str:
        if len(self) > _MOST_CACHED:
            self.clear()
        folded = self[character] = _fold_character(character)
        return folded


_CHARACTERS = _Characters()


@dataclass(frozen=True)
class Folded:
    """A text without tricks.

    `pieces`: what became of each character of the original, None when nothing moved. `order`: which of its characters
    each piece is, None when they stand in their own order.
    """

    text: str
    pieces: list[str] | None = None
    order: list[int] | None = None

    @cached_property
    def _ends(self) -> list[int]:
        """Where each piece ends in the text."""
        return list(accumulate(map(len, self.pieces or ())))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that became text[start:end]."""
        if self.pieces is None:
            return start, end
        first, last = bisect_right(self._ends, start), bisect_right(self._ends, end - 1)
        if self.order is None:
            return first, last + 1
        # A piece that nobody sees has no place in the text, so it does not widen the span.
        places = list(compress(self.order[first : last + 1], self.pieces[first : last + 1]))
        return min(places), max(places) + 1


def fold(text: str) -> Folded:
    """The text without tricks. Folding it again changes nothing."""
    if text.isascii():
        return Folded(text.lower().replace("`", "'"))
    pieces = list(map(_CHARACTERS.__getitem__, text))
    folded = "".join(pieces)
    if len(folded) == len(text) and "" not in pieces:
        return Folded(folded)
    return Folded(folded, pieces)


_OVERRIDE = re.compile("[\u202e\u2067](.*?)(?:[\u202c\u2069\n]|\\Z)", re.DOTALL)


def turned(text: str) -> Folded | None:
    """As `fold`, with the runs that a right-to-left override shows backwards turned round; None without any."""
    if "\u202e" not in text and "\u2067" not in text:
        return None
    order = list(range(len(text)))
    for match in _OVERRIDE.finditer(text):
        start, end = match.span(1)
        order[start:end] = order[start:end][::-1]
    pieces = [_CHARACTERS[text[index]] for index in order]
    return Folded("".join(pieces), pieces, order)
