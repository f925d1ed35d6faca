"""Text stays readable: every ink on every ground, in both themes, for all 360 hues an agency may choose."""

import math
import re

import pytest

from tests.static.files import STATIC

TOKENS = (STATIC / "css/tokens.css").read_text()
TEXT, LARGE = 4.5, 3.0
THEMES = ["light", "dark"]
GROUNDS = ["canvas", "surface", "raised", "sunken"]


def _linear(lightness: float, chroma: float, hue: float) -> list[float]:
    """OKLCH to linear sRGB, clipped as browsers clip colours outside the screen's gamut."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    rgb = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return [min(1.0, max(0.0, part)) for part in rgb]


def luminance(colour: tuple[float, float, float]) -> float:
    red, green, blue = _linear(*colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: tuple[float, float, float], second: tuple[float, float, float]) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def token(name: str, theme: str, hue: float = 270.0) -> tuple[float, float, float]:
    """The token's colour as written in tokens.css; a hue given by variable becomes `hue`."""
    declared = re.search(rf"--{name}: (.+);", TOKENS)
    assert declared, name
    colours = re.findall(r"oklch\(([\d.]+) ([\d.]+) ([^)/]+?\)?)\)", declared.group(1))
    lightness, chroma, angle = colours[-1 if theme == "dark" else 0]
    return float(lightness), float(chroma), hue if "var" in angle else float(angle)


def tone(part: str, theme: str, hue: float) -> tuple[float, float, float]:
    declared = re.search(rf"--tone-{part}: (.+);", TOKENS)
    assert declared, part
    colours = re.findall(r"oklch\(([\d.]+) calc\(([\d.]+)", declared.group(1))
    lightness, chroma = colours[-1 if theme == "dark" else 0]
    return float(lightness), float(chroma), hue


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["ink", "ink-2", "ink-3"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_ink_reads_on_every_ground(theme: str, ink: str, ground: str) -> None:
    assert contrast(token(ink, theme), token(ground, theme)) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["surface", "raised", "canvas"])
def test_a_field_s_border_can_be_seen(theme: str, ground: str) -> None:
    assert contrast(token("line-field", theme), token(ground, theme)) >= LARGE


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("on-accent", "accent", TEXT),
        ("on-accent", "accent-hover", TEXT),
        ("accent-ink", "surface", TEXT),
        ("accent-ink", "canvas", TEXT),
        ("accent-ink", "sunken", TEXT),
        ("accent-ink", "accent-soft", TEXT),
        ("ink", "accent-soft", TEXT),
        ("ink-2", "accent-soft", TEXT),
        ("ink-3", "accent-soft", TEXT),
        ("focus", "canvas", LARGE),
        ("focus", "raised", LARGE),
        ("accent-line", "surface", LARGE),
    ],
)
def test_an_agency_s_hue_never_costs_contrast(theme: str, ink: str, ground: str, least: float) -> None:
    worst = min(range(360), key=lambda hue: contrast(token(ink, theme, hue), token(ground, theme, hue)))

    assert contrast(token(ink, theme, worst), token(ground, theme, worst)) >= least, f"worst at hue {worst}"


@pytest.mark.parametrize("theme", THEMES)
def test_every_tone_reads_on_its_own_ground(theme: str) -> None:
    for hue in range(360):
        assert contrast(tone("ink", theme, hue), tone("bg", theme, hue)) >= TEXT, hue
        assert contrast(tone("dot", theme, hue), tone("bg", theme, hue)) >= 2.4, hue
