"""The clips: real MP4s of the asked size and length, decoded frame by frame."""

import io
import itertools
from dataclasses import replace
from pathlib import Path

import av
import pytest
from PIL import Image, ImageFilter

from renders.emulator.media.lettering import Lettering
from renders.emulator.media.mascot import portrait
from renders.emulator.media.palette import palette_for
from renders.emulator.media.planes import Canvas
from renders.emulator.media.render import render_clip
from renders.emulator.media.spec import Chord, ClipSpec, Look
from renders.emulator.plans import plan_create
from tests.emulator.driver import PROMPT, Api, Emulator, difference, edge_number, frames, image

SIZE = "1280x720"
_numbers = itertools.count()


@pytest.fixture
def api(studio: Emulator) -> Api:
    """A fresh key at the emulator that draws."""
    return Api(studio, studio.keys[next(_numbers)])


@pytest.fixture
def other(studio: Emulator) -> Api:
    return Api(studio, studio.keys[next(_numbers)])


def streams_of(mp4: bytes) -> dict[str, av.stream.Stream]:
    container = av.open(io.BytesIO(mp4), format="mp4")
    return {stream.type: stream for stream in container.streams}


@pytest.mark.parametrize(
    ("model", "size", "seconds"),
    [
        ("sora-2", "720x1280", "4"),
        ("sora-2", "1280x720", "8"),
        ("sora-2-pro", "1792x1024", "4"),
    ],
)
def test_a_clip_has_the_asked_size_length_and_sound(api: Api, model, size, seconds):
    mp4 = api.content(api.made(model=model, size=size, seconds=seconds)["id"]).content
    width, height = map(int, size.split("x"))
    found = streams_of(mp4)
    video, audio = found["video"], found["audio"]
    assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
    assert (video.width, video.height, video.pix_fmt) == (width, height, "yuv420p")
    assert video.average_rate == 30
    assert video.duration * video.time_base == int(seconds)
    assert audio.duration * audio.time_base == int(seconds)
    assert mp4.index(b"moov") < mp4.index(b"mdat"), "players need the index first"
    last = int(seconds) * 30 - 1
    count, kept = frames(mp4, {0, 1, last // 2, last})
    assert count == last + 1
    assert [edge_number(kept[number]) for number in sorted(kept)] == sorted(kept)
    assert difference(kept[1], kept[last]) > 0.5, "it moves"


def test_the_sound_is_neither_silent_nor_clipped(api: Api):
    mp4 = api.content(api.made(size=SIZE)["id"]).content
    samples: list[float] = []
    with av.open(io.BytesIO(mp4), format="mp4") as container:
        for frame in container.decode(audio=0):
            samples.extend(memoryview(bytes(frame.planes[0])).cast("f")[: frame.samples])
    assert abs(len(samples) - 4 * 48_000) < 2_048
    middle = samples[90_000:100_000]
    assert 0.02 < max(map(abs, middle)) < 0.9
    assert max(map(abs, samples[:200])) < 0.02, "it fades in"


def test_the_same_words_give_the_same_clip_and_another_take_another(api: Api, other: Api):
    first, same, second = api.made(size=SIZE), other.made(size=SIZE), api.made(size=SIZE)
    assert api.content(first["id"]).content == other.content(same["id"]).content
    _, one = frames(api.content(first["id"]).content, {60})
    _, two = frames(api.content(second["id"]).content, {60})
    assert difference(one[60], two[60]) > 2


def test_a_second_take_differs_from_the_first_and_keeps_its_colours():
    looks = [plan_create("A quiet street", "4", take, [], None)["look"] for take in (0, 1, 2)]
    assert len({look["shapes"] for look in looks}) == 3
    assert len({look["palette"] for look in looks}) == 1


def test_an_input_image_is_the_first_frame_and_leaves(api: Api):
    still = image((1280, 720))
    files = {"input_reference": ("still.png", still, "image/png")}
    video = api.wait(api.http.post("/videos", data={"prompt": PROMPT, "size": SIZE}, files=files).json())
    _, kept = frames(api.content(video["id"]).content, {0, 118})
    original = Image.open(io.BytesIO(still))
    assert difference(original, kept[0]) < 3
    assert difference(original, kept[118]) > 15


def test_an_extension_holds_the_frames_of_its_parent_and_goes_on(api: Api):
    parent = api.made(size=SIZE)
    before = api.content(parent["id"]).content
    body = {"prompt": "Swallows arrive", "seconds": "4", "video": {"id": parent["id"]}}
    extension = api.http.post("/videos/extensions", json=body).json()
    api.http.delete(f"/videos/{parent['id']}")
    after = api.content(api.wait(extension)["id"]).content
    _, old = frames(before, {0, 60, 119})
    count, new = frames(after, {0, 60, 119, 121, 239})
    assert count == 240
    assert streams_of(after)["audio"].duration == 8 * 48_000
    for number in (0, 60, 119):
        assert difference(old[number], new[number]) < 2
    assert difference(new[119], new[121]) < 6, "no cut at the join"
    assert difference(new[119], new[239]) > 1
    assert [edge_number(new[number]) for number in sorted(new)] == sorted(new)


def test_an_uploaded_clip_is_recoloured_and_extended(api: Api):
    clip = api.content(api.made(size=SIZE)["id"]).content
    upload = {"video": ("clip.mp4", clip, "video/mp4")}
    edit = api.wait(api.http.post("/videos/edits", data={"prompt": "In ember light"}, files=upload).json())
    _, old = frames(clip, {60})
    count, new = frames(api.content(edit["id"]).content, {60})
    assert count == 120
    shapes = [picture.convert("L") for picture in (old[60], new[60])]
    assert difference(*shapes, box=(0, 0.14, 1, 0.7)) < 12
    assert difference(old[60], new[60]) > 2
    longer = api.http.post("/videos/extensions", data={"prompt": "On", "seconds": "4"}, files=upload).json()
    count, new = frames(api.content(api.wait(longer)["id"]).content, {60})
    assert count == 240
    assert difference(old[60], new[60]) < 2


def test_thumbnail_and_spritesheet_show_frames_of_the_clip(api: Api):
    video = api.made(size=SIZE)
    mp4 = api.content(video["id"])
    assert mp4.headers["content-type"] == "video/mp4"
    _, kept = frames(mp4.content, {0, 48, 114})
    thumbnail = api.content(video["id"], "thumbnail")
    assert thumbnail.headers["content-type"] == "image/webp"
    picture = Image.open(io.BytesIO(thumbnail.content))
    assert (picture.format, picture.size) == ("WEBP", (1280, 720))
    assert difference(picture, kept[48]) < 5
    sheet_reply = api.content(video["id"], "spritesheet")
    assert sheet_reply.headers["content-type"] == "image/jpeg"
    sheet = Image.open(io.BytesIO(sheet_reply.content))
    assert sheet.format == "JPEG"
    wide, tall = sheet.width // 5, sheet.height // 4
    first = sheet.crop((0, 0, wide, tall))
    last = sheet.crop((sheet.width - wide, sheet.height - tall, sheet.width, sheet.height))
    assert difference(first, kept[0].resize((wide, tall))) < 8
    assert difference(last, kept[114].resize((wide, tall))) < 8


def test_part_of_a_clip_can_be_asked_for(api: Api):
    video = api.made(size=SIZE)
    whole = api.content(video["id"]).content
    part = api.http.get(f"/videos/{video['id']}/content", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])


# --- without a server -----------------------------------------------------------------------------------


BASE = ClipSpec(
    1280, 720, 1, "A paper kite", "label", Look("A paper kite", "A paper kite"), (Chord("A paper kite", 1),)
)


def drawn(spec: ClipSpec, folder: Path) -> bytes:
    folder.mkdir(exist_ok=True)
    return (folder / f"{render_clip(spec.to_dict(), str(folder), str(folder))}.mp4").read_bytes()


def test_equal_specs_give_equal_bytes(tmp_path: Path):
    assert drawn(BASE, tmp_path / "one") == drawn(BASE, tmp_path / "two")
    assert sorted(path.suffix for path in (tmp_path / "one").iterdir()) == [".jpg", ".mp4", ".webp"]


def test_a_remix_keeps_colours_and_an_edit_keeps_motion(tmp_path: Path):
    remix = replace(BASE, look=Look(BASE.look.palette, "something else entirely"))
    edit = replace(BASE, look=Look(BASE.look.palette, BASE.look.shapes, accent="under a red sky"))
    base, remixed, edited = (frames(drawn(spec, tmp_path), {25})[1][25] for spec in (BASE, remix, edit))
    assert difference(base, remixed) > 2
    assert difference(base, edited) > 2
    whole = (0.0, 0.14, 1.0, 0.72)
    lines = [
        picture.convert("L").filter(ImageFilter.FIND_EDGES).point(lambda v: 255 if v > 24 else 0)
        for picture in (base, remixed, edited)
    ]
    assert difference(lines[0], lines[2], whole) < difference(lines[0], lines[1], whole) / 2
    assert palette_for("x").near == palette_for("x", "under a red sky").near
    assert palette_for("x").glow != palette_for("x", "under a red sky").glow


def test_a_character_looks_the_same_everywhere_and_unlike_others():
    assert portrait("char_a", 96).tobytes() == portrait("char_a", 96).tobytes()
    assert len({portrait(f"char_{number}", 96).tobytes() for number in range(20)}) == 20


def test_a_character_stands_in_the_clip(tmp_path: Path):
    with_one = replace(BASE, characters=("char_a",))
    empty, shown = (frames(drawn(spec, tmp_path), {25})[1][25] for spec in (BASE, with_one))
    assert difference(empty, shown, (0.5, 0.4, 0.85, 0.85)) > 5
    assert difference(empty, shown, (0.0, 0.14, 0.4, 0.6)) < 1.5


@pytest.mark.parametrize(
    "prompt", ["x", "x" * 32_000, "word " * 6_000, "日本の海 🌊 \n\t«café»", "   ", "a\x00b", "\u202egnp"]
)
def test_any_prompt_can_be_drawn_in_three_lines(prompt):
    for size in ((1280, 720), (720, 1280)):
        lettering, canvas = Lettering(size, prompt, "label", (255, 0, 0)), Canvas(*size)
        lettering.draw_words(canvas, 1.0)
        lettering.draw_number(canvas, 4095)
        picture = canvas.frame(0).to_image()
        assert picture.size == size
        assert edge_number(picture) == 4095
        inked = [
            row
            for row in range(size[1] // 2)
            if max(picture.crop((0, row, size[0] * 2 // 3, row + 1)).convert("L").tobytes()) > 120
        ]
        assert len(inked) < size[1] // 20, "the upper half holds the label alone"
