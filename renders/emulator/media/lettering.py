"""Everything written on the picture: the caption, the label, the frame number and its edge code.

The edge code is the frame number once more, for machines: twelve square cells in a row in the top right
corner, most significant bit first, light = 1. ``edge_code_cells`` says where; README.md repeats it.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from renders.emulator.media.ground import even
from renders.emulator.media.planes import Canvas, Mask, yuv_of

EDGE_BITS = 12
_WHITE = yuv_of((255, 255, 255))
_PLATE = 28
_MAX_LINES = 3


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def unit_of(width: int, height: int) -> int:
    """The side of one edge-code cell in pixels: 8 at 720, 10 at 1024, 12 at 1080."""
    return even(min(width, height) / 90)


def edge_code_cells(width: int, height: int) -> list[tuple[int, int]]:
    """Top left corner of each of the twelve cells."""
    unit = unit_of(width, height)
    left = width - 4 * unit - (2 * EDGE_BITS - 1) * unit
    return [(left + 2 * index * unit, 4 * unit) for index in range(EDGE_BITS)]


def _fit(words: str, size: int, room: int) -> list[str]:
    """Break text into at most three lines of ``room`` pixels; what is left over becomes an ellipsis."""
    font = _font(size)
    lines: list[str] = []
    line = ""
    for word in words.split():
        while font.getlength(word) > room and len(word) > 4:
            word = word[: len(word) * 3 // 4] + "…"
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= room:
            line = longer
            continue
        lines.append(line)
        line = word
        if len(lines) == _MAX_LINES:
            break
    if len(lines) < _MAX_LINES:
        lines.append(line)
        return [text for text in lines if text]
    last = lines[-1]
    while last and font.getlength(last + "…") > room:
        last = last.rsplit(" ", 1)[0] if " " in last else last[:-1]
    return [*lines[:-1], last.rstrip(" ,.;:") + "…"]


def _text_mask(lines: list[str], size: int, alpha: int) -> Mask:
    """Lines of text as a mask with a clear margin; both sides even."""
    font = _font(size)
    wide = max((font.getlength(line) for line in lines), default=0)
    step = round(size * 1.32)
    image = Image.new("L", (even(wide) + 12, even(step * len(lines)) + 12))
    pen = ImageDraw.Draw(image)
    for index, line in enumerate(lines):
        pen.text((4, 2 + index * step), line, fill=alpha, font=font)
    return Mask(image)


def _rule_mask(width: int, height: int) -> Mask:
    image = Image.new("L", (width + 8, height + 8))
    ImageDraw.Draw(image).rectangle((4, 4, width + 3, height + 3), fill=255)
    return Mask(image)


class Lettering:
    """Draws the words of one clip."""

    def __init__(self, size: tuple[int, int], caption: str, label: str, accent: tuple[int, int, int]) -> None:
        width, height = size
        self._size = size
        self._unit = unit_of(width, height)
        text_size = round(min(width, height) / 21)
        left = 4 * self._unit
        # 2,000 characters are more than three lines can hold; the rest of a 32,000-character prompt is cut unseen.
        lines = _fit(caption[:2000], text_size, round(width * (0.86 if height > width else 0.62)))
        block = _text_mask(lines or [" "], text_size, 255)
        top = height - 5 * self._unit - block.size[1]
        self._steps = [
            (
                _rule_mask(even(min(width, height) / 12), max(2, self._unit // 4)),
                yuv_of(accent),
                (left - 4, top - 2 * self._unit),
            ),
            (block, _WHITE, (left - 4, top)),
        ]
        self._shadows = [_thinned(mask, 0.45) for mask, _, _ in self._steps]
        small = _text_mask([label], round(text_size * 0.5), 205)
        self._label = (small, (left - 4, 4 * self._unit - 4))
        digit_size = round(text_size * 0.62)
        self._digits = [_text_mask([str(digit)], digit_size, 240) for digit in range(10)]
        self._pitch = round(max(_font(digit_size).getlength(str(digit)) for digit in range(10))) + 1

    def draw_words(self, canvas: Canvas, share: float) -> None:
        """Caption and label. ``share`` 0 to 1: below 1 they slide up into place, at 0 nothing is drawn."""
        if share <= 0:
            return
        rise = (1 - share) ** 3 * 3 * self._unit
        for index, (mask, colour, (x, y)) in enumerate(self._steps):
            shown = mask if share >= 1 else _thinned(mask, share)
            canvas.shade(
                16, self._shadows[index] if share >= 1 else _thinned(shown, 0.45), x + 2, round(y + rise) + 2
            )
            canvas.fill(colour, shown, x, y + rise)
        mask, (x, y) = self._label
        canvas.fill(_WHITE, mask if share >= 1 else _thinned(mask, share), x, y)

    def draw_number(self, canvas: Canvas, number: int) -> None:
        """The frame number, in figures and as edge code, on a dark plate that keeps both readable."""
        unit = self._unit
        left, top = edge_code_cells(*self._size)[0]
        right = left + 2 * EDGE_BITS * unit
        canvas.block(_PLATE, left - unit, top - unit, right, even(top + 2.4 * unit + self._digits[0].size[1]))
        canvas.grey(_cells(number >> 6, unit), left, top)
        canvas.grey(_cells(number & 63, unit), left + EDGE_BITS * unit, top)
        x = right - unit
        for digit in reversed(f"{number:05d}"):
            x -= self._pitch
            canvas.shade(225, self._digits[int(digit)], x - 4, top + 2 * unit)


@lru_cache(maxsize=256)
def _cells(bits: int, unit: int) -> Image.Image:
    """Six cells of edge code and the gaps behind them."""
    row = Image.new("L", (12, 1), _PLATE)
    row.putdata([(225 if bits >> (5 - i // 2) & 1 else 58) if i % 2 == 0 else _PLATE for i in range(12)])
    return row.resize((12 * unit, unit), Image.Resampling.NEAREST)


def _thinned(mask: Mask, share: float) -> Mask:
    """A mask at a share of its strength."""
    return Mask(mask.at(0, 0, 0).point([round(value * share) for value in range(256)]))
