"""One running product to break, and the hands to break it with."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import httpx
import psutil
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from config.postgres import layout
from config.postgres.settings import APP, embedded
from config.processes import die_with_parent
from config.up.secrets import machine_secrets
from renders import pricing
from renders.actions.accounts import set_up_account
from renders.actions.briefs import create_project, save_brief
from renders.actions.renders import submit_render
from renders.models import Attempt, InboundEvent, Project, ProviderAccount, Render
from tenants.scope import org_transaction
from tests.cast import Cast, assemble
from tests.chaos import bugs
from tests.chaos.orders import Orders
from tests.chaos.points import BY_NAME, Point
from tests.gate import Gate
from tests.stack import Stack, clean_environment, free_ports, wait_until_ready

_LOST = (OperationalError, InterfaceError)
_SOCKET = ".s.PGSQL.5432"


@dataclass
class Chaos:
    """The stack, its orders, and who submits."""

    stack: Stack
    orders: Orders
    cast: Cast | None = None
    project: Project | None = None
    control: httpx.Client = field(default_factory=httpx.Client)
    gates: dict[str, Gate] = field(default_factory=dict)

    @property
    def account(self) -> ProviderAccount:
        """The emulator's account as it is now."""
        return ProviderAccount.objects.get(slug="emulator")

    def furnish(self) -> None:
        """The people, and the account that leads to the emulator."""
        known = machine_secrets(self.stack.data_dir)
        set_up_account(
            slug="emulator",
            name="Emulator",
            base_url=f"http://127.0.0.1:{self.gates['provider'].port}/v1",
            api_key=known["EMULATOR_API_KEY"],
            webhook_secrets=[known["EMULATOR_WEBHOOK_SECRET"]],
            is_emulator=True,
            max_in_flight=24,
            list_grace_seconds=3,
        )
        self.cast = assemble()
        with self.cast.at():
            self.project = create_project(client=self.cast.acme, name="Chaos", by=self.cast.amara)

    def submit(self, *faults: dict[str, Any], **strikes: Any) -> Render:
        """Queue one render with words of its own, `faults` at the provider, and orders at `points`."""
        points: tuple[str, ...] = strikes.get("points", ())
        words = f"A lighthouse {uuid.uuid4().hex}"
        for fault in faults:
            self.fault(prompt=words, **fault)
        while True:
            try:
                return self._place(words, points)
            except _LOST:
                # The database was killed: whether it committed is asked by the key of the submit.
                connections["default"].close()
                time.sleep(0.2)

    def _place(self, words: str, points: tuple[str, ...]) -> Render:
        with self.cast.at():
            if found := Render.objects.filter(submit_key=words).first():
                return found
            brief = save_brief(
                project=self.project,
                title=words,
                texts={"subject": words},
                by=self.cast.amara,
                model="sora-2",
                size="720x1280",
                seconds=4,
            )
            price = pricing.quote(self.account, model="sora-2", size="720x1280", seconds=4)
            render = submit_render(
                brief=brief, submit_key=words, shown_microusd=price.microusd, by=self.cast.amara
            )
            # In the transaction of the submit: no worker can see the row before its orders are there.
            self._order(render, points)
        return render

    def submit_to(self, point: Point, *, victim: str = "") -> Render:
        """One render on its way to one point. `victim`: "database" dies there instead of the worker."""
        name = f"{victim}:{point.name}" if victim else point.name
        return self.submit(*point.faults, points=(*point.first, name))

    def points_left(self) -> list[Point]:
        """Points whose orders nobody took; the orders are withdrawn."""
        return [BY_NAME[name.rpartition(":")[2]] for name in self.orders.withdraw()]

    def _order(self, render: Render, points: tuple[str, ...]) -> None:
        for name in points:
            attempt = Attempt.objects.get(render=render)
            self.orders.give(name, attempt.pk if "forget." in name else render.pk)

    def fault(self, **fault: Any) -> None:
        """Make the provider misbehave."""
        self.control.post("/faults", json=fault).raise_for_status()

    def invoice(self) -> list[dict[str, Any]]:
        """What the provider charged, since the beginning."""
        return self.control.get("/invoice").json()["lines"]

    def wait(self, renders: list[Render], seconds: float) -> None:
        """Until nothing is left to do for them. Raises AssertionError."""
        began = time.monotonic()
        while left := self.unfinished(renders):
            assert time.monotonic() - began < seconds, (
                f"Still open after {seconds:.0f} s: {left}\n{self.stack.tail()}"
            )
            assert self.stack.process.poll() is None, f"The product ended:\n{self.stack.tail()}"
            time.sleep(0.2)

    def unfinished(self, renders: list[Render]) -> list[str]:
        """What is still going on, in words."""
        ids = [render.pk for render in renders]
        try:
            with org_transaction(self.cast.northlight.pk):
                working = Render.objects.filter(pk__in=ids).exclude(next_action_at=None)
                left = [f"{r.pk} {r.state} {r.failure_class} due {r.next_action_at}" for r in working]
                copies = Attempt.objects.filter(render__in=ids, provider_deleted_at=None)
                left += [f"{a.render_id} copy" for a in copies.exclude(provider_delete_at=None)]
        except _LOST as error:
            connections["default"].close()
            return [f"the database: {error}"]
        return left

    def misbehave(self, bug: str) -> None:
        """Let the workers make a mistake from now on; "" for none."""
        bugs.chosen(self.stack.data_dir).write_text(bug)
        for process in self.forks():
            process.kill()

    def processes(self, *words: str) -> list[psutil.Process]:
        """Processes of this product whose command line holds one of the words."""
        found = []
        for process in psutil.Process(self.stack.process.pid).children(recursive=True):
            try:
                if any(word in " ".join(process.cmdline()) for word in words):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def forks(self) -> list[psutil.Process]:
        """The processes that do the work."""
        workers = self.processes("tests.chaos.worker")
        return [one for one in workers if one.ppid() != self.stack.process.pid]

    def flush_broker(self, schema: str) -> int:
        """Delete every message; how many there were."""
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute(f"DELETE FROM {schema}.queue WHERE state IN ('queued', 'consumed')")
                return cursor.rowcount
        except _LOST:
            connections["default"].close()
            return 0

    def events_of(self, renders: list[Render]) -> int:
        """Genuine webhooks that were written down for these renders."""
        with org_transaction(self.cast.northlight.pk):
            ids = Attempt.objects.filter(render__in=[render.pk for render in renders])
            videos = list(ids.values_list("provider_video_id", flat=True))
        return InboundEvent.objects.filter(video_id__in=videos).count()

    def kill_database(self) -> None:
        """kill -9 of the server's first process."""
        [server] = [p for p in self.processes("-D") if p.name() == "postgres"]
        server.kill()

    def kill_somebody(self, dice: random.Random) -> str:
        """kill -9 of one process, by lot; its name."""
        crowd = {
            "worker": self.processes("tests.chaos.worker 8"),
            "media": self.processes("tests.chaos.worker 2"),
            "sweep": self.processes("tests.chaos.sweep"),
            "web": self.processes("tests.chaos.web"),
        }
        name = dice.choices(list(crowd), weights=(4, 4, 1, 1))[0]
        if crowd[name]:
            victim = dice.choice(sorted(crowd[name], key=lambda process: process.pid))
            with_children = [victim, *victim.children(recursive=True)] if name == "web" else [victim]
            for process in with_children:
                _kill(process)
        return name


def _kill(process: psutil.Process) -> None:
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def product() -> Iterator[Chaos]:
    """The same in a folder that is removed afterwards."""
    # Not under pytest's own folder, which is closed to the account that PostgreSQL runs under.
    top = Path(mkdtemp(prefix="chaos-", dir=settings.TEST_DIR))
    top.chmod(0o711)
    try:
        with running(top / "data") as chaos:
            yield chaos
    finally:
        shutil.rmtree(layout.recorded(top / "data").sockets, ignore_errors=True)
        shutil.rmtree(top, ignore_errors=True)


@contextmanager
def running(data_dir: Path) -> Iterator[Chaos]:
    """Start the product on data and ports of its own, and point this process's Django at its database."""
    port = free_ports()
    connection = connections["default"]
    before = dict(connection.settings_dict)
    with _gates(port, data_dir) as gates:
        chaos = Chaos(_boot(data_dir, port, gates), Orders(data_dir), gates=gates)
        try:
            _begin(chaos)
            yield chaos
        finally:
            chaos.control.close()
            connection.close()
            connection.settings_dict.update(before)
            chaos.stack.stop()


@contextmanager
def _gates(port: int, data_dir: Path) -> Iterator[dict[str, Gate]]:
    """The ways between the product's processes and the database, the provider, and the provider and our pages."""
    # A folder of its own: the path of a socket is 107 bytes at most.
    with ExitStack() as stack, TemporaryDirectory(prefix="gate-") as folder:
        database = Gate(lambda: layout.recorded(data_dir).sockets / _SOCKET, at=Path(folder) / _SOCKET)
        gates = {"database": database, "provider": Gate(port + 2), "webhooks": Gate(port)}
        for gate in gates.values():
            stack.enter_context(gate)
        yield gates


def _begin(chaos: Chaos) -> None:
    connection = connections["default"]
    wait_until_ready(chaos.stack)
    chaos.stack.wait_for("chaos worker is ready", times=2)
    connection.close()
    address = {"PASSWORD": "", "PORT": ""} | embedded(chaos.stack.data_dir, user=APP)
    connection.settings_dict.update(address)
    chaos.control = httpx.Client(base_url=chaos.stack.control_url, timeout=10)
    chaos.furnish()


def _boot(data_dir: Path, port: int, gates: dict[str, Gate]) -> Stack:
    data_dir.mkdir(parents=True)
    data_dir.chmod(0o711)
    Orders(data_dir).prepare()
    # Nothing of the demonstration is wanted but its provider.
    (data_dir / "demo.loaded").touch()
    socket = gates["database"].at
    assert socket is not None
    environment = {
        "CHAOS_SOCKETS": str(socket.parent),
        "CHAOS_WEB_PORT": str(gates["webhooks"].port),
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMULATOR_SPEED": "30",
        # What is deleted here goes at once.
        "DELETION_UNDO_SECONDS": "0",
        "LOG_LEVEL": "WARNING",
    }
    with (data_dir / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.product"],
            cwd=settings.BASE_DIR,
            env=clean_environment() | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    return Stack(port=port, data_dir=data_dir, process=process)
