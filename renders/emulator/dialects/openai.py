"""The published document, and the vendor's video guide, which allows more than the document does."""

from __future__ import annotations

from renders.emulator.dialects.base import Dialect
from renders.emulator.profiles import OPENAI, OPENAI_GUIDE


class OpenAI(Dialect):
    """The API document of 2026-08-21."""

    name = "openai"
    limits = OPENAI


class OpenAIGuide(Dialect):
    """16 and 20 seconds, 1080p, and another endpoint for batches."""

    name = "openai-guide"
    limits = OPENAI_GUIDE
    batch_url = "/v1/videos/generations"
