"""POST /moderations: thirteen categories, flagged by a small list of words, the same for the same text."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from renders.emulator.errors import bad
from renders.emulator.forms import Form
from renders.emulator.validation import check_known, missing, type_name

MODELS = (
    "omni-moderation-latest",
    "omni-moderation-2024-09-26",
    "text-moderation-latest",
    "text-moderation-stable",
)

# Stems at word starts. Short on purpose: enough to see every path, nothing that anyone would rely on.
WORDS: dict[str, tuple[str, ...]] = {
    "harassment": ("idiot", "moron", "bully", "humiliat"),
    "harassment/threatening": ("i will hurt you", "watch your back"),
    "hate": ("subhuman", "racial slur"),
    "hate/threatening": ("ethnic cleansing", "exterminate them"),
    "illicit": ("shoplift", "counterfeit", "cook meth"),
    "illicit/violent": ("pipe bomb", "build a bomb"),
    "self-harm": ("self-harm", "suicid"),
    "self-harm/instructions": ("how to cut myself",),
    "self-harm/intent": ("kill myself", "end my life"),
    "sexual": ("porn", "nude", "erotic", "nsfw"),
    "sexual/minors": ("underage nude",),
    "violence": ("kill", "murder", "stabbing", "stabbed", "massacre", "behead"),
    "violence/graphic": ("gore", "behead", "dismember", "entrails"),
}
_SEES_IMAGES = (
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "violence",
    "violence/graphic",
)
_PATTERNS = {
    name: re.compile("|".join(rf"\b{re.escape(word)}" for word in words)) for name, words in WORDS.items()
}


def flagged(text: str) -> list[str]:
    """The categories that a text falls under."""
    lowered = text.lower()
    return [name for name, pattern in _PATTERNS.items() if pattern.search(lowered)]


def _score(name: str, text: str, is_hit: bool) -> float:
    """High for a hit, else next to nothing; always the same for the same text."""
    noise = int.from_bytes(hashlib.sha256(f"{name}\x1f{text}".encode()).digest()[:4], "big") / 2**32
    return round(0.86 + 0.13 * noise, 6) if is_hit else round(0.0004 * noise + 0.000001, 8)


def result_for(text: str, has_text: bool, has_image: bool) -> dict[str, Any]:
    """One entry of ``results``."""
    hits = flagged(text)
    types = {
        name: [*(["text"] if has_text else []), *(["image"] if has_image and name in _SEES_IMAGES else [])]
        for name in WORDS
    }
    return {
        "flagged": bool(hits),
        "categories": {name: name in hits for name in WORDS},
        "category_scores": {name: _score(name, text, name in hits) for name in WORDS},
        "category_applied_input_types": types,
    }


def _parts(items: list[Any]) -> dict[str, Any]:
    """A list of text and image objects: one result for all of them together."""
    texts, has_image = [], False
    for index, item in enumerate(items):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "text" and isinstance(item.get("text"), str):
            texts.append(item["text"])
        elif (
            kind == "image_url"
            and isinstance(item.get("image_url"), dict)
            and isinstance(item["image_url"].get("url"), str)
        ):
            has_image = True
        else:
            raise bad(
                f"Invalid value for 'input[{index}]': expected a text or an image_url object.",
                f"input[{index}]",
                "invalid_value",
            )
    return result_for("\n".join(texts), bool(texts), has_image)


def moderate(form: Form) -> dict[str, Any]:
    """The reply to a moderation request. Raises ApiError."""
    check_known(form, ("model", "input"))
    if "input" not in form.values:
        raise missing("input")
    model, given = form.values.get("model", MODELS[0]), form.values["input"]
    if model not in MODELS:
        raise bad(f"Invalid value: '{str(model)[:80]}'.", "model", "invalid_value")
    if isinstance(given, str):
        results = [result_for(given, True, False)]
    elif isinstance(given, list) and given and all(isinstance(item, str) for item in given):
        results = [result_for(item, True, False) for item in given]
    elif isinstance(given, list) and given:
        results = [_parts(given)]
    else:
        raise bad(
            f"Invalid type for 'input': expected a string or an array, but got {type_name(given)} instead.",
            "input",
            "invalid_type",
        )
    return {"id": f"modr-{secrets.token_hex(12)}", "model": model, "results": results}
