"""Servers that a killed launcher left behind. There must never be two on one data folder."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil


def stop_orphans(cluster: Path, sockets: Path) -> int:
    """End every PostgreSQL process that works in `cluster`; returns how many there were.

    Call it only while holding the launcher's lock, which proves that nobody's server is among them. The pid
    file and the socket's lock file are no evidence: after a crash their number may belong to any other process,
    or to a dead one that nobody has reaped, and PostgreSQL itself then refuses to start.
    """
    left = list(_processes(cluster))
    found = len(left)
    # A server whose launcher died is usually shutting down already; SIGINT asks for the same.
    for number, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        _, left = psutil.wait_procs(left, timeout=patience)
        left = [*left, *(other for other in _processes(cluster) if other not in left)]
        if not left:
            break
    else:
        raise RuntimeError(
            f"A PostgreSQL server (process {left[0].pid}) works in {cluster} and does not end. "
            f"End it with `kill -9 {left[0].pid}` and start again."
        )
    for stale in (cluster / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)
    return found


def _processes(cluster: Path) -> Iterator[psutil.Process]:
    """The server and its background processes: each of them has the data folder as its working folder."""
    for process in psutil.process_iter(["name"]):
        # Servers show themselves as `postgres`, or as `postgres: checkpointer` and the like.
        if not (process.info["name"] or "").startswith("postgres"):
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == cluster.resolve():
                yield process
