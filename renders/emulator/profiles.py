"""What a server accepts, as data: models, sizes, seconds, prices, limits. How it says things is in dialects/.

Source: the published API document of 2026-08-21 (OPENAI) and the vendor's video guide (OPENAI_GUIDE), which disagree
on seconds and sizes. Prices are micro-dollars for a second of video.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_P720, _P1024, _P1080 = ("720x1280", "1280x720"), ("1024x1792", "1792x1024"), ("1080x1920", "1920x1080")


@dataclass(frozen=True)
class Model:
    """One model: its sizes with prices, the seconds it takes, and the dated names it also answers to."""

    id: str
    created: int
    prices: Mapping[str, int]
    seconds: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """The limits of one kind of server."""

    name: str
    models: tuple[Model, ...]
    default_model: str = "sora-2"
    default_size: str = "720x1280"
    default_seconds: str = "4"
    extension_seconds: tuple[str, ...] = ("4", "8", "12", "16", "20")
    max_extensions: int = 6
    max_total_seconds: int = 120
    max_characters: int = 2
    max_prompt: int = 32_000
    max_name: int = 80
    max_image_url: int = 20_971_520
    expires_after: int = 3600
    lists_moderation: bool = True

    def model(self, name: str) -> Model | None:
        """The model of that name or alias."""
        for model in self.models:
            if name == model.id or name in model.aliases:
                return model
        return None

    def price(self, model: str, size: str) -> int:
        """Micro-dollars for a second. Raises KeyError for what validation would have refused."""
        found = self.model(model)
        if found is None:
            raise KeyError(model)
        return found.prices[size]


def _priced(**groups: int) -> dict[str, int]:
    sizes = {"p720": _P720, "p1024": _P1024, "p1080": _P1080}
    return {size: price for group, price in groups.items() for size in sizes[group]}


_SORA_2_NAMES = ("sora-2-2025-10-06", "sora-2-2025-12-08")
_SORA_2_PRO_NAMES = ("sora-2-pro-2025-10-06",)

OPENAI = Profile(
    name="openai",
    models=(
        Model("sora-2", 1759708800, _priced(p720=100_000), ("4", "8", "12"), _SORA_2_NAMES),
        Model(
            "sora-2-pro",
            1759708800,
            _priced(p720=300_000, p1024=500_000),
            ("4", "8", "12"),
            _SORA_2_PRO_NAMES,
        ),
    ),
)

OPENAI_GUIDE = Profile(
    name="openai-guide",
    models=(
        Model("sora-2", 1759708800, _priced(p720=100_000), ("4", "8", "12", "16", "20"), _SORA_2_NAMES),
        Model(
            "sora-2-pro",
            1759708800,
            _priced(p720=300_000, p1024=500_000, p1080=700_000),
            ("4", "8", "12", "16", "20"),
            _SORA_2_PRO_NAMES,
        ),
    ),
)

# What one's own machines render: sizes that divide by sixteen, any whole second, and a price for the power.
_WAN = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
OPEN_WEIGHTS = Profile(
    name="open-weights",
    models=(
        Model(
            _WAN,
            1755000000,
            dict.fromkeys(("832x480", "480x832", *_P720), 20_000),
            tuple(str(seconds) for seconds in range(1, 21)),
        ),
    ),
    default_model=_WAN,
    default_size="832x480",
    lists_moderation=False,
)
