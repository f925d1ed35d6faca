"""Make the review copy, the poster, the hover sheet and the waveform of a clip. Runs in the subprocess only."""

from pathlib import Path
from typing import Any

import av
from PIL import Image

from tenants.media.probe import open_clip

# Stepping back one frame decodes from the last key frame: 2.3 s at a GOP of 250, 0.05 s at 12, for the same bytes.
PROXY = {
    "preset": "ultrafast",
    "tune": "fastdecode",
    "crf": "23",
    "g": "12",
    "keyint_min": "12",
    "sc_threshold": "0",
    "bf": "0",
}
PROXY_SHORT_SIDE = 720  # pixels; larger clips are reviewed at this size, and approved by the original's hash
SHEET_FPS = 4
SHEET_TILE = 160  # pixels wide
SHEET_COLUMNS = 8
WAVE_WIDTH, WAVE_HEIGHT = 600, 48


def derive(source: Path, folder: Path) -> dict[str, Any]:
    """Write proxy.mp4, poster.webp, sheet.jpg and waveform.svg (if there is sound) into `folder`.

    One pass over the picture and one over the sound. Returns what each is: see _proxy and _sheet.
    """
    tiles: list[Image.Image] = []
    poster = folder / "poster.webp"
    proxy = _proxy(source, folder / "proxy.mp4", poster, tiles)
    answer = {"proxy": proxy, "sheet": _sheet(tiles, folder / "sheet.jpg")}
    with Image.open(poster) as image:
        answer["poster"] = {"width": image.width, "height": image.height}
    peaks = _peaks(source)
    if peaks:
        (folder / "waveform.svg").write_text(_waveform(peaks), encoding="utf-8")
        answer["waveform"] = {"width": WAVE_WIDTH, "height": WAVE_HEIGHT}
    return answer


def _proxy_size(width: int, height: int) -> tuple[int, int]:
    """Short side at most PROXY_SHORT_SIDE, both sides even."""
    scale = min(1.0, PROXY_SHORT_SIDE / min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _proxy(source: Path, target: Path, poster: Path, tiles: list[Image.Image]) -> dict[str, Any]:
    with (
        open_clip(source) as given,
        av.open(str(target), "w", options={"movflags": "+faststart"}) as made,
    ):
        video = given.streams.video[0]
        video.thread_type = "AUTO"
        rate = video.average_rate or video.guessed_rate
        width, height = _proxy_size(video.codec_context.width, video.codec_context.height)
        out = made.add_stream("libx264", rate=rate, options=PROXY)
        out.width, out.height, out.pix_fmt = width, height, "yuv420p"
        sound = _Sound(given, made)
        every = max(1, round(float(rate) / SHEET_FPS))
        count = 0
        for packet in given.demux():
            if packet.stream.type == "audio":
                sound.take(packet)
            if packet.stream.index != video.index:
                continue
            for frame in packet.decode():
                if count % every == 0:
                    tiles.append(_tile(frame))
                small = frame.reformat(width=width, height=height, format="yuv420p")
                if count == 0:
                    small.to_image().save(poster, "WEBP", quality=82, method=2)
                # Constant frame rate: frame n of the copy is frame n of the original.
                small.pts, small.time_base = count, 1 / rate
                made.mux(out.encode(small))
                count += 1
        made.mux(out.encode(None))
        sound.finish()
    return {
        "width": width,
        "height": height,
        "frames": count,
        "fps_num": rate.numerator,
        "fps_den": rate.denominator,
        "has_audio": sound.out is not None,
    }


class _Sound:
    """Copies the sound into the review copy, as AAC."""

    def __init__(self, given: Any, made: Any) -> None:
        self.made = made
        self.source = given.streams.audio[0] if given.streams.audio else None
        self.out = None
        if self.source is not None:
            self.out = made.add_stream("aac", rate=self.source.codec_context.sample_rate or 48_000)
            self.out.layout = "stereo"
            self.resampler = av.AudioResampler(format="fltp", layout="stereo", rate=self.out.rate)

    def take(self, packet: Any) -> None:
        """Decode one packet and encode what comes out."""
        if self.out is None or self.source is None or packet.stream.index != self.source.index:
            return
        for frame in packet.decode():
            for even in self.resampler.resample(frame):
                self.made.mux(self.out.encode(even))

    def finish(self) -> None:
        """Flush what the encoder still holds."""
        if self.out is not None:
            self.made.mux(self.out.encode(None))


def _tile(frame: Any) -> Image.Image:
    height = max(2, round(SHEET_TILE * frame.height / frame.width / 2) * 2)
    image: Image.Image = frame.reformat(width=SHEET_TILE, height=height, format="rgb24").to_image()
    return image


def _sheet(tiles: list[Image.Image], target: Path) -> dict[str, Any]:
    width, height = tiles[0].size
    rows = -(-len(tiles) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (width * SHEET_COLUMNS, height * rows))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % SHEET_COLUMNS * width, number // SHEET_COLUMNS * height))
    sheet.save(target, "JPEG", quality=72, progressive=True)
    return {
        "columns": SHEET_COLUMNS,
        "rows": rows,
        "tile_width": width,
        "tile_height": height,
        "count": len(tiles),
        "fps": SHEET_FPS,
    }


def _peaks(source: Path) -> list[float]:
    """Loudest sample (0–1) of each of WAVE_WIDTH / 3 slices; empty when the clip is silent by build."""
    with open_clip(source) as container:
        if not container.streams.audio:
            return []
        resampler = av.AudioResampler(format="s16", layout="mono", rate=8_000)
        loud: list[int] = []
        for frame in container.decode(container.streams.audio[0]):
            for even in resampler.resample(frame):
                samples = memoryview(bytes(even.planes[0])[: even.samples * 2]).cast("h")
                loud += [max(map(abs, samples[at : at + 80]), default=0) for at in range(0, len(samples), 80)]
    if not loud:
        return []
    slices = WAVE_WIDTH // 3
    return [
        max(loud[len(loud) * n // slices : max(len(loud) * (n + 1) // slices, len(loud) * n // slices + 1)])
        / 32_768
        for n in range(slices)
    ]


def _waveform(peaks: list[float]) -> str:
    bars = []
    # Drawn against the clip's own loudest moment: a quiet clip has a shape, too.
    loudest = max(peaks) or 1.0
    for number, peak in enumerate(peaks):
        tall = max(1.0, peak / loudest * (WAVE_HEIGHT - 2))
        bars.append(f"M{number * 3 + 1} {(WAVE_HEIGHT - tall) / 2:.1f}v{tall:.1f}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WAVE_WIDTH} {WAVE_HEIGHT}" preserveAspectRatio="none">'
        f'<path d="{"".join(bars)}" stroke="#8a90a2" stroke-width="2" stroke-linecap="round"/></svg>'
    )
