"""`manage.py up` with workers that can be told where to die: `python -m tests.chaos.product`."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings

from config.postgres.server import Cluster
from config.postgres.settings import APP, DATABASE
from config.postgres.setup import set_up, use_recorded_address
from config.up.children import Child
from config.up.output import Output
from config.up.plan import Plan
from config.up.supervisor import Supervisor


class Quick(Child):
    """Started again at once: the pause that grows is the business of tests/config/test_up.py."""

    def next_pause(self) -> float:
        return 0.1


@dataclass(frozen=True)
class ChaosPlan(Plan):
    """The product's own plan, with other commands for what is killed."""

    def first(self) -> list[Child]:
        return [self._changed(child) for child in super().first()]

    def then(self) -> list[Child]:
        return [self._changed(child) for child in super().then()]

    def _changed(self, child: Child) -> Child:
        command = child.command
        # Between them and the database, and between the provider and our pages, there is a gate of the harness.
        environment = child.environment | _by_the_gate()
        if child.label == "emulator":
            command = [*_module("tests.chaos.provider"), *command[3:], "--canned"]
            command = [
                part.replace(f":{self.port}/", f":{os.environ['CHAOS_WEB_PORT']}/") for part in command
            ]
            environment = child.environment
        elif child.label == "worker":
            command = [*_module("tests.chaos.worker"), "8", "default", "mail"]
        elif child.label == "media":
            command = [*_module("tests.chaos.worker"), "2", "media"]
        elif child.label == "sweep":
            command = _module("tests.chaos.sweep")
        elif child.label == "web":
            command = [part.replace("config.wsgi", "tests.chaos.web") for part in command]
        return Quick(child.label, command, environment, child.restarts)


def _by_the_gate() -> dict[str, str]:
    url = f"postgresql://{APP}@/{DATABASE}?host={os.environ['CHAOS_SOCKETS']}"
    return {"DATABASE_URL": url, "DATABASE_OWNER_URL": url}


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


def main() -> int:
    """Until SIGINT; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    plan = ChaosPlan(settings.DATA_DIR, Path.cwd(), "127.0.0.1", settings.PORT, with_demo=True)
    cluster = Cluster(settings.DATA_DIR)
    supervisor = Supervisor(plan, cluster, Output(settings.DATA_DIR / "logs" / "up.log"))
    try:
        supervisor.claim()
        cluster.start()
        use_recorded_address()
        set_up(cluster, verbosity=0)
        supervisor.run()
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
