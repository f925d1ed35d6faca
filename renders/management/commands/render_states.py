"""Draw the pages of states in docs/ from the transition tables."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters import states as character_states
from renders import states, storyboard_states

PAGES = {
    "states.md": states,
    "character-states.md": character_states,
    "storyboard-states.md": storyboard_states,
}


class Command(BaseCommand):
    help = "Draw the states' pages in docs/ from their tables; --check only compares."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        for name, module in PAGES.items():
            path = settings.BASE_DIR / "docs" / name
            wanted = module.diagram()
            if not check:
                path.write_text(wanted, encoding="utf-8")
            elif not path.is_file() or path.read_text(encoding="utf-8") != wanted:
                raise CommandError(f"docs/{name} is stale. Run `manage.py render_states` and commit it.")
