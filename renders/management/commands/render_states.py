"""Draw docs/states.md from the transition table."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from renders.states import diagram


class Command(BaseCommand):
    help = "Draw docs/states.md from renders/states.py; --check only compares."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "states.md"
        wanted = diagram()
        if not check:
            path.write_text(wanted, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != wanted:
            raise CommandError("docs/states.md is stale. Run `manage.py render_states` and commit it.")
