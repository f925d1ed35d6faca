"""What can be a rule: words, and no pattern, no empty phrase, nothing that is in every sentence."""

import pytest

from renders.policy.phrases import BadPhrase, check_phrase

BOMBS = [
    r"(a+)+$",
    r"(a|aa)+",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r".*mickey.*",
    r"mick[ei]y",
    r"\bmouse\b",
    r"mouse{2,}",
    r"(?:mouse|duck)",
    r"(x+x+)+y",
]


@pytest.mark.parametrize("pattern", BOMBS)
def test_pattern_is_refused_with_the_reason(pattern):
    with pytest.raises(BadPhrase, match="Rules are plain words"):
        check_phrase(pattern)


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("", "Write the words"),
        ("   ", "Write the words"),
        ("\u200b\u200b", "no letter"),
        ("!!! ---", "no letter"),
        ("the", "almost every sentence"),
        ("of the", "almost every sentence"),
        ("a", "almost every sentence"),
        ("x" * 81, "fit"),
    ],
)
def test_phrase_that_says_nothing_is_refused_in_words(phrase, reason):
    with pytest.raises(BadPhrase, match=reason):
        check_phrase(phrase)


@pytest.mark.parametrize(
    "phrase", ["Mickey Mouse", "M*A*S*H", "C++ logo", "Yahoo!", "Who?", "AC/DC", "7UP", "日本酒"]
)
def test_names_with_odd_signs_are_phrases(phrase):
    assert check_phrase(f"  {phrase} ") == phrase
