"""Compose the prompt that a provider sees from a brief's typed fields. Pure: no queries, no clock."""

import re
from collections.abc import Iterable
from typing import Protocol

MAX_PROMPT = 32_000  # characters; the Videos API refuses more


class BriefText(Protocol):
    subject: str
    setting: str
    action: str
    camera: str
    lighting: str
    motion: str
    audio: str
    brand_constraints: str
    safety_tags: str


# Field, and the words that introduce it. Reviewer notes are for people and never reach a provider.
_PARTS = (
    ("subject", ""),
    ("action", ""),
    ("setting", "Setting: "),
    ("camera", "Camera: "),
    ("lighting", "Lighting: "),
    ("motion", "Motion: "),
    ("audio", "Sound: "),
    ("brand_constraints", "Must hold: "),
    ("safety_tags", "Keep it: "),
)
# What a provider gets to read.
SENT_FIELDS = tuple(field for field, _lead in _PARTS)


def names_it(text: str, name: str) -> bool:
    """Whether the text has the name verbatim, as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _introduce(names: list[str]) -> str:
    """A sentence with these names; a provider finds a character by its name in the prompt."""
    return f"With {' and '.join(names)}." if names else ""


def compose(brief: BriefText, names: Iterable[str] = ()) -> str:
    """One paragraph, each field a sentence, empty fields left out; characters that it does not name come first."""
    sentences = []
    for field, lead in _PARTS:
        text = " ".join(str(getattr(brief, field) or "").split())
        if text:
            sentences.append(lead + text + ("" if text[-1] in ".!?…" else "."))
    text = " ".join(sentences)
    lead = _introduce([name for name in names if not names_it(text, name)])
    return f"{lead} {text}".strip()
