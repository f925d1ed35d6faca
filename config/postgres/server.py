"""Starts and stops the embedded PostgreSQL. It listens on a private unix socket only, never on the network."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import psycopg

from config.postgres import account as accounts
from config.postgres import binaries, layout
from config.postgres.orphans import stop_orphans
from config.processes import die_with_parent

SUPERUSER = "postgres"
_READY_SECONDS = 60
_LOG_BYTES = 5_000_000
# For databases that are thrown away: nothing has to survive a power cut.
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class Cluster:
    """One embedded PostgreSQL for one data folder.

    Whoever calls `start` first owns the server until `stop` or the end of its process; everybody else finds it
    running and uses it. Ownership is a lock that the kernel drops when its holder dies, however it dies.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir
        self.durable = durable
        self.layout = layout.recorded(data_dir)
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def is_owner(self) -> bool:
        return self._lock is not None

    def start(self) -> None:
        """Return when the server answers. Raises RuntimeError with what happened and what to do."""
        lock = _open_lock(self.data_dir)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            self._wait_for_other_owner()
            return
        self._lock = lock
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Start the server again after it died. Only its owner may."""
        self.process = None
        self._launch()

    def stop(self) -> None:
        """Stop the server if it is ours: rows are safe, open connections are cut."""
        if self.process is not None:
            for number, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                with contextlib.suppress(ProcessLookupError):
                    self.process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)
                    break
            self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> "Cluster":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def superuser(self, dbname: str = "postgres") -> psycopg.Connection:
        """An autocommit connection as the superuser, for creating roles and databases."""
        return psycopg.connect(
            host=str(self.layout.sockets), user=SUPERUSER, dbname=dbname, autocommit=True, connect_timeout=5
        )

    def _launch(self) -> None:
        account = accounts.choose(self.layout.cluster)
        self.layout = layout.place(self.data_dir, account)
        programs = binaries.find(self.layout.home, account)
        stop_orphans(self.layout.cluster, self.layout.sockets)
        if not (self.layout.cluster / "PG_VERSION").exists():
            self._create(programs, account)
        _refuse_other_version(self.layout.cluster, programs)
        with _log_file(self.layout.log) as log:
            self.process = subprocess.Popen(
                [programs.program("postgres"), "-D", str(self.layout.cluster), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.layout.cluster if not account.switches else "/",
                env=_environment(),
                # Its own session: Ctrl-C in the terminal must not stop it before the others are done with it.
                start_new_session=True,
                # The processes' parent ends without us being asked when it gets SIGKILL; SIGINT is a fast stop.
                preexec_fn=die_with_parent(signal.SIGINT),
                **account.popen(),
            )
        self._wait_until_ready()

    def _create(self, programs: binaries.Binaries, account: accounts.Account) -> None:
        """initdb into a folder aside, renamed when it is complete: a kill halfway leaves nothing to trip over."""
        fresh = self.layout.home / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.give(fresh)
        locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [
            *[programs.program("initdb"), "-D", str(fresh), "-U", SUPERUSER, "--encoding=UTF8", "-k"],
            *["--auth=reject", "--auth-local=trust", "--no-instructions"],
            *(locale if programs.major >= 17 else ["--locale=C.UTF-8"]),
            *([] if self.durable else ["--no-sync"]),
        ]
        answer = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=_environment(), **account.popen()
        )
        if answer.returncode:
            raise RuntimeError(
                f"The database could not be created in {self.layout.home}:\n{answer.stderr.strip()}"
            )
        fresh.rename(self.layout.cluster)

    def _options(self) -> list[str]:
        sockets = str(self.layout.sockets).replace('"', '""')
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            "shared_buffers": "128MB",
            "jit": "off",
            "log_line_prefix": "%m [%p] ",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if not self.durable:
            chosen |= _CARELESS
        return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"The database did not start. Its log is {self.layout.log} and ends with:\n"
                    f"{_tail(self.layout.log)}"
                )
            time.sleep(0.02)

    def _wait_for_other_owner(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            self.layout = layout.recorded(self.data_dir)
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError(
            f"Another process owns the database in {self.data_dir}, but it has not answered for "
            f"{_READY_SECONDS} s. Look at {self.layout.log}, or end that process."
        )

    def _answers(self) -> bool:
        try:
            self.superuser().close()
        except psycopg.OperationalError:
            return False
        return True


def _open_lock(data_dir: Path) -> IO[str]:
    folder = layout.base(data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "launcher.lock").open("a")
    except OSError as error:
        raise RuntimeError(
            f"The data folder {data_dir} cannot be written ({error.strerror}). "
            "Set DATA_DIR to a folder of your own, or give this one to your account."
        ) from error


def _refuse_other_version(cluster: Path, programs: binaries.Binaries) -> None:
    written = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if written != str(programs.major):
        raise RuntimeError(
            f"The data in {cluster} were written by PostgreSQL {written}, but the programs in {programs.folder} "
            f"are version {programs.major}. Set PGBIN to the programs of version {written}, or DATA_DIR to another "
            "folder."
        )


def _environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGPORT, LANG and the like would change what the server does."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


@contextlib.contextmanager
def _log_file(path: Path) -> Iterator[IO[bytes]]:
    """The log, opened by us before the account changes. Cut when it has grown large."""
    with path.open("ab") as log:
        if log.tell() > _LOG_BYTES:
            log.truncate(0)
        yield log


def _tail(path: Path, lines: int = 12) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return "(no log)"
