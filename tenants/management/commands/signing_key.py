"""`manage.py signing_key`: print the public keys; --rotate makes a new one first."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tenants import signing


class Command(BaseCommand):
    help = "Print the public keys that receipts are checked with. --rotate signs with a new key from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="replace the key; old public keys are kept")

    def handle(self, *args: Any, rotate: bool, **options: Any) -> None:
        if rotate:
            self.stderr.write(f"From now on {signing.rotate().key_id} signs.")
        signing.write_local_copy()
        for row in signing.published()["keys"]:
            state = f"until {row['retired_at']:%Y-%m-%d}" if row["retired_at"] else "signs now"
            self.stdout.write(f"# {row['key_id']}, since {row['created_at']:%Y-%m-%d}, {state}")
            self.stdout.write(row["pem"])
