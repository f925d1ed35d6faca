"""Two clocks: the one on the wall, which paces work, and the one in the bodies, which tests may push ahead."""

from __future__ import annotations

import time


class Clock:
    """``now`` is what the API says and what expiry goes by; ``wall`` is the machine's own time."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def now(self) -> float:
        """Unix seconds including the shift."""
        return time.time() + self.shift

    @staticmethod
    def wall() -> float:
        """Unix seconds of the machine. Webhook signatures use it: receivers compare with their own clock."""
        return time.time()
