"""`manage.py with_database [--temporary] -- command`: run a command while a prepared database is there."""

import os
import subprocess
import sys
import tempfile
from argparse import REMAINDER, ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.postgres import layout
from config.postgres.server import Cluster
from config.postgres.settings import is_embedded
from config.postgres.setup import running, set_up, use_recorded_address


class Command(BaseCommand):
    help = "Run a command while the database is up and migrated."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--temporary", action="store_true", help="a new, empty database, removed afterwards"
        )
        parser.add_argument("command", nargs=REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        command = [part for part in options["command"] if part != "--"] or [
            os.environ.get("SHELL", "/bin/sh")
        ]
        with ExitStack() as stack:
            if options["temporary"]:
                cluster: Cluster | None = stack.enter_context(_temporary())
            else:
                cluster = stack.enter_context(running())
            set_up(cluster, verbosity=0)
            code = subprocess.run(command, env=os.environ | {"DATA_DIR": str(settings.DATA_DIR)}).returncode  # noqa: S603 - the caller's own command
        if code:
            sys.exit(code)


@contextmanager
def _temporary() -> Iterator[Cluster]:
    """A database of this command's own: nothing of it is left afterwards."""
    if not is_embedded():
        raise CommandError("--temporary needs the embedded database. Unset DATABASE_URL.")
    folder = Path(tempfile.mkdtemp(prefix="dailies-temporary-"))
    folder.chmod(0o711)
    settings.DATA_DIR = folder
    try:
        with Cluster(folder, durable=False) as cluster:
            use_recorded_address()
            yield cluster
    finally:
        layout.forget(folder)
        folder.rmdir()
