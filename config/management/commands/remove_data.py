"""`manage.py remove_data`: forget this machine's database, clips and secrets."""

import fcntl
import shutil
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.postgres import layout
from config.postgres.orphans import stop_orphans


class Command(BaseCommand):
    help = "Remove everything in DATA_DIR: database, clips, secrets. Asks first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.DATA_DIR
        if not (folder / "postgres").is_dir():
            raise CommandError(f"There are no data in {folder}.")
        if not options["yes"] and input(f"Remove everything in {folder}? Type yes: ") != "yes":
            raise CommandError("Nothing was removed.")
        with (layout.base(folder) / "launcher.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CommandError("Dailies runs with these data. Stop it first with Ctrl-C.") from None
            known = layout.recorded(folder)
            stop_orphans(known.cluster, known.sockets)
            layout.forget(folder)
            shutil.rmtree(folder)
        self.stdout.write("The data are gone. The next start begins afresh.")
