"""Starting other programs so that none of them outlives the one that started it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For subprocess's preexec_fn: the kernel sends `number` to the child when the thread that started it dies.

    Linux only; elsewhere a killed parent leaves its children to the next start, which ends them.
    """
    parent = os.getpid()

    def arm() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, number)
        # The parent may have died before the line above.
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return arm
