"""Processes of an earlier run that was killed. They are known by a mark in their environment.

The mark is inherited by whatever a process starts, so that grandchildren are found too, and it names the data
folder, so that another copy of the product is left alone.
"""

import contextlib
import os
from pathlib import Path

import psutil

MARK = "DAILIES_UP"


def mark(data_dir: Path) -> dict[str, str]:
    """The environment that marks a process as ours."""
    return {MARK: str(data_dir)}


def end_leftovers(data_dir: Path) -> int:
    """End what an earlier run left. Call it only while holding the run's lock. Returns how many there were."""
    ourselves = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    found = [process for process in psutil.process_iter() if process.pid not in ourselves]
    left = [process for process in found if _is_marked(process, data_dir)]
    count = len(left)
    for end, patience in (("terminate", 3), ("kill", 5)):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(process, end)()
        _, left = psutil.wait_procs(left, timeout=patience)
        left = [process for process in left if _is_marked(process, data_dir)]
    if left:
        raise RuntimeError(
            f"Process {left[0].pid} of an earlier run does not end. End it with `kill -9 {left[0].pid}` and start again."
        )
    return count


def _is_marked(process: psutil.Process, data_dir: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        is_alive = process.status() != psutil.STATUS_ZOMBIE
        return bool(is_alive and process.environ().get(MARK) == str(data_dir))
    return False
