"""`manage.py setup_database`: roles, database, rights, the broker's tables and all migrations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.postgres.setup import running, set_up


class Command(BaseCommand):
    help = "Prepare the database: roles, rights, the broker's tables, migrations. Safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with running() as cluster:
                set_up(cluster, verbosity=options["verbosity"])
        except RuntimeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The database is ready.")
