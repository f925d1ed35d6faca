"""What every test may ask for. The database is in tests/database.py, the running product in tests/stack.py."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from dramatiq.brokers.stub import StubBroker

from tests import emulated, network
from tests import stack as stacks
from tests.database import Server, empty_tables, remove_left_overs, worker_database
from tests.emulated import Emulator
from tests.jobs import Jobs
from tests.stack import Stack

_server: Server | None = None
_skipped_browser_tests: list[str] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """With parallel workers, the process that starts them owns the database server."""
    global _server
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    remove_left_overs()
    if session.config.getoption("numprocesses", None) and not session.config.option.collectonly:
        _server = Server()
        _server.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Also after Ctrl-C."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if _server is not None:
        _server.stop()
    shutil.rmtree(settings.TEST_DIR, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The running product is heavy: whatever uses it runs in one worker, which starts it once."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and "browser" in report.keywords:
        _skipped_browser_tests.append(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where changes are accepted, a skipped browser test is no test."""
    if os.environ.get("CI") and _skipped_browser_tests and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if os.environ.get("CI") and _skipped_browser_tests:
        terminalreporter.write_line(
            f"{len(_skipped_browser_tests)} browser tests were skipped, which CI=true does not allow. "
            "Install Chromium: apt-get install chromium fonts-liberation",
            red=True,
        )


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """pytest-django's fixture of that name: our own server instead of its test_ databases."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        with worker_database(os.environ.get("PYTEST_XDIST_WORKER", "single")):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
                yield


def _empty_tables(case: TransactionTestCase) -> None:
    empty_tables(connection)


@pytest.fixture(scope="session", autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    with network.only_loopback():
        yield


@pytest.fixture(autouse=True)
def _no_rings_of_other_tests() -> None:
    """A test with real transactions rings for real, and the stub broker outlives it."""
    broker = dramatiq.get_broker()
    if isinstance(broker, StubBroker):
        broker.flush_all()


@pytest.fixture
def jobs(db: None) -> Jobs:
    """The background jobs that were rung for: `jobs.run()` works them off, in this thread."""
    return Jobs()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulated provider, one per worker. It keeps what earlier tests did: use ids of your own."""
    running = emulated.start(tmp_path_factory.mktemp("emulator"))
    yield running
    emulated.stop(running)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole product with demo data and emulator, as `make demo` starts it; slow, so started once."""
    # Not under pytest's own folder, which is closed to the account that PostgreSQL runs under.
    folder = settings.TEST_DIR / "stack"
    running = stacks.boot(folder)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; Playwright's own is not downloaded."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium fonts-liberation")
    return browser_type_launch_args | {"executable_path": program, "args": ["--no-sandbox"]}
