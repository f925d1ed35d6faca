"""Compose the prompt that a provider sees from a brief's typed fields. Pure: no queries, no clock."""

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


def compose(brief: BriefText) -> str:
    """One paragraph, each field a sentence, empty fields left out."""
    sentences = []
    for field, lead in _PARTS:
        text = " ".join(str(getattr(brief, field) or "").split())
        if text:
            sentences.append(lead + text + ("" if text[-1] in ".!?…" else "."))
    return " ".join(sentences)
