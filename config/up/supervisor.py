"""Keeps the product's processes alive until it is told to stop, and then leaves none behind."""

import fcntl
import signal
import time
import urllib.error
import urllib.request
from typing import IO

from config.postgres.server import Cluster
from config.up.banner import banner
from config.up.children import Child
from config.up.leftovers import end_leftovers
from config.up.output import Output
from config.up.plan import Plan
from config.up.ports import require_free

_OURS = "dailies"
_READY_SECONDS = 90
_STOP_SECONDS = 6
_LOOK_SECONDS = 0.1


class Supervisor:
    """One run. `prepare` is called once the database answers, before anything else starts."""

    def __init__(self, plan: Plan, cluster: Cluster | None, output: Output) -> None:
        self.plan = plan
        self.cluster = cluster
        self.output = output
        self.children: list[Child] = []
        self.is_stopping = False
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Be the only run on this data folder, end what a killed one left, and check the ports."""
        try:
            self.plan.data_dir.mkdir(parents=True, exist_ok=True)
            self._lock = (self.plan.data_dir / "up.lock").open("a+")
        except OSError as error:
            raise RuntimeError(
                f"The data folder {self.plan.data_dir} cannot be written ({error.strerror}). "
                "Set DATA_DIR to a folder of your own, or give this one to your account."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(
                f"Dailies already runs with the data in {self.plan.data_dir}. Stop it with Ctrl-C there, or start "
                f"another with its own data: `DATA_DIR=/some/folder PORT={self.plan.port + 100}`."
            ) from None
        self.output.open_log()
        count = end_leftovers(self.plan.data_dir)
        if count:
            self._say(f"ended {count} processes of an earlier run that was killed")
        require_free(self.plan.host, self.plan.port)

    def run(self) -> None:
        """Start everything and return when asked to stop. Call `stop` afterwards, whatever happened."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        environment = self.plan.environment()
        self._start(self.plan.first(), environment)
        if self._wait_until_ready():
            self.output.text(banner(self.plan.public_url, with_demo=self.plan.with_demo))
            self._start(self.plan.then(), environment)
        while not self.is_stopping:
            self._look_after_everything()
            time.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        """End every process and what it started: first asked, then made to. The database goes last."""
        deadline = time.monotonic() + _STOP_SECONDS
        for child in self.children:
            child.ask_to_stop()
        while time.monotonic() < deadline and not all(child.is_gone() for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            if not child.is_gone():
                self._say(f"{child.label} did not end by itself")
                child.kill()
        for child in self.children:
            if child.process is not None:
                child.process.wait()
        if self.cluster is not None:
            self.cluster.stop()
        if self._lock is not None:
            self._lock.close()

    def _ask_to_stop(self, *_: object) -> None:
        if not self.is_stopping:
            self._say("stopping")
        self.is_stopping = True

    def _start(self, children: list[Child], environment: dict[str, str]) -> None:
        for child in children:
            if self.is_stopping:
                return
            child.environment = environment | child.environment
            child.start(self.output, self.plan.folder)
            self.children.append(child)

    def _look_after_everything(self) -> None:
        self._look_after_database()
        for child in self.children:
            code = child.exit_code()
            if code is None:
                continue
            if child.restarts:
                self._restart(child, code)
            else:
                self._finished(child, code)
                return

    def _restart(self, child: Child, code: int) -> None:
        now = time.monotonic()
        if not child.due:
            pause = child.next_pause()
            child.due = now + pause
            # What it started may still run and would hold the port.
            child.kill()
            self._say(f"{child.label} ended unexpectedly ({_reason(code)}); starting it again in {pause:g} s")
        elif now >= child.due:
            child.due = 0.0
            child.start(self.output, self.plan.folder)

    def _finished(self, child: Child, code: int) -> None:
        self.children.remove(child)
        if code:
            self._say(f"{child.label} failed ({_reason(code)}); it is tried again at the next start")
        elif child.label == "demo":
            self.plan.demo_mark.touch()
            self._say("the demo data are there")

    def _look_after_database(self) -> None:
        if self.cluster is None or self.cluster.process is None or self.cluster.process.poll() is None:
            return
        self._say(
            f"the database ended unexpectedly ({_reason(self.cluster.process.returncode)}); starting it again"
        )
        try:
            self.cluster.restart()
        except RuntimeError as error:
            self._say(str(error))
            time.sleep(2)

    def _wait_until_ready(self) -> bool:
        """Until the pages answer. False when asked to stop before."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self.is_stopping:
            if _answers(f"http://{self.plan.host}:{self.plan.port}/health/ready"):
                return True
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"The pages did not answer within {_READY_SECONDS} s. What they said is above, and in "
                    f"{self.output.log_path}."
                )
            self._look_after_everything()
            time.sleep(0.05)
        return False

    def _say(self, text: str) -> None:
        self.output.line(_OURS, text)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
