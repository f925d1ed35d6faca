"""Where the embedded database lives on this machine, and where that is written down.

`<data dir>/postgres/location.json` holds {"home": folder, "sockets": folder}. Without it everything is in
`<data dir>/postgres`, which is right unless the path is too long for a socket or closed to the account that
PostgreSQL runs under.
"""

import json
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.postgres.account import Account

# Linux allows 107 bytes for a socket's path and macOS 103; the socket's own name takes 14 of them.
_SOCKET_FOLDER_BYTES = 103 - len("/.s.PGSQL.5432")
# libpq reads a comma in `host` as "several hosts".
_PLAIN_PATH = re.compile(r"/[^,'\"\\\n]*")
_SHARED_HOMES = Path("/var/lib/dailies")


@dataclass(frozen=True)
class Layout:
    """The folders of one embedded database."""

    home: Path
    sockets: Path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"


def base(data_dir: Path) -> Path:
    """The folder that belongs to the launcher itself: the record, the lock."""
    return data_dir / "postgres"


def recorded(data_dir: Path) -> Layout:
    """The layout as written down, or the default one. Reads one small file and changes nothing."""
    folder = base(data_dir)
    try:
        places = json.loads((folder / "location.json").read_text(encoding="utf-8"))
        return Layout(home=Path(places["home"]), sockets=Path(places["sockets"]))
    except (OSError, ValueError, KeyError):
        return Layout(home=folder, sockets=folder / "run")


def place(data_dir: Path, account: Account) -> Layout:
    """Choose folders that work for `account`, make them, and write them down."""
    folder = base(data_dir)
    _make(folder, 0o755)
    known = recorded(data_dir)
    if not (known.cluster / "PG_VERSION").exists():
        known = Layout(home=_home(folder, account), sockets=known.sockets)
    if not _sockets_fit(known.sockets, account):
        inside = known.home / "run"
        known = Layout(home=known.home, sockets=inside if _fits(inside) else _short_folder())
    _make(known.sockets, 0o700)
    account.give(known.sockets)
    _write(folder / "location.json", {"home": str(known.home), "sockets": str(known.sockets)})
    return known


def forget(data_dir: Path) -> None:
    """Remove the database's folders, wherever they are. Only for clusters made to be thrown away."""
    known = recorded(data_dir)
    for folder in {known.sockets, known.home, base(data_dir)}:
        shutil.rmtree(folder, ignore_errors=True)


def _home(folder: Path, account: Account) -> Path:
    """The launcher's folder, or one under /var/lib when the account cannot walk there (a clone in /root)."""
    if account.reaches(folder):
        return folder
    for parent in (_SHARED_HOMES, Path("/var/tmp")):  # noqa: S108 - mkdtemp below picks a private name
        try:
            if parent == _SHARED_HOMES:
                _make(parent, 0o711)
            home = Path(tempfile.mkdtemp(prefix="dailies-", dir=parent))
        except OSError:
            continue
        home.chmod(0o711)
        return home
    raise RuntimeError(
        f"The database cannot live in {folder}: the account {account.name!r} may not enter one of its parent "
        "folders. Set DATA_DIR to a folder that other accounts may enter, or run as an ordinary user."
    )


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) <= _SOCKET_FOLDER_BYTES and bool(_PLAIN_PATH.fullmatch(str(folder)))


def _sockets_fit(folder: Path, account: Account) -> bool:
    """Whether the recorded folder still is what we made: short, reachable, private, ours."""
    if not _fits(folder) or not account.reaches(folder.parent):
        return False
    try:
        state = folder.lstat()
    except FileNotFoundError:
        return folder.parent.is_dir() and folder.name == "run"
    private = stat.S_ISDIR(state.st_mode) and stat.S_IMODE(state.st_mode) == 0o700
    return private and state.st_uid == account.uid


def _short_folder() -> Path:
    roots = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - mkdtemp makes a private folder in it
    root = next((root for root in roots if _fits(root / "dailies-12345678")), roots[-1])
    return Path(tempfile.mkdtemp(prefix="dailies-", dir=root))


def _make(folder: Path, mode: int) -> None:
    """Make the folder with exactly this mode. One that exists keeps the mode that its owner gave it."""
    if folder.is_dir():
        return
    _make(folder.parent, 0o755)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)


def _write(path: Path, value: dict[str, str]) -> None:
    """Replace in one step: a kill in between leaves the old record or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value), encoding="utf-8")
    fresh.replace(path)
