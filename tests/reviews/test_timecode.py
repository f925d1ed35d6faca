"""Frames and what people type for them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.timecode import BadTimecode, parse_range, parse_timecode, timecode

NTSC = Fraction(30_000, 1001)
FAST = Fraction(60_000, 1001)
FILM = Fraction(24_000, 1001)
RATES = [Fraction(24), Fraction(25), Fraction(30), Fraction(50), Fraction(60), NTSC, FAST, FILM]


@pytest.mark.parametrize(("frame", "fps", "label"), [
    (0, Fraction(24), "00:00:00:00"),
    (61, Fraction(30), "00:00:02:01"),
    (1800, Fraction(30), "00:01:00:00"),
    (1799, NTSC, "00:00:59;29"),
    (1800, NTSC, "00:01:00;02"),
    (17_981, NTSC, "00:09:59;29"),
    (17_982, NTSC, "00:10:00;00"),
    (107_892, NTSC, "01:00:00;00"),
    (3600, FAST, "00:01:00;04"),
    (1440, FILM, "00:01:00:00"),
])  # fmt: skip
def test_labels(frame: int, fps: Fraction, label: str) -> None:
    assert timecode(frame, fps) == label
    assert parse_timecode(label, fps, 200_000) == frame


@given(frame=st.integers(0, 2_500_000), fps=st.sampled_from(RATES))
def test_every_frame_is_found_by_its_label(frame: int, fps: Fraction) -> None:
    assert parse_timecode(timecode(frame, fps), fps, frame + 1) == frame


@given(frame=st.integers(0, 1_000_000), fps=st.sampled_from(RATES))
def test_no_two_frames_share_a_label(frame: int, fps: Fraction) -> None:
    assert timecode(frame, fps) < timecode(frame + 1, fps)


@pytest.mark.parametrize(("text", "frame"), [
    ("61", 61), (" 61 ", 61), ("0:02", 60), ("2.5", 75), ("0:02.5", 75), ("00:00:02:01", 61), ("00:00:02;01", 61), ("0:0:1", 30),
])  # fmt: skip
def test_what_people_type(text: str, frame: int) -> None:
    assert parse_timecode(text, Fraction(30), 120) == frame


@pytest.mark.parametrize("text", [
    "", "x", "-1", "1e9", "1.0e99999999", "1/3", "0:1/0", "0:61", "9:99", "1:2:3:4:5", "00:00:02:30", "00:60:00:00",
    "120", "٣", "0x10", "9" * 5000, "1.", "\x00", "1:2:3:-1", "inf", "nan",
])  # fmt: skip
def test_what_is_no_time_is_said_so(text: str) -> None:
    with pytest.raises(BadTimecode):
        parse_timecode(text, Fraction(30), 120)


@pytest.mark.parametrize("label", ["00:01:00;00", "00:01:00;01", "00:11:00;00"])
def test_labels_that_drop_frame_leaves_out_are_no_frames(label: str) -> None:
    with pytest.raises(BadTimecode):
        parse_timecode(label, NTSC, 200_000)


@given(text=st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    for fps in (Fraction(30), NTSC):
        try:
            first, last = parse_range(text, fps, 120)
        except BadTimecode:
            continue
        assert 0 <= first < 120
        assert last is None or first < last < 120


@pytest.mark.parametrize(("text", "place"), [
    ("61", (61, None)), ("10-20", (10, 20)), ("0:01 – 0:02", (30, 60)), ("10..20", (10, 20)), ("10-10", (10, None)),
])  # fmt: skip
def test_ranges(text: str, place: tuple[int, int | None]) -> None:
    assert parse_range(text, Fraction(30), 120) == place
