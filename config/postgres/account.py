"""The operating system's account that PostgreSQL runs under: it refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict


class PopenAccount(TypedDict, total=False):
    """The arguments of subprocess.Popen that change the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """Who owns the database's files. `switches` when that is somebody else than we are."""

    uid: int
    gid: int
    name: str
    switches: bool

    def reaches(self, folder: Path) -> bool:
        """Whether the account may walk down to `folder` (what does not exist yet, we make reachable)."""
        if not self.switches:
            return True
        return all(self._may_enter(parent) for parent in (folder, *folder.parents) if parent.exists())

    def _may_enter(self, folder: Path) -> bool:
        state = folder.stat()
        if state.st_uid == self.uid:
            return bool(state.st_mode & stat.S_IXUSR)
        if state.st_gid == self.gid:
            return bool(state.st_mode & stat.S_IXGRP)
        return bool(state.st_mode & stat.S_IXOTH)

    def give(self, path: Path) -> None:
        """Hand the file or folder to the account."""
        if self.switches:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def popen(self) -> PopenAccount:
        """Arguments for subprocess.Popen."""
        if not self.switches:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose(cluster: Path) -> Account:
    """Ourselves, or for root: whoever owns the cluster already, else `nobody`.

    initdb insists on an account with a name, so an arbitrary number will not do.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(uid=uid, gid=os.getegid(), name=_name(uid), switches=False)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        raise RuntimeError(
            "PostgreSQL refuses to run as root, and this machine has no account `nobody` to run it under. "
            "Run as an ordinary user, or set DATABASE_URL to a server that is already there."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name, switches=True)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise RuntimeError(
            f"PostgreSQL needs an account with a name, but user number {uid} has none on this machine. "
            "Add it to /etc/passwd, or set DATABASE_URL to a server that is already there."
        ) from None
