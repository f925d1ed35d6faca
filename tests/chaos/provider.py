"""The emulator, drawing one clip for all jobs but giving each job bytes of its own: `python -m tests.chaos.provider`.

Equal bytes would share one place in our storage, and a kill in the middle of storing would have nothing to spoil.
"""

import sys
from typing import Any

from renders.emulator import __main__ as emulator
from renders.emulator.media.render import VARIANTS
from renders.emulator.runner import Runner

_ID_BYTES = 64
MARK_BYTES = 8 + _ID_BYTES


def mark_of(video_id: str) -> bytes:
    """An MP4 box that every decoder skips."""
    return MARK_BYTES.to_bytes(4, "big") + b"free" + video_id.encode()[:_ID_BYTES].ljust(_ID_BYTES)


def is_marked(data: bytes) -> bool:
    """Whether the clip is whole up to its mark."""
    return data[-MARK_BYTES:-_ID_BYTES] == MARK_BYTES.to_bytes(4, "big") + b"free"


class OwnBytes(Runner):
    """Copies the drawn files for each job."""

    async def _draw(self, job: Any) -> str | None:
        digest = await super()._draw(job)
        if digest is None:
            return None
        own, media = f"{digest}-{job.id[-24:]}", self._store.media
        for ending in VARIANTS.values():
            content = (media / f"{digest}{ending}").read_bytes() + mark_of(job.id)
            (media / f"{own}{ending}").write_bytes(content)
        return own


if __name__ == "__main__":
    from renders.emulator import state

    state.Runner = OwnBytes
    sys.exit(emulator.main())
