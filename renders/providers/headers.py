"""What the headers of an answer say of limits: of how many requests, and of when to come back."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from renders.providers.port import Limits

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
# "1m30s", "6m0s", "250ms", "1h2m3.5s".
_SPAN = re.compile(
    r"(?:([0-9]{1,5})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m(?!s))?"
    r"(?:([0-9]{1,6}(?:\.[0-9]{1,9})?)s)?(?:([0-9]{1,9})ms)?"
)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait, as the answer said; None when it did not."""
    value = headers.get("retry-after", "")
    return float(value) if _NUMBER.fullmatch(value) else _seconds_until(value)


def _seconds_until(date: str) -> float | None:
    """Retry-After may be a date (RFC 9110, 10.2.3)."""
    try:
        return max(0.0, (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def limits_of(headers: httpx.Headers) -> Limits:
    """The rate-limit headers of an answer, as far as they make sense."""
    return Limits(
        limit=_count(headers.get("x-ratelimit-limit-requests", "")),
        remaining=_count(headers.get("x-ratelimit-remaining-requests", "")),
        reset_seconds=_span(headers.get("x-ratelimit-reset-requests", "")),
    )


def _count(text: str) -> int | None:
    """Nine digits at most: what is larger is no limit, and no column holds it."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _span(text: str) -> float | None:
    text = text.strip().lower()
    if _NUMBER.fullmatch(text):
        return float(text)
    found = _SPAN.fullmatch(text)
    if not text or found is None:
        return None
    days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds + milliseconds / 1000
