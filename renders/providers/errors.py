"""Everything that may escape a provider call. No httpx type leaves this package.

The question that each answers: may money have been spent?
"""

from typing import Any


class ProviderError(Exception):
    """Base of all. `detail` is the provider's own words: for staff only."""

    def __init__(self, message: str, *, detail: Any = None, status: int | None = None) -> None:
        super().__init__(message)
        self.detail = detail
        self.status = status


class Unreachable(ProviderError):
    """Nothing was sent: the connection was refused, or the name did not resolve. Safe to try again."""


class Withheld(ProviderError):
    """The doorway said no before the first byte left. Nothing was sent, nothing was bought."""


class Ambiguous(ProviderError):
    """The request may have been accepted: time-out, reset, 5xx, or an answer that makes no sense."""


class RateLimited(ProviderError):
    """429: not accepted. `retry_after` in seconds, when the provider said."""

    def __init__(self, message: str, *, retry_after: float | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.retry_after = retry_after


class Refused(ProviderError):
    """A definite no: not accepted, nothing charged for the call. `reason` says which no."""

    INVALID = "invalid_params"
    ACCESS = "auth_or_quota"
    POLICY = "policy_input"

    def __init__(self, message: str, *, reason: str, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.reason = reason


class Gone(ProviderError):
    """404 or 410 for a video or its content."""


class Retired(ProviderError):
    """410 for the operation itself: the provider has ended."""


class Unexpected(ProviderError):
    """A read was answered with nonsense, too many bytes, or the wrong type. Nothing was bought by it."""
