"""Reasons that people type: one line of words, neither empty nor endless."""

from tenants.errors import Refused


class ReasonMissing(Refused):
    """A reason is needed, or it is too long."""


def reason_of(text: str, *, ask: str, most: int) -> str:
    """The text on one line. `ask`: what to say when there is none. Raises ReasonMissing."""
    tidy = " ".join(text.split())
    if not tidy:
        raise ReasonMissing(ask)
    if len(tidy) > most:
        raise ReasonMissing(f"The text has {len(tidy):,} characters, and {most:,} fit.")
    return tidy
