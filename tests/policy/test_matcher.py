"""Phrases are found through tricks of writing, where they stand in the text as it was typed, and nothing else is."""

import itertools
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renders.policy.folding import fold
from renders.policy.matcher import Matcher, search
from renders.policy.rules import Category, Effect, Rule
from renders.policy.starter import ordinary_briefs, starter, starter_rules


def rule(phrase: str, **options) -> Rule:
    return Rule(f"test/{phrase}", options.pop("category", Category.CHARACTER), phrase, **options)


def found(text: str, *phrases: str, **options) -> list[str]:
    """The pieces of the text that rules with these phrases refuse."""
    hits = search({"x": text}, [Matcher(rule(phrase, **options) for phrase in phrases)]).hits
    return [hit.phrase for hit in hits]


TRICKS = [
    "Mickey Mouse",
    "MICKEY mouse",
    "Míckéy Möuse",
    "mickey  \n mouse",
    "mickeymouse",
    "mickey-mouse",
    "mickey_mouse",
    "mickey.mouse",
    "M1ckey M0use",
    "m!ckey mou$e",
    "m i c k e y m o u s e",
    "m.i.c.k.e.y m.o.u.s.e",
    "M. I. C. K. E. Y. M. O. U. S. E",
    "mic\u200bkey mo\u200duse",
    "mick\u00adey mouse",
    "\ufeffmickey\u2060 mouse",
    "ＭＩＣＫＥＹ ＭＯＵＳＥ",
    "Ⓜⓘⓒⓚⓔⓨ Ⓜⓞⓤⓢⓔ",
    "𝓜𝓲𝓬𝓴𝓮𝔂 𝕸𝖔𝖚𝖘𝖊",
    "Міскеу Моusе",
    "mickey mouse's",
    "Mickey Mouse’s",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_trick_of_writing_is_found_where_it_stands(trick):
    text = f"Before, {trick} after"
    [hit] = search({"x": text}, [Matcher([rule("Mickey Mouse")])]).hits
    assert text[hit.start : hit.end] == hit.phrase
    assert hit.phrase.strip("\ufeff") == trick.strip("\ufeff")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("It ends. He comes, the lion. King Lear enters.", "lion king"),
        ("the rapist in the old play", "therapist"),
        ("a pen is on the table", "penis"),
        ("a mouse and a mickey", "Mickey Mouse"),
        ("Essex and Sussex", "sex"),
        ("mickey, far away from any other animal such as a mouse", "Mickey Mouse"),
        ("a shrekking noise", "shrek"),
    ],
)
def test_chance_is_not_taken_for_a_trick(text, phrase):
    assert found(text, phrase) == []


def test_right_to_left_override_is_read_as_it_is_seen():
    text = "A clip of \u202eesuoM yekciM\u202c, smiling"
    assert found(text, "Mickey Mouse") == ["esuoM yekciM"]
    assert found("\u202eMickey Mouse\u202c", "Mickey Mouse") == ["Mickey Mouse"]


def test_plural_and_singular_meet():
    assert found("two stormtroopers and a minion", "stormtrooper", "minions") == ["stormtroopers", "minion"]
    assert found("boxes of pokies", "box", "poky") == ["boxes", "pokies"]
    assert found("the bus and the glass", "bu", "glas") == []


def test_exact_rule_makes_no_plural():
    assert found("a car on the road", "Cars", is_exact=True) == []
    assert found("the film Cars", "Cars", is_exact=True) == ["Cars"]


def test_longest_of_two_that_overlap_wins():
    assert found("Queen Elsa from Frozen", "Elsa", "Elsa from Frozen", "Queen Elsa") == ["Elsa from Frozen"]


def test_allowed_phrase_wins_over_what_it_covers_and_nothing_more():
    rules = [rule("nude", category=Category.SUITABILITY), rule("nude lipstick", effect=Effect.ALLOW)]
    matcher = Matcher(rules)
    text = "nude lipstick beside a nude figure"
    [hit] = search({"x": text}, [matcher]).hits
    assert hit.start == text.rindex("nude")


def test_allowed_phrase_of_an_agency_does_not_lift_the_platforms_rule():
    own = Matcher([rule("Mickey Mouse", effect=Effect.ALLOW)])
    assert search({"x": "Mickey Mouse"}, [starter(), own]).keys == ["character/mickey-mouse"]


def test_ambiguous_name_counts_only_near_its_words():
    options = {"near": ("frozen", "disney")}
    assert found("Elsa Schiaparelli designs a hat", "Elsa", **options) == []
    assert found("Elsa, known from a Disney film", "Elsa", **options) == ["Elsa"]
    assert found("Elsa " + "and so on " * 9 + "frozen", "Elsa", **options) == []


def test_negated_phrase_is_none_where_the_rule_says_so():
    assert found("no guns, without any gun, not a single gun", "gun", unless_negated=True) == []
    assert found("no people; a gun", "gun", unless_negated=True) == []
    assert found("people with a gun", "gun", unless_negated=True) == ["gun"]
    assert found("no Mickey Mouse", "Mickey Mouse") == ["Mickey Mouse"]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("A hat of Mickey Mouse's uncle", "A hat of a tin mouse’s uncle"),
        ("Mickey Mouse smiles", "A tin mouse smiles"),
        ("The Mickey Mouse balloon", "The tin mouse balloon"),
        ("It is a Mickey Mouse", "It is a tin mouse"),
        ("Look. Mickey Mouse", "Look. A tin mouse"),
    ],
)
def test_suggestion_fits_into_the_sentence(text, mended):
    [hit] = search({"x": text}, [Matcher([rule("Mickey Mouse", rewrite="a tin mouse")])]).hits
    assert hit.mended(text) == mended


def test_suggestion_that_leaves_the_phrase_out_leaves_no_hole():
    [hit] = search(
        {"x": "a nude figure waits"}, [Matcher([rule("nude", category=Category.SUITABILITY)])]
    ).hits
    assert hit.mended("a nude figure waits") == "a figure waits"


def test_parts_show_the_phrase_and_what_is_around_it():
    text = "x" * 200 + " Mickey Mouse " + "y" * 200
    findings = search({"x": text}, [Matcher([rule("Mickey Mouse")])])
    parts = findings.parts("x")
    assert [part.text for part in parts if part.hit] == ["Mickey Mouse"]
    assert all(len(part.text) <= 90 for part in parts)


def test_platforms_list_is_sound():
    rules = starter_rules()
    keys = [one.key for one in rules]
    assert len(set(keys)) == len(keys) > 800
    assert {one.category for one in rules if one.effect == Effect.BLOCK} >= set(Category) - {Category.CUSTOM}
    for one in rules:
        if one.effect != Effect.BLOCK:
            continue
        text = f"{one.phrase} and {one.near[0]}" if one.near else one.phrase
        findings = search({"x": text}, [starter()])
        assert findings, one
        mended = findings.hits[0].mended(text)
        assert one.key not in search({"x": mended}, [starter()]).keys, (one, mended)


def test_everyday_sentences_pass():
    assert [text for text in ordinary_briefs() if search({"x": text}, [starter()])] == []


characters = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)


@given(characters)
def test_folding_again_changes_nothing(text):
    once = fold(text).text
    assert fold(once).text == once


@given(characters, st.integers(0, 60), st.integers(0, 60))
def test_span_points_into_the_text_as_it_was_typed(text, start, length):
    folded = fold(text)
    end = min(len(folded.text), start + max(1, length))
    if start >= end:
        return
    left, right = folded.span(start, end)
    assert 0 <= left < right <= len(text)
    assert folded.text[start:end] in fold(text[left:right]).text


noise = st.sampled_from(["", "\u200b", "\u00ad", "\u2060", "\u0301", "\ufe0f"])


@given(
    st.text(alphabet="qwrtz ,", max_size=30),
    st.lists(noise, min_size=11, max_size=11),
    st.text(alphabet="qwrtz ,", max_size=30),
)
def test_phrase_with_invisible_marks_is_found_and_its_span_is_its_own(before, marks, after):
    spelled = "".join(letter + mark for letter, mark in zip("mickeymouse", marks, strict=True))
    text = f"{before} {spelled} {after}"
    [hit] = search({"x": text}, [Matcher([rule("Mickey Mouse")])]).hits
    assert fold(text[hit.start : hit.end]).text == "mickeymouse"
    assert hit.end == len(text) or unicodedata.category(text[hit.end]) != "Mn"


@given(characters)
@settings(max_examples=300)
def test_no_text_breaks_the_search_and_no_hit_overlaps_another(text):
    hits = search({"x": text}, [starter()]).hits
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert all(one.end <= two.start for one, two in itertools.pairwise(hits))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 32_000,
        "a " * 16_000,
        "m i c k e y " * 2_600,
        "\u202e" * 16_000 + "a" * 16_000,
        "a\u200b" * 16_000,
        "'" * 32_000,
        "$" * 32_000,
        "!a" * 16_000,
        ". " * 16_000,
        "ﷺ" * 32_000,
    ],
)
def test_no_text_is_slow(text):
    """A hundred times what prose takes would still pass: this finds what grows with the square."""
    began = time.process_time()
    search({"x": text}, [starter()])
    assert time.process_time() - began < 5
