"""Names as people look for them: word by word, whatever their case and accents. Pure."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_MOST_ASKED = 8  # words of one question; more say nothing new


def _split(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold()
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _WORD.findall(unicodedata.normalize("NFC", bare))


def findable(name: str) -> set[str]:
    """What a name is found by: the beginnings of these.

    Scripts without spaces (Chinese, Japanese, Thai) do not show where a word begins, so every letter of theirs may be one.
    """
    return {
        word[at:]
        for word in _split(name)
        for at, sign in enumerate(word)
        if at == 0 or unicodedata.category(sign) == "Lo"
    }


def asked(text: str) -> list[str]:
    """The words that somebody looks for; all of them have to be there."""
    words = list(dict.fromkeys(_split(text)))
    return [word for word in words if not any(other != word and other.startswith(word) for other in words)][
        :_MOST_ASKED
    ]
