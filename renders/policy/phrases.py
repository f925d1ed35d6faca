"""Which phrases can be a rule."""

import re

from renders.policy.folding import fold
from renders.policy.words import split

LONGEST = 80  # characters
# What people write when they expect a regular expression: M*A*S*H and C++ are names, (a+)+ and .* are not.
_PATTERN = re.compile(r"[\\^\[\]{}|]|\.[*+?]|\([^)]*[*+?|]|\)[*+?{]|\$\Z")
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "with",
        "by",
        "from",
        "is",
        "are",
        "be",
        "it",
        "its",
        "this",
        "that",
        "as",
        "into",
        "over",
        "under",
        "up",
        "down",
        "out",
        "no",
        "not",
        "i",
        "you",
        "he",
        "she",
        "we",
        "they",
        "his",
        "her",
        "our",
        "your",
        "their",
        "one",
        "two",
    ]
)


class BadPhrase(ValueError):
    """The phrase cannot be a rule; the text says why."""


def check_phrase(phrase: str) -> str:
    """The phrase, tidied. Raises BadPhrase."""
    tidy = " ".join(phrase.split())
    if not tidy:
        raise BadPhrase("Write the words that must not be in a brief.")
    if len(tidy) > LONGEST:
        raise BadPhrase(
            f"“{tidy[:30]}…” has {len(tidy)} characters, and {LONGEST} fit. A rule is a few words."
        )
    if _PATTERN.search(tidy):
        raise BadPhrase(
            f"“{tidy}” looks like a pattern. Rules are plain words: case, accents, spacing, plurals and common tricks "
            "of spelling are found by themselves."
        )
    forms = split(fold(tidy)).forms
    if not forms:
        raise BadPhrase(f"“{tidy}” has no letter and no digit, so it would never be found.")
    if sum(len(form[0]) for form in forms) < 2 or all(form[0] in _SMALL_WORDS for form in forms):
        raise BadPhrase(f"“{tidy}” is in almost every sentence. Add the word that makes it special.")
    return tidy
