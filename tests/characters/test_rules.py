"""What a clip must be. Requirements B19, B20, B24, F14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from characters import rules
from tests.characters_kit import FACTS


def broken(**facts):
    return [problem.rule for problem in rules.check({**FACTS, **facts})]


def test_legal_clip_breaks_nothing():
    assert broken() == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1.9, ["length"]), (1.96, []), (2.0, []), (4.0, []), (4.004, []), (4.1, ["length"]), (60, ["length"])],
)
def test_length(seconds, expected):
    assert broken(seconds=seconds) == expected


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1280, 720, []),
        (720, 1280, []),
        (1920, 1080, []),
        (1080, 1920, []),
        (1366, 768, []),
        (1440, 1080, ["shape"]),
        (1080, 1080, ["shape"]),
        (1024, 1792, ["shape"]),
        (854, 480, ["size"]),
        (3840, 2160, ["size"]),
        (640, 640, ["shape", "size"]),
        (2048, 2048, ["shape", "size"]),
    ],
)
def test_shape_and_size(width, height, expected):
    assert broken(width=width, height=height) == expected


@pytest.mark.parametrize(
    "facts",
    [
        {"container": "mov"},
        {"container": "matroska"},
        {"codec": "vp9"},
        {"pixel_format": "yuv444p"},
        {"rotation": 90},
    ],
)
def test_format(facts):
    assert broken(**facts) == ["codec"]


def test_all_failures_come_at_once_with_measure_limit_and_fix():
    found = rules.check({**FACTS, "seconds": 6.2, "width": 900, "height": 600, "codec": "vp9"})
    assert [problem.rule for problem in found] == ["length", "shape", "size", "codec"]
    for problem in found:
        assert problem.measured
        assert problem.limit
        assert problem.fix.endswith(".")
    assert found[0].measured == "6.2 s"
    assert "900 × 600" in found[1].measured


def test_what_cannot_be_mended_says_so():
    short, small = rules.check({**FACTS, "seconds": 1.0, "width": 426, "height": 240})
    assert not short.is_mendable
    assert not small.is_mendable


SIDES = st.integers(360, 4096)


@given(width=SIDES, height=SIDES, seconds=st.floats(2.0, 60.0))
def test_the_proposed_cut_is_always_legal_when_enough_lines_are_left(width, height, seconds):
    facts = {**FACTS, "width": width, "height": height, "seconds": seconds}
    choice = rules.proposal(facts)
    left, top, wide, tall = rules.rectangle(width, height, choice.shape, choice.place)
    assert 0 <= left <= left + wide <= width
    assert 0 <= top <= top + tall <= height
    if min(wide, tall) < rules.MIN_SOURCE_LINES:
        with pytest.raises(rules.CannotCut, match="lines are left"):
            rules.plan(facts, choice)
        return
    plan = rules.plan(facts, choice)
    made = {**facts, "width": plan["width"], "height": plan["height"], "seconds": plan["seconds"]}
    assert rules.check(made) == []


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (rules.Choice(0, 1.0, "16:9"), "2 to 4"),
        (rules.Choice(0, 4.5, "16:9"), "2 to 4"),
        (rules.Choice(3, 4.0, "16:9"), "2.0 s at the latest"),
        (rules.Choice(-1, 3.0, "16:9"), "latest"),
        (rules.Choice(0, 3.0, "4:3"), "Choose 16:9"),
        (rules.Choice(0, 3.0, "16:9", 101), "Choose 16:9"),
        (rules.Choice(0, 3.0, "16:9", 50, 480), "Choose 16:9"),
        (rules.Choice(0, float("nan"), "16:9"), "2 to 4"),
    ],
)
def test_cut_that_gives_no_legal_clip_is_refused_in_words(choice, words):
    with pytest.raises(rules.CannotCut, match=words):
        rules.plan({**FACTS, "seconds": 6.0}, choice)


@pytest.mark.parametrize(("place", "left"), [(0, 0), (50, 420), (100, 840)])
def test_place_moves_the_frame_along_its_free_way(place, left):
    assert rules.rectangle(1920, 1920, "9:16", place)[0] == left


def test_rules_beside_the_control_name_every_rule_that_is_checked():
    said = " ".join(map(str, rules.SHOWN))
    for words in ("2 to 4 seconds", "16:9", "9:16", "720", "1080", "MP4", "50 MB", "no person", "face"):
        assert words in said
    tips = " ".join(map(str, rules.TIPS)).lower()
    # B24, without the peer's "face visible".
    assert "lit" in tips
    assert "face" not in tips
