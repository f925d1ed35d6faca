"""`manage.py migrate`, as the owner of the tables: the product's own role may not change them."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate

from config.postgres.setup import as_owner, running


class Command(DjangoMigrate):
    help = "Migrate the database as the owner of its tables; the embedded database is started if need be."

    def handle(self, *args: Any, **options: Any) -> None:
        with running(), as_owner():
            super().handle(*args, **options)
