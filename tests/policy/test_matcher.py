"""Phrases are found through tricks of writing, where they stand in the text as it was typed, and nothing else is."""

import itertools
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renders.policy.findings import MOST_EXPLAINED
from renders.policy.folding import fold
from renders.policy.matcher import Matcher, search
from renders.policy.rules import Category, Effect, Rule
from renders.policy.starter import ordinary_briefs, starter, starter_rules
from renders.policy.words import Words, split


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


def plainly(text: str, matchers: list[tuple[Matcher, list[Rule]]]) -> list[tuple[int, int, str]]:
    """What the search should find, by asking every rule at every word; (first word, last word, key)."""
    words = split(fold(text))
    kept = []
    for _matcher, rules in matchers:
        found = [
            (first, last, number, one)
            for number, one in enumerate(rules)
            for first in range(len(words.tokens))
            for last in range(first, len(words.tokens))
            if reads(words, first, last, one)
        ]
        allowed = [match for match in found if match[3].effect == Effect.ALLOW]
        kept += best(
            match
            for match in found
            if match[3].effect == Effect.BLOCK
            and counts(words, *match[:2], match[3])
            and not any(other[0] <= match[0] and match[1] <= other[1] for other in allowed)
        )
    return [(first, last, one.key) for first, last, _number, one in best(kept)]


def reads(words: Words, first: int, last: int, one: Rule) -> bool:
    """Whether these words can be read as the phrase."""
    wanted = [forms[:1] if one.is_exact else forms for forms in split(fold(one.phrase)).forms]
    if not all(words.goes_on[first:last]):
        return False
    for written in itertools.product(*words.forms[first : last + 1]):
        for phrase in itertools.product(*wanted):
            if "".join(written) != "".join(phrase):
                continue
            breaks = set(itertools.accumulate(map(len, phrase[:-1])))
            cuts = list(itertools.accumulate(map(len, written)))
            if all(
                cut in breaks
                or not words.is_spaced(first + at)
                or (len(written[at]) <= 2 and len(written[at + 1]) <= 2)
                for at, cut in enumerate(cuts[:-1])
            ):
                return True
    return False


def counts(words: Words, first: int, last: int, one: Rule) -> bool:
    def has(wanted: set[str], start: int, end: int) -> bool:
        return any(wanted & set(forms) for forms in words.forms[max(0, start) : end])

    if one.unless_negated and has({"no", "not"}, first - 3, first):
        return False
    return not one.near or has(set(one.near), first - 12, first) or has(set(one.near), last + 1, last + 13)


def best(matches) -> list:
    kept = []
    for match in sorted(matches, key=lambda m: (m[0] - m[1], m[0])):
        if all(match[1] < other[0] or other[1] < match[0] for other in kept):
            kept.append(match)
    return sorted(kept)


PLATFORMS = [
    rule("mic ky"),
    rule("mick"),
    rule("kys", effect=Effect.ALLOW),
    rule("a b c", is_exact=True),
    rule("mickab"),
    rule("mick ab"),
    rule("is so", near=("bo",)),
    rule("boys", unless_negated=True),
]
AGENCYS = [
    rule("ab"),
    rule("ky"),
    rule("no ky", effect=Effect.ALLOW),
    rule("is so"),
    rule("so b so"),
    rule("so b", category=Category.PERSON),
]
phrases = [one.phrase for one in (*PLATFORMS, *AGENCYS)]
pieces = st.sampled_from([*"micky s", *phrases, "  ", "-", ". ", "no ", "mick ", "boys", "so "])


@given(st.lists(pieces, max_size=14).map("".join))
@settings(max_examples=800)
def test_quick_search_finds_what_asking_every_rule_finds(text):
    """One pass over the words with much remembered, and it may forget nothing."""
    matchers = [(Matcher(rules), rules) for rules in (PLATFORMS, AGENCYS)]
    words = split(fold(text))
    expected = [(*words.original(first, last), key) for first, last, key in plainly(text, matchers)]
    places = search({"x": text}, [matcher for matcher, _rules in matchers]).places.get("x", ())
    assert [(start, end, one.key) for start, end, one in places] == expected


def refused_everywhere(last: str = "") -> tuple[str, Matcher]:
    rules = [rule("Mickey Mouse"), rule("nude", category=Category.SUITABILITY)]
    return "Mickey Mouse, " * 2000 + last, Matcher(rules)


def test_text_refused_everywhere_is_explained_up_to_a_number_and_says_how_many_more():
    text, matcher = refused_everywhere()
    findings = search({"x": text, "y": "Mickey Mouse"}, [matcher])
    assert [len(findings.of(field)) for field in "xy"] == [MOST_EXPLAINED, 1]
    assert (findings.more("x"), findings.more("y")) == (2000 - MOST_EXPLAINED, 0)
    assert findings.parts("x")[-1].text == " … and 1,950 more places that are refused"
    assert [part.text for part in findings.parts("y")] == ["Mickey Mouse"]


def test_every_category_is_explained_wherever_it_stands():
    text, matcher = refused_everywhere("and a nude figure")
    findings = search({"x": text}, [matcher])
    assert {hit.rule.category for hit in findings.hits} == {Category.CHARACTER, Category.SUITABILITY}
    assert findings.keys == ["test/Mickey Mouse", "test/nude"]
    assert text[findings.hits[-1].start :].startswith("nude figure")


def test_refusal_stays_one_when_everything_explained_is_allowed():
    text, matcher = refused_everywhere("and a nude figure")
    findings = search({"x": text}, [matcher]).without({"test/Mickey Mouse"})
    assert [hit.phrase for hit in findings.hits] == ["nude"]
    assert findings.more("x") == 0
    assert not findings.without({"test/nude"})


def test_hit_that_is_not_explained_can_be_mended():
    text, matcher = refused_everywhere()
    findings = search({"x": text}, [matcher])
    last = text.rindex("Mickey")
    assert findings.hit("x", last, "test/Mickey Mouse").mended(text).count("Mickey Mouse") == 1999
    assert findings.hit("x", last + 1, "test/Mickey Mouse") is None


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
        "mickey mouse " * 9_000,
        "nude lipstick " * 9_000,
        "\u202eesuom yekcim\u202c mickey mouse " * 5_000,
        "elsa " * 9_000,
        "no gun " * 9_000,
    ],
)
def test_no_text_is_slow(text):
    """A hundred times what prose takes would still pass: this finds what grows with the square."""
    began = time.process_time()
    search({"x": text}, [starter(), Matcher([rule("nude"), rule("nude lipstick", effect=Effect.ALLOW)])])
    assert time.process_time() - began < 0.5
