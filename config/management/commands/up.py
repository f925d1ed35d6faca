"""`manage.py up`: the whole product on this machine, until Ctrl-C."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import env
from config.demo import reserve
from config.postgres.server import Cluster
from config.postgres.settings import is_embedded
from config.postgres.setup import set_up, use_recorded_address
from config.up.output import Output
from config.up.plan import EMULATOR_SLUG, Plan
from config.up.supervisor import Supervisor
from renders.models import ProviderAccount


class Command(BaseCommand):
    help = "Start everything on this machine: database, pages, live updates, workers, and the demonstration."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="neither demo data nor the emulated provider"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            data_dir=settings.DATA_DIR,
            folder=settings.BASE_DIR,
            host=env.text("LISTEN_HOST", "127.0.0.1"),
            port=settings.PORT,
            with_demo=not options["no_demo"],
        )
        cluster = Cluster(settings.DATA_DIR) if is_embedded() else None
        output = Output(settings.DATA_DIR / "logs" / "up.log")
        supervisor = Supervisor(plan, cluster, output)
        try:
            supervisor.claim()
            if cluster is not None:
                cluster.start()
                use_recorded_address()
            set_up(cluster, verbosity=0)
            if plan.with_demo:
                # An earlier start may have had other ports.
                ProviderAccount.objects.filter(slug=EMULATOR_SLUG).update(base_url=plan.emulator_url)
                reserve.move(plan.emulator_url)
            supervisor.run()
        except RuntimeError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            pass
        finally:
            supervisor.stop()
