"""`manage.py up` as several machines would run it: two of each process. `python -m tests.brokers.product`."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings

from config.postgres.setup import set_up
from config.up.children import Child
from config.up.output import Output
from config.up.plan import Plan
from config.up.supervisor import Supervisor

SECOND_WEB = 4  # added to PORT


class Patient(Child):
    """Away for so long after a kill that messages pile up."""

    def next_pause(self) -> float:
        return 2.0


@dataclass(frozen=True)
class ScaledPlan(Plan):
    """Two web processes, two workers of each kind, two sweeps of which one works."""

    def first(self) -> list[Child]:
        children = super().first()
        [web] = [child for child in children if child.label == "web"]
        twin = list(web.command)
        twin[twin.index(str(self.port))] = str(self.port + SECOND_WEB)
        [emulator] = [child for child in children if child.label == "emulator"]
        emulator.command.append("--canned")
        return [*children, Child("web2", twin)]

    def then(self) -> list[Child]:
        children = super().then()
        return [
            Patient(f"{child.label}{number}", child.command) for child in children for number in ("", "2")
        ]


def main() -> int:
    """Until SIGINT; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    plan = ScaledPlan(settings.DATA_DIR, Path.cwd(), "127.0.0.1", settings.PORT, with_demo=True)
    supervisor = Supervisor(plan, None, Output(settings.DATA_DIR / "logs" / "up.log"))
    try:
        supervisor.claim()
        set_up(None, verbosity=0)
        supervisor.run()
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
