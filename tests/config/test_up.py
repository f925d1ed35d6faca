"""`manage.py up`: everything starts together, stays up, and leaves nothing behind."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from django.conf import settings

from config.postgres import layout
from config.up.children import Child
from config.up.leftovers import MARK, end_leftovers
from config.up.output import Output
from config.up.ports import require_free
from config.up.secrets import machine_secrets
from tests import stack as stacks
from tests.stack import Stack

# All of these start the whole product: one worker does them, one after another.
pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    top = Path(tempfile.mkdtemp(prefix="dailies-up-"))
    top.chmod(0o711)
    # A path with everything that breaks careless quoting, and too long for a socket.
    folder = top / f"a long folder, with spaces {'x' * 90}"
    yield folder
    running = [process for process in psutil.Process().children() if "up" in process.cmdline()]
    _kill(running + _family(folder))
    shutil.rmtree(layout.recorded(folder).sockets, ignore_errors=True)
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture(scope="module")
def _first_start(data_dir: Path) -> Stack:
    return stacks.boot(data_dir, "--no-demo")


@pytest.fixture
def stack(_first_start: Stack, data_dir: Path) -> Stack:
    """The product, started again only if the test before ended it: starting it is slow."""
    if _first_start.process.poll() is not None:
        _first_start.process = stacks.boot(data_dir, "--no-demo", port=_first_start.port).process
    stacks.wait_until_ready(_first_start)
    return _first_start


def _family(data_dir: Path) -> list[psutil.Process]:
    """Every process that belongs to the run: by its mark, and the database's by its folder."""
    found = []
    for process in psutil.process_iter(["pid"]):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            inside = str(data_dir) in process.cwd() or str(data_dir) in " ".join(process.cmdline())
            if process.environ().get(MARK) == str(data_dir) or inside:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        # One may end because of another one's end.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _ours(data_dir: Path) -> dict[int, str]:
    """Process numbers and command lines, without the database's, which come and go with connections."""
    family = [process for process in _family(data_dir) if process.name() != "postgres"]
    return {process.pid: " ".join(process.cmdline()) for process in family}


def _web_pid(data_dir: Path) -> int:
    for process in _family(data_dir):
        if "config.wsgi:application" in process.cmdline():
            return process.pid
    raise AssertionError("no web process")


def _is_ready(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/health/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _until(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def test_crashed_children_come_back_and_the_others_are_left_alone(stack: Stack, data_dir: Path) -> None:
    stack.wait_for("Worker process is ready", times=2)
    before = _ours(data_dir)
    web = _web_pid(data_dir)
    psutil.Process(web).kill()
    stack.wait_for("web ended unexpectedly (SIGKILL); starting it again in 0.5 s")
    _until(lambda: _is_ready(stack))
    assert _web_pid(data_dir) != web
    # The web server and its workers are new; the live server, both workers and the supervisor are not.
    stayed = ("config.live", "config.worker", "manage.py up")
    assert {pid for pid, words in before.items() if any(word in words for word in stayed)} <= set(
        _ours(data_dir)
    )


def test_a_killed_database_comes_back(stack: Stack, data_dir: Path) -> None:
    family = _family(data_dir)
    server = next(process for process in family if process.name() == "postgres" and "-D" in process.cmdline())
    server.kill()
    stack.wait_for("the database ended unexpectedly (SIGKILL)")
    _until(lambda: _is_ready(stack))


def test_a_second_start_with_the_same_data_is_refused_in_words(stack: Stack, data_dir: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env=stacks.clean_environment() | {"DATA_DIR": str(data_dir), "PORT": "9"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "Dailies already runs with the data in" in answer.stderr
    assert _is_ready(stack)
    # The refused one must not have emptied the running one's log.
    assert "Worker process is ready" in stack.log


def test_after_a_kill_of_everything_the_next_start_works(stack: Stack, data_dir: Path) -> None:
    stack.process.kill()
    _kill(_family(data_dir))
    stack.process.wait()
    again = stacks.boot(data_dir, "--no-demo", port=stack.port)
    assert again.stop() == 0


def test_ctrl_c_leaves_no_process(stack: Stack, data_dir: Path) -> None:
    assert len(_family(data_dir)) > 10
    started = time.monotonic()
    assert stack.stop() == 0
    assert time.monotonic() - started < 12
    assert _family(data_dir) == []


def test_leftovers_are_known_by_their_mark_and_ended_even_if_they_refuse(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", stubborn], env=os.environ | {MARK: mark}, stdout=subprocess.PIPE
        )
        for mark in (str(tmp_path), "/another/copy")
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    ours, other = processes
    assert end_leftovers(tmp_path) == 1
    assert not psutil.pid_exists(ours.pid)
    ours.wait()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_busy_port_is_one_sentence_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stack = stacks.boot(tmp_path, "--no-demo", port=port, wait=False)
        assert stack.process.wait(60) == 1
    said = stack.tail()
    assert f"Port {port} is taken by another program." in said
    assert "PORT=" in said
    assert "Traceback" not in said
    assert not (tmp_path / "postgres").exists()


def test_any_of_the_four_ports_counts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match=f"Port {port} is taken"):
            require_free("127.0.0.1", port - 3)
    with pytest.raises(RuntimeError, match="leaves no room"):
        require_free("127.0.0.1", 65_534)


def test_a_child_that_keeps_crashing_is_started_less_and_less_often() -> None:
    child = Child("x", [], started=time.monotonic())
    assert [child.next_pause() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.started -= 3600
    assert child.next_pause() == 0.5


def test_secrets_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    made = machine_secrets(tmp_path)
    assert machine_secrets(tmp_path) == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert made["EMULATOR_WEBHOOK_SECRET"].startswith("whsec_")


def test_lines_are_labelled_and_plain_when_nobody_watches(tmp_path: Path) -> None:
    with (tmp_path / "screen").open("w+", encoding="utf-8") as screen:
        output = Output(tmp_path / "logs" / "up.log", screen)
        output.open_log()
        output.line("web", "hello")
        screen.seek(0)
        assert screen.read() == "web      | hello\n"
    # A closed terminal must not stop the shutdown.
    output.line("web", "nobody hears this")
    assert (tmp_path / "logs" / "up.log").read_text(encoding="utf-8").count("\n") == 2
