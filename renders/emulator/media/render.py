"""From a spec to files: the clip, its thumbnail and its spritesheet. Runs in a worker process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from PIL import Image

from renders.emulator.media.credentials import sign
from renders.emulator.media.files import ClipWriter, frames_of
from renders.emulator.media.lettering import Lettering
from renders.emulator.media.mascot import Mascot
from renders.emulator.media.palette import palette_for
from renders.emulator.media.planes import Canvas, Picture, picture_of, picture_of_frame, rgb_of_frame
from renders.emulator.media.scenery import scene_for
from renders.emulator.media.sound import audio_frames
from renders.emulator.media.spec import FPS, ClipSpec, spec_from

VARIANTS = {"video": ".mp4", "thumbnail": ".webp", "spritesheet": ".jpg"}
_SHEET_COLUMNS, _SHEET_ROWS, _TILE = 5, 4, 256
_JOIN_FRAMES = 10


class Painter:
    """Draws the frames of one spec, one after the other."""

    def __init__(self, spec: ClipSpec, uploads: Path) -> None:
        self._spec = spec
        size = (spec.width, spec.height)
        self._canvas = Canvas(*size)
        self._scene = scene_for(size, spec.look)
        count = len(spec.characters)
        self._mascots = [Mascot(size, name, i, count) for i, name in enumerate(spec.characters)]
        accent = palette_for(spec.look.palette, spec.look.accent).accent
        self._lettering = Lettering(size, spec.caption, spec.label, accent)
        self._still = _Still(spec, uploads / spec.image) if spec.image else None

    def paint(
        self, number: int, since: float, join: Picture | None = None, join_share: float = 0.0
    ) -> av.VideoFrame:
        """Frame ``number``; ``since``: seconds since the drawn part began, for the caption's entrance."""
        canvas = self._canvas
        time = number / FPS
        shown = self._still.share(number) if self._still else 0.0
        if shown < 1:
            self._scene.draw_back(canvas, time)
            for mascot in self._mascots:
                mascot.draw(canvas, time)
            self._scene.draw_front(canvas, time)
        if self._still and shown > 0:
            canvas.dissolve(self._still.picture(number), shown)
        if join is not None:
            canvas.dissolve(join, join_share)
        self._lettering.draw_words(canvas, min(1.0, max(0.0, (since - 0.1) / 0.6)))
        self._lettering.draw_number(canvas, number)
        return canvas.frame(number)

    def recolour(self, frame: av.VideoFrame, number: int) -> av.VideoFrame:
        """A source frame with its colours pulled towards the accent, under our lettering."""
        canvas = self._canvas
        canvas.draw(picture_of_frame(frame))
        canvas.map_colour(*self._tables())
        self._lettering.draw_words(canvas, min(1.0, number / FPS / 0.6))
        self._lettering.draw_number(canvas, number)
        return canvas.frame(number)

    def _tables(self) -> tuple[list[int], list[int]]:
        """Colour look-up tables: swap warmth for the new palette's, keeping strength."""
        look = self._spec.look
        glow = palette_for(look.palette, look.accent).glow
        u_shift, v_shift = (glow[2] - glow[1]) // 6, (glow[0] - glow[1]) // 6
        soft = [128 + (value - 128) * 0.7 for value in range(256)]
        clip = [16, 240]
        return (
            [round(min(clip[1], max(clip[0], value + u_shift))) for value in soft],
            [round(min(clip[1], max(clip[0], value + v_shift))) for value in soft],
        )


class _Still:
    """An input image: the first frame as it is, then a slow push in that dissolves into the scene."""

    def __init__(self, spec: ClipSpec, path: Path) -> None:
        with Image.open(path) as opened:
            self._base = picture_of(opened.convert("RGB"))
        self._frames = spec.frames

    def share(self, number: int) -> float:
        """How much of the image shows, 1 to 0, over the clip."""
        begin, end = 0.5 * self._frames, 0.8 * self._frames
        return min(1.0, max(0.0, (end - number) / (end - begin)))

    def picture(self, number: int) -> Picture:
        """The image at this moment of the push in."""
        if number == 0:
            return self._base
        margin = 0.055 * number / self._frames
        planes = []
        for plane in (self._base.y, self._base.u, self._base.v):
            wide, tall = plane.size
            box = (wide * margin, tall * margin * 1.2, wide * (1 - margin), tall * (1 - margin * 0.8))
            planes.append(plane.resize(plane.size, Image.Resampling.BILINEAR, box=box))
        return Picture(*planes)


def all_frames(spec: ClipSpec, uploads: Path) -> Iterator[av.VideoFrame]:
    """Every frame of the clip in order."""
    painter = Painter(spec, uploads)
    source = uploads / str(spec.source)
    if spec.source_mode == "edit":
        for number, frame in enumerate(frames_of(source, spec.width, spec.height, spec.frames)):
            yield painter.recolour(frame, number)
        return
    begin, last = spec.start_second * FPS, None
    if spec.source_mode == "extend":
        for frame in frames_of(source, spec.width, spec.height, begin):
            yield frame
            last = frame
    join = picture_of_frame(last) if last is not None else None
    for number in range(begin, spec.frames):
        share = 1 - (number - begin + 1) / _JOIN_FRAMES
        yield painter.paint(number, (number - begin) / FPS, join if share > 0 else None, max(0.0, share))


class _Stills:
    """Collects the thumbnail and the tiles of the spritesheet while the frames pass by."""

    def __init__(self, spec: ClipSpec) -> None:
        tiles = _SHEET_COLUMNS * _SHEET_ROWS
        self._spec = spec
        self._cover = spec.frames * 2 // 5
        self._at = {spec.frames * index // tiles: index for index in range(tiles)}
        self._tile = (_TILE, round(_TILE * spec.height / spec.width))
        self._sheet = Image.new("RGB", (self._tile[0] * _SHEET_COLUMNS, self._tile[1] * _SHEET_ROWS))
        self._thumbnail: Image.Image | None = None

    def see(self, number: int, frame: av.VideoFrame) -> None:
        """Look at a frame."""
        if number == self._cover:
            self._thumbnail = rgb_of_frame(frame, self._spec.width, self._spec.height)
        index = self._at.get(number)
        if index is not None:
            row, column = divmod(index, _SHEET_COLUMNS)
            self._sheet.paste(rgb_of_frame(frame, *self._tile), (column * self._tile[0], row * self._tile[1]))

    def save(self, thumbnail: Path, sheet: Path) -> None:
        """Write both pictures."""
        if self._thumbnail is not None:
            self._thumbnail.save(thumbnail, "WEBP", quality=82, method=2)
        self._sheet.save(sheet, "JPEG", quality=84)


def render_clip(data: dict[str, Any], directory: str, uploads: str, credentials: str = "") -> str:
    """Render a spec (its JSON form) into ``directory`` and return the digest that names the files.

    ``uploads``: the folder in which the spec's image and source are named. ``credentials``: the folder of the
    certificate that the clip is signed under; without one it carries no credentials.

    Nothing is drawn if the files are there. The MP4 gets its name last, so its presence means "complete",
    whatever was killed in between.
    """
    spec = spec_from(data)
    digest, folder = spec.digest(), Path(directory)
    final = folder / f"{digest}.mp4"
    if final.exists():
        return digest
    scratch = folder / f".{digest}.{os.getpid()}"
    parts = {variant: Path(f"{scratch}{ending}") for variant, ending in VARIANTS.items()}
    writer, stills = ClipWriter(parts["video"], spec.width, spec.height), _Stills(spec)
    sound = audio_frames(spec.chords)
    for number, frame in enumerate(all_frames(spec, Path(uploads))):
        if number % FPS == 0 and number // FPS < len(sound):
            writer.write_sound(sound[number // FPS])
        stills.see(number, frame)
        writer.write(frame)
    writer.close()
    if credentials:
        sign(parts["video"], Path(credentials), spec.caption)
    stills.save(parts["thumbnail"], parts["spritesheet"])
    for variant in ("thumbnail", "spritesheet", "video"):
        parts[variant].replace(folder / f"{digest}{VARIANTS[variant]}")
    return digest
