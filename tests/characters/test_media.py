"""The subprocess on real clips: what it measures, what it cuts, and what a face detector may say. F13."""

import io
from fractions import Fraction

import av
import pytest
from django.core.checks import run_checks
from PIL import Image

from characters import rules
from tenants.media import faces
from tenants.media import run as media
from tests.characters import corpus
from tests.characters_kit import clip_bytes


@pytest.fixture
def look(tmp_path):
    def inspect(content, **more):
        source = tmp_path / "upload"
        source.write_bytes(content)
        return media.inspect(source, tmp_path, **more)

    return inspect


@pytest.mark.parametrize(
    ("seconds", "fps", "expected"), [(3.0, 24, 3.0), (2.0, 30, 2.0), (4.0, 60, 4.0), (2.5, 8, 2.5)]
)
def test_length_is_measured_by_decoding(look, seconds, fps, expected):
    facts = look(clip_bytes(320, 180, seconds, fps))
    assert facts["seconds"] == pytest.approx(expected, abs=0.01)
    assert (facts["fps_num"], facts["fps_den"], facts["frames"]) == (fps, 1, round(seconds * fps))


def test_length_of_uneven_frames_is_measured_by_their_times(look):
    facts = look(corpus.uneven())
    assert facts["seconds"] == pytest.approx(11.09, abs=0.1)
    assert facts["frames"] == 6


def test_too_short_and_too_long_are_refused_by_their_real_length(look):
    """B19: what the file says of itself does not count."""
    for seconds in (1.9, 4.1):
        found = rules.check(look(clip_bytes(1280, 720, seconds, 20)))
        assert [problem.rule for problem in found] == ["length"], seconds


@pytest.mark.parametrize(
    ("make", "container", "codec"),
    [
        (lambda: clip_bytes(320, 180, 1.0, 12), "mp4", "h264"),
        (lambda: corpus.encoded("libx264", "mov"), "mov", "h264"),
        (lambda: corpus.encoded("libvpx-vp9", "webm"), "matroska", "vp9"),
    ],
)
def test_container_and_codec_are_what_the_bytes_say(look, make, container, codec):
    facts = look(make())
    assert (facts["container"], facts["codec"]) == (container, codec)


def test_preview_is_small_silent_and_plays(look, tmp_path):
    facts = look(clip_bytes(1920, 1080, 2.0, 24, sound=True))
    assert facts["has_audio"]
    with av.open(str(tmp_path / "preview.mp4")) as made:
        assert not made.streams.audio
        frames = list(made.decode(video=0))
    assert (frames[0].width, frames[0].height, len(frames)) == (640, 360, 24)
    with Image.open(tmp_path / "poster.webp") as poster:
        assert poster.size == (640, 360)


def coloured_quarters() -> bytes:
    """Four colours, so that a cut shows where it was made; red for the first second, then its negative."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as made:
        stream = made.add_stream("libx264", rate=10, options={"preset": "ultrafast", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 1600, 1600, "yuv420p"
        for number in range(50):
            picture = Image.new("RGB", (1600, 1600), (200, 0, 0) if number < 10 else (0, 0, 200))
            picture.paste((0, 200, 0), (0, 0, 1600, 700))
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def test_cut_keeps_the_piece_and_the_part_that_were_chosen(tmp_path):
    source, target = tmp_path / "upload", tmp_path / "cut.mp4"
    source.write_bytes(coloured_quarters())
    facts = media.inspect(source, tmp_path)
    plan = rules.plan(facts, rules.Choice(1.0, 2.0, "16:9", 100, 720))
    media.cut(source, target, plan)
    with av.open(str(target)) as made:
        assert not made.streams.audio
        frames = list(made.decode(video=0))
    assert (len(frames), frames[0].width, frames[0].height) == (20, 1280, 720)
    # The lowest part of the picture, from the second second on: blue, and none of the green above.
    for frame in (frames[0], frames[-1]):
        picture = frame.to_image().convert("RGB")
        for point in ((5, 5), (640, 360), (1275, 715)):
            red, green, blue = picture.getpixel(point)
            assert blue > 150 > max(red, green)
    assert rules.check(media.inspect(target, tmp_path)) == []


def test_cut_past_the_end_says_so(tmp_path):
    source = tmp_path / "upload"
    source.write_bytes(clip_bytes(320, 180, 1.0, 12))
    wanted = {
        "start": 5,
        "seconds": 2,
        "left": 0,
        "top": 0,
        "wide": 320,
        "tall": 180,
        "width": 1280,
        "height": 720,
    }
    with pytest.raises(media.Unreadable, match="ends before second 5"):
        media.cut(source, tmp_path / "cut.mp4", wanted)


def test_no_detector_sees_nothing(look):
    facts = look(clip_bytes(320, 180, 1.0, 12))
    assert (facts["detector"], facts["looked_at"], facts["faces"]) == ("", 0, 0)


def test_opencv_looks_at_sampled_pictures_and_sees_no_face_in_a_ball(look):
    facts = look(clip_bytes(), detector="opencv")
    assert facts["detector"] == "opencv"
    assert 8 <= facts["looked_at"] <= 9
    assert facts["faces"] == 0


def drawn_face(width: int, height: int) -> Image.Image:
    """A few ellipses that the cascade takes for a face; nobody's."""
    from PIL import ImageDraw, ImageFilter

    picture = Image.new("RGB", (width, height), (90, 90, 90))
    pen, s = ImageDraw.Draw(picture), height * 0.8
    x, y = width / 2, height / 2
    pen.ellipse((x - s * 0.36, y - s * 0.48, x + s * 0.36, y + s * 0.5), fill=(205, 175, 155))
    for sign in (-1, 1):
        e = x + sign * s * 0.16
        pen.ellipse((e - s * 0.11, y - s * 0.18, e + s * 0.11, y - s * 0.03), fill=(150, 115, 100))
        pen.ellipse((e - s * 0.06, y - s * 0.13, e + s * 0.06, y - s * 0.06), fill=(40, 30, 30))
        pen.line(
            (e - s * 0.11, y - s * 0.2, e + s * 0.11, y - s * 0.2), fill=(70, 50, 40), width=int(s * 0.03)
        )
    pen.polygon(
        [(x, y - s * 0.1), (x - s * 0.06, y + s * 0.1), (x + s * 0.06, y + s * 0.1)], fill=(225, 195, 175)
    )
    pen.line(
        (x - s * 0.06, y + s * 0.11, x + s * 0.06, y + s * 0.11), fill=(120, 85, 75), width=int(s * 0.025)
    )
    pen.ellipse((x - s * 0.13, y + s * 0.2, x + s * 0.13, y + s * 0.29), fill=(130, 70, 70))
    return picture.filter(ImageFilter.GaussianBlur(s * 0.012))


def test_opencv_sees_what_looks_like_a_face():
    detect = faces.DETECTORS["opencv"]()
    assert detect(av.VideoFrame.from_image(drawn_face(640, 480))) >= 1
    assert detect(av.VideoFrame.from_image(Image.new("RGB", (640, 480), (120, 120, 120)))) == 0


@pytest.mark.parametrize(("name", "expected"), [("", []), ("opencv", []), ("magic", ["characters.E001"])])
def test_detector_that_does_not_exist_stops_the_start(settings, name, expected):
    settings.FACE_DETECTOR = name
    assert [error.id for error in run_checks() if error.id.startswith("characters.")] == expected


def test_detector_that_is_not_installed_stops_the_start(settings, monkeypatch):
    settings.FACE_DETECTOR = "opencv"
    monkeypatch.setattr("characters.checks.find_spec", lambda name: None)
    assert [error.id for error in run_checks() if error.id.startswith("characters.")] == ["characters.E002"]
