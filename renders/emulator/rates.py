"""How many requests a key may send: the window of a minute over all of them, and a dial for creates of each model."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field


class RateWindow:
    """Requests of somebody within the last ``seconds``, for the ``x-ratelimit-…`` headers."""

    shown_limit = 5000

    def __init__(self, limit: int | None, seconds: float = 60.0) -> None:
        self._enforced = limit
        self.limit = limit or self.shown_limit
        self.seconds = seconds
        self._seen: dict[Hashable, deque[float]] = defaultdict(deque)

    def take(self, who: Hashable) -> bool:
        """Count a request; False if the limit is enforced and used up."""
        seen, now = self._fresh(who), time.monotonic()
        if self._enforced is not None and len(seen) >= self._enforced:
            return False
        seen.append(now)
        return True

    def _fresh(self, who: Hashable) -> deque[float]:
        seen, edge = self._seen[who], time.monotonic() - self.seconds
        while seen and seen[0] < edge:
            seen.popleft()
        return seen

    def reset_after(self, who: Hashable) -> float:
        """Seconds until the oldest counted request leaves the window."""
        seen = self._fresh(who)
        return max(0.0, self.seconds - (time.monotonic() - seen[0])) if seen else 0.0

    def headers(self, who: Hashable | None) -> dict[str, str]:
        """The three headers."""
        used = len(self._fresh(who)) if who else 0
        reset = self.reset_after(who) if who else 0.0
        return {
            "x-ratelimit-limit-requests": str(self.limit),
            "x-ratelimit-remaining-requests": str(max(0, self.limit - used)),
            "x-ratelimit-reset-requests": f"{reset:.0f}s" if reset >= 10 else f"{reset * 1000:.0f}ms",
        }

    def clear(self) -> None:
        """Forget every count."""
        self._seen.clear()


@dataclass
class CreateRates:
    """Quotas of creates, by model, as a test sets them; what no quota names is not limited. Reads are never counted."""

    windows: dict[str, RateWindow] = field(default_factory=dict)

    def set(self, limits: dict[str, int], seconds: float) -> None:
        """In place of what was set before."""
        self.windows = {model: RateWindow(limit, seconds) for model, limit in limits.items()}

    def of(self, model: str) -> RateWindow | None:
        """The quota that counts this model's creates."""
        return self.windows.get(model)
