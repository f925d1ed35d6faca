"""The embedded PostgreSQL: rows survive anything, and there are never two servers on one data folder."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from config.postgres import layout, roles
from config.postgres.server import Cluster


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dailies-cluster-"))
    folder.chmod(0o711)
    yield folder
    for home in {layout.recorded(folder).home, layout.recorded(folder).sockets}:
        shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _cluster(folder: Path) -> Cluster:
    """Careless about power cuts: these tests kill processes, not machines."""
    return Cluster(folder, durable=False)


def _count(cluster: Cluster) -> int:
    with cluster.superuser() as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def _keep_a_row(cluster: Cluster) -> None:
    with cluster.superuser() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")


def _servers(data_dir: Path) -> list[psutil.Process]:
    """Postmasters of this data folder: processes whose parent is none of PostgreSQL's."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if (
                process.info["name"] == "postgres"
                and Path(process.cwd()) == layout.recorded(data_dir).cluster
            ):
                found.append(process)
        except psutil.Error:
            continue
    pids = {process.pid for process in found}
    return [process for process in found if process.ppid() not in pids]


def _launcher(
    data_dir: Path, then: str, *, durable: bool = False, before: str = "pass"
) -> subprocess.Popen[str]:
    """Another process that owns the server and says so."""
    code = (
        f"{before}\n"
        "import sys, time; from pathlib import Path; from config.postgres.server import Cluster\n"
        f"c = Cluster(Path({str(data_dir)!r}), durable={durable}); c.start(); print(c.process.pid, flush=True); {then}"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_rows_survive_a_kill_of_the_server_and_its_owner(data_dir: Path) -> None:
    owner = _launcher(data_dir, "time.sleep(600)", durable=True)
    _keep_a_row(_cluster(data_dir))
    for process in _servers(data_dir):
        process.kill()
    owner.kill()
    owner.wait()
    with _cluster(data_dir) as cluster:
        assert cluster.is_owner
        assert _count(cluster) == 1
        assert len(_servers(data_dir)) == 1


def test_the_server_ends_with_its_killed_owner_or_at_the_next_start(data_dir: Path) -> None:
    owner = _launcher(data_dir, "time.sleep(600)")
    _keep_a_row(_cluster(data_dir))
    orphan = _servers(data_dir)[0]
    owner.kill()
    owner.wait()
    with _cluster(data_dir) as cluster:
        assert [process.pid for process in _servers(data_dir)] != [orphan.pid]
        assert len(_servers(data_dir)) == 1
        assert _count(cluster) == 1


def test_an_orphan_that_lives_on_is_ended_before_a_new_server_starts(data_dir: Path) -> None:
    # Without the death signal, as on systems that have none.
    owner = _launcher(data_dir, "time.sleep(600)", before="import config.processes as p; p._libc = None")
    orphan = _servers(data_dir)[0]
    owner.kill()
    owner.wait()
    time.sleep(0.5)
    assert orphan.is_running()
    with _cluster(data_dir) as cluster:
        assert cluster.is_owner
        assert not psutil.pid_exists(orphan.pid) or orphan.status() == psutil.STATUS_ZOMBIE
        assert len(_servers(data_dir)) == 1


def test_whoever_comes_second_uses_the_running_server_and_leaves_it_running(data_dir: Path) -> None:
    with _cluster(data_dir) as first:
        with _cluster(data_dir) as second:
            assert first.is_owner
            assert not second.is_owner
            _keep_a_row(second)
        assert _count(first) == 1
        assert len(_servers(data_dir)) == 1
    assert _servers(data_dir) == []


def test_a_stale_pid_file_that_names_a_living_process_is_not_believed(data_dir: Path) -> None:
    with _cluster(data_dir) as cluster:
        _keep_a_row(cluster)
    pid_file = cluster.layout.cluster / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.layout.cluster}\n0\n5432\n\n\n", encoding="ascii")
    with _cluster(data_dir) as cluster:
        assert _count(cluster) == 1


def test_the_socket_is_private_and_nothing_listens_on_the_network(data_dir: Path) -> None:
    with _cluster(data_dir) as cluster:
        assert cluster.layout.sockets.stat().st_mode & 0o777 == 0o700
        owner = cluster.layout.cluster.stat().st_uid
        assert cluster.layout.sockets.stat().st_uid == owner
        assert owner != 0
        assert cluster.process is not None
        server = psutil.Process(cluster.process.pid)
        assert server.uids().effective == owner
        assert [c for c in server.net_connections("inet") if c.status == psutil.CONN_LISTEN] == []


@pytest.mark.parametrize("name", ["a folder, with “odd” characters", "x" * 120])
def test_paths_that_sockets_or_libpq_do_not_take_get_a_short_folder(data_dir: Path, name: str) -> None:
    folder = data_dir / name
    with _cluster(folder) as cluster:
        _keep_a_row(cluster)
        assert len(str(cluster.layout.sockets)) < 60
        assert cluster.layout.sockets.stat().st_mode & 0o777 == 0o700
    # The short folder is in a place that gets swept; the next start does without it.
    shutil.rmtree(cluster.layout.sockets)
    with _cluster(folder) as cluster:
        assert _count(cluster) == 1
    layout.forget(folder)


def test_somebody_elses_short_folder_is_not_used(data_dir: Path) -> None:
    folder = data_dir / ("x" * 120)
    with _cluster(folder) as cluster:
        taken = cluster.layout.sockets
    shutil.rmtree(taken)
    taken.mkdir(mode=0o777)
    taken.chmod(0o777)
    with _cluster(folder) as cluster:
        assert cluster.layout.sockets != taken
    shutil.rmtree(taken)
    layout.forget(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's PostgreSQL may enter wherever the user may")
def test_a_folder_closed_to_others_puts_the_database_elsewhere(data_dir: Path) -> None:
    data_dir.chmod(0o700)
    with _cluster(data_dir) as cluster:
        _keep_a_row(cluster)
        home = cluster.layout.home
        assert data_dir not in home.parents
    with _cluster(data_dir) as cluster:
        assert cluster.layout.home == home
        assert _count(cluster) == 1


def test_a_creation_that_was_cut_off_starts_over(data_dir: Path) -> None:
    half = data_dir / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    with _cluster(data_dir) as cluster:
        _keep_a_row(cluster)
    assert not half.exists()


def test_data_of_another_version_are_refused_with_the_remedy(data_dir: Path) -> None:
    with _cluster(data_dir) as cluster:
        written = cluster.layout.cluster / "PG_VERSION"
    written.write_text("13\n", encoding="ascii")
    with pytest.raises(RuntimeError, match=r"written by PostgreSQL 13.*Set PGBIN"):
        _cluster(data_dir).start()


def test_pgbin_without_postgresql_is_refused_with_the_remedy(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGBIN", "/nonexistent")
    with pytest.raises(RuntimeError, match=r"PGBIN is /nonexistent, but.*Set it to the folder of initdb"):
        _cluster(data_dir).start()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with _cluster(data_dir) as cluster:
        config = cluster.layout.cluster / "postgresql.conf"
    config.write_text("no_such_setting = 1\n", encoding="ascii")
    with pytest.raises(RuntimeError, match=r"(?s)did not start\. Its log is .*no_such_setting"):
        _cluster(data_dir).start()
    # The failed start must not keep the lock.
    config.write_text("", encoding="ascii")
    with _cluster(data_dir) as cluster:
        assert cluster.is_owner


def test_connections_without_the_folders_key_are_not_possible(data_dir: Path) -> None:
    with _cluster(data_dir) as cluster:
        rules = (cluster.layout.cluster / "pg_hba.conf").read_text(encoding="utf-8")
        hosts = [line.split() for line in rules.splitlines() if line.startswith("host")]
        assert {line[-1] for line in hosts} == {"reject"}
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=_free_port(), user="postgres", connect_timeout=1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_restart_is_quick(data_dir: Path) -> None:
    with _cluster(data_dir):
        pass
    started = time.monotonic()
    with _cluster(data_dir):
        # Measured 0.05 s; the bound only catches a start that waits for something.
        assert time.monotonic() - started < 3


def test_a_server_without_our_roles_says_what_its_administrator_runs(data_dir: Path) -> None:
    with _cluster(data_dir) as cluster, cluster.superuser() as connection:
        with pytest.raises(
            RuntimeError, match=r"(?s)no role dailies_app and no role dailies_platform.*CREATE ROLE"
        ):
            roles.require(connection)
        roles.ensure_roles(connection)
        roles.ensure_roles(connection)
        roles.require(connection)
