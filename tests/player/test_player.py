"""The player shows the frame that it names, and every way to get there ends on the same frame."""

import random
from itertools import pairwise

import pytest

from tests.player.conftest import FRAMES, Room

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("clip", ["/30", "/2997"])
def test_seek_shows_exactly_the_frame_asked_for(room: Room, clip: str) -> None:
    room.open(clip=clip)
    wanted = [0, 1, 11, 12, 13, FRAMES - 1, *random.Random(7).sample(range(FRAMES), 14)]

    shown = {frame: (room.seek(frame).picture, room.frame) for frame in wanted}

    assert shown == {frame: (frame, frame) for frame in wanted}


def test_many_wishes_at_once_end_on_the_last(room: Room) -> None:
    room.run("for (let frame = 0; frame < 70; frame++) player.seekFrame(frame);")
    room.settle()

    assert (room.frame, room.picture) == (69, 69)


def test_arrows_commas_and_shift_step_through_frames(room: Room) -> None:
    room.seek(30)
    assert room.press("ArrowRight").picture == 31
    assert room.press("ArrowLeft", "ArrowLeft").picture == 29
    assert room.press(".").picture == 30
    assert room.press(",").picture == 29
    assert room.press("Shift+ArrowRight").picture == 39
    assert room.press("Shift+ArrowLeft", "Shift+ArrowLeft").picture == 19


def test_steps_stop_at_both_ends(room: Room) -> None:
    assert room.press("ArrowLeft").frame == 0
    assert room.seek(FRAMES - 3).press("Shift+ArrowRight").picture == FRAMES - 1


def test_space_and_k_play_and_pause(room: Room) -> None:
    room.run("player.video.muted = true;")
    room.press("Space")
    assert room.run("return player.playing;") is True
    room.page.wait_for_timeout(300)
    room.press("k")

    assert room.run("return player.playing;") is False
    assert room.frame == room.picture > 3


def test_l_doubles_the_speed_and_j_plays_backwards(room: Room) -> None:
    room.run("player.video.muted = true;")
    room.page.keyboard.press("l")
    room.page.keyboard.press("l")
    assert room.run("return player.video.playbackRate;") == 2
    room.press("k").seek(80)
    room.page.keyboard.press("j")
    room.page.wait_for_timeout(600)
    assert room.page.locator("[data-show=speed]").inner_text() == "−1×"
    room.press("k")

    assert room.frame == room.picture
    assert 30 < room.frame < 78


def test_in_and_out_make_a_range_for_the_comment(room: Room) -> None:
    room.seek(20).press("i")
    room.seek(35).press("o")

    assert (room.field("frame_in"), room.field("frame_out")) == ("20", "35")
    assert room.hash == "#f=20-35"
    assert room.page.locator("[data-show=range]").inner_text() == "00:00:00:20 – 00:00:01:05"
    room.press("r")
    assert room.page.locator("[data-show=range]").is_hidden()
    assert (room.field("frame_in"), room.field("frame_out")) == ("35", "35")


def test_loop_stays_inside_the_range(room: Room) -> None:
    room.run("player.video.muted = true; player.setRange(10, 25);")
    room.seek(10).press("Control+l", "Space")
    seen = []
    for _ in range(12):
        room.page.wait_for_timeout(120)
        seen.append(room.frame)

    assert max(seen) <= 28
    assert room.run("return player.playing;") is True


@pytest.mark.parametrize(
    ("place", "frame"), [("#f=61", 61), ("#f=61-84", 61), ("#c=cmt_b", 40), ("#f=9999", 89)]
)
def test_a_deep_link_opens_on_its_frame(room: Room, place: str, frame: int) -> None:
    room.open(place)

    assert (room.frame, room.picture) == (frame, frame)


def test_a_link_to_a_comment_shows_its_range_and_marks_it(room: Room) -> None:
    room.open("#c=cmt_b")

    assert (room.field("frame_in"), room.field("frame_out")) == ("40", "55")
    assert room.page.locator("[data-comment=cmt_b]").get_attribute("data-current") == ""
    assert room.hash == "#c=cmt_b"


def test_the_address_follows_the_playhead_without_filling_the_history(room: Room) -> None:
    before = room.page.evaluate("history.length")
    room.seek(33).press("ArrowRight")

    assert room.hash == "#f=34"
    assert room.page.evaluate("history.length") == before


def test_changing_the_address_moves_the_player(room: Room) -> None:
    room.page.evaluate("location.hash = '#f=50-60'")
    room.settle()

    assert room.picture == 50
    assert room.field("frame_out") == "60"


def test_the_slider_moves_the_picture_and_speaks_timecode(room: Room) -> None:
    slider = room.page.get_by_role("slider", name="Frame")
    slider.fill("45")
    room.settle()

    assert (room.frame, room.picture) == (45, 45)
    assert slider.get_attribute("aria-valuetext") == "00:00:01:15"
    slider.focus()
    assert room.press("ArrowRight").picture == 46


def test_brackets_walk_through_the_comments(room: Room) -> None:
    room.seek(20)
    assert room.press("]").picture == 40
    assert room.press("]").picture == 80
    assert room.press("[", "[").picture == 12
    assert room.hash == "#c=cmt_a"


def test_markers_are_links_beside_the_slider(room: Room) -> None:
    markers = room.page.locator(".player__marker")
    assert markers.count() == 3
    assert room.page.locator(".player__slider .player__marker").count() == 0
    markers.nth(2).click()
    room.settle()

    assert room.picture == 80


def test_markers_follow_the_list_of_comments(room: Room) -> None:
    room.page.evaluate(
        """document.querySelector('#notes').insertAdjacentHTML('beforeend',
        '<li data-comment="cmt_d"><a href="#f=65" data-frame-in="65" data-comment-id="cmt_d">new</a></li>')"""
    )
    room.page.wait_for_timeout(100)

    assert room.page.locator(".player__marker").count() == 4


def test_comments_at_one_place_share_a_marker(room: Room) -> None:
    room.page.evaluate(
        """document.querySelector('#notes').insertAdjacentHTML('beforeend', Array.from({length: 500}, (_, n) =>
        `<li data-comment="x${n}"><a href="#f=1" data-frame-in="${n % 90}" data-comment-id="x${n}">n</a></li>`).join(''))"""
    )
    room.page.wait_for_timeout(200)
    centres = room.page.evaluate(
        "[...document.querySelectorAll('.player__marker')].map((m) => m.getBoundingClientRect().x)"
    )

    assert len(centres) > 10
    assert all(after - before >= 23.5 for before, after in pairwise(centres))


def test_typing_a_comment_pauses_and_keys_stay_text(room: Room) -> None:
    room.run("player.video.muted = true; player.play();")
    room.page.wait_for_timeout(200)
    room.page.locator("#words").press_sequentially("jolly frames, k?")

    assert room.run("return player.playing;") is False
    assert room.page.locator("#words").input_value() == "jolly frames, k?"


def test_c_focuses_the_comment_and_tells_the_place(room: Room) -> None:
    room.run(
        "window.told = null; document.addEventListener('dailies:comment', (event) => { window.told = event.detail; });"
    )
    room.seek(25).press("c")

    assert room.page.evaluate("document.activeElement.id") == "words"
    assert room.page.evaluate("window.told") == {"frameIn": 25, "frameOut": 25}


def test_frame_events_are_throttled_and_end_on_the_resting_frame(room: Room) -> None:
    room.run(
        """window.frames_told = []; player.video.muted = true;
        document.addEventListener('dailies:frame', (event) => window.frames_told.push(event.detail.frame)); player.play();"""
    )
    room.page.wait_for_timeout(1000)
    room.press("k")
    told = room.page.evaluate("window.frames_told")

    assert len(told) <= 16
    assert told[-1] == room.frame


def test_timecode_drops_labels_only_where_the_standard_does(room: Room) -> None:
    cases = [
        [30, 1, 61, "00:00:02:01"],
        [24000, 1001, 24, "00:00:01:00"],
        [30000, 1001, 1799, "00:00:59;29"],
        [30000, 1001, 1800, "00:01:00;02"],
        [30000, 1001, 17982, "00:10:00;00"],
        [60000, 1001, 3600, "00:01:00;04"],
        [25, 1, 25 * 3600, "01:00:00:00"],
    ]
    found = room.page.evaluate(
        """async (cases) => {
          const { Clock } = await import('/static/js/player/clock.js');
          return cases.map(([num, den, frame, words]) => {
            const clock = new Clock(num, den, 1e6);
            return [num, den, clock.parse(words), clock.timecode(frame)];
          });
        }""",
        cases,
    )

    assert found == cases


def test_a_drawing_is_kept_for_its_frame_only(room: Room) -> None:
    room.seek(15).press("p")
    box = room.page.locator(".player__layer").bounding_box()
    assert box is not None
    room.page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    room.page.mouse.down()
    room.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=5)
    room.page.mouse.up()

    kept = room.page.evaluate("JSON.parse(document.querySelector('form [name=drawing]').value)")
    assert kept["frame"] == 15
    assert kept["strokes"][0]["points"][0] == pytest.approx([0.25, 0.5], abs=0.01)
    assert kept["strokes"][0]["points"][-1] == pytest.approx([0.75, 0.5], abs=0.01)
    assert room.page.locator(".player__stroke").count() == 1
    assert room.press("ArrowRight").page.locator(".player__stroke").count() == 0
    assert room.press("ArrowLeft").page.locator(".player__stroke").count() == 1
    room.page.locator("[data-undo-stroke]").click()
    assert room.field("drawing") == ""


def test_hovering_the_time_line_previews_the_nearest_tile(room: Room) -> None:
    box = room.page.locator(".player__time").bounding_box()
    assert box is not None
    room.page.mouse.move(box["x"] + box["width"] * (50 / (FRAMES - 1)), box["y"] + 40)
    room.page.wait_for_timeout(300)

    assert room.page.locator(".player__preview span").inner_text() == "00:00:01:20"
    assert room.read("player.querySelector('.player__preview canvas')") == 48
    room.page.mouse.move(0, 0)
    assert room.page.locator(".player__preview").is_hidden()


def test_keys_stay_quiet_when_single_keys_are_off(room: Room) -> None:
    room.page.evaluate("localStorage.setItem('dailies:single-keys', 'off')")
    room.seek(20).page.locator("h1").click()

    assert room.press("ArrowRight", "k").frame == 20
    room.page.get_by_role("slider", name="Frame").focus()
    assert room.press("ArrowRight").frame == 21


def test_a_reset_of_the_form_clears_range_and_drawing(room: Room) -> None:
    room.run("player.setRange(10, 20);")
    room.run("document.querySelector('form').reset();")
    room.settle()

    assert room.run("return player.range;") is None


def test_leaving_the_page_s_part_stops_the_player(room: Room) -> None:
    room.run("player.video.muted = true; player.play(); window.kept = player.video; player.remove();")

    assert room.page.evaluate("window.kept.paused") is True


def test_without_scripts_the_browser_s_own_controls_are_there(chromium: object, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{site}/30")

    assert page.locator("video[controls]").is_visible()
    assert page.locator(".player__bar").is_hidden()
    context.close()
