"""`manage.py up` with a media worker that writes its own times down: `python -m benchmarks.timed_product`."""

import os
import sys
from pathlib import Path

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.postgres.server import Cluster  # noqa: E402
from config.postgres.setup import set_up, use_recorded_address  # noqa: E402
from config.up.children import Child  # noqa: E402
from config.up.output import Output  # noqa: E402
from config.up.plan import Plan  # noqa: E402
from config.up.supervisor import Supervisor  # noqa: E402


class TimedPlan(Plan):
    """The product's plan, but for one module's name."""

    def then(self) -> list[Child]:
        children = super().then()
        for child in children:
            if child.label == "media":
                child.command = [
                    "benchmarks.timed_worker" if part == "config.worker" else part for part in child.command
                ]
        return children


def main() -> int:
    """Until SIGINT."""
    plan = TimedPlan(settings.DATA_DIR, Path.cwd(), "127.0.0.1", settings.PORT, with_demo=True)
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
