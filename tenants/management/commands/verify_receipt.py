"""`manage.py verify_receipt FILE`: check a receipt, or a head of an audit trail, without a database or a network."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import signed, signing


class Command(BaseCommand):
    help = "Check a signed receipt offline. Needs the file and our public keys, and nothing else."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--public-key",
            type=Path,
            help="a PEM file, or the JSON of /signing-keys.json; default: this machine's copy of it",
        )

    def handle(self, *args: Any, file: Path, public_key: Path | None, **options: Any) -> None:
        document = self._read(file, signed.parse)
        path = public_key or signing.local_copy()
        if public_key is None and not path.is_file():
            raise CommandError(
                "There is no copy of the public keys on this machine. Get them from the product's address "
                "/signing-keys.pem, and name the file with --public-key."
            )
        keys = self._read(path, signed.read_keys)
        try:
            key = signed.check(document, keys)
        except signed.BadDocument as error:
            raise CommandError(f"It proves nothing. {error}") from error
        self.stdout.write(f"Genuine and unchanged: {document.get('format')}, signed with {key}.")
        for name in (
            "receipt",
            "take",
            "character",
            "picture",
            "asked_at",
            "begun_at",
            "gone_at",
            "issued_at",
            "seq",
            "at",
        ):
            if name in document:
                self.stdout.write(f"  {name:<10} {document[name]}")
        files = document.get("files")
        for row in files if isinstance(files, list) else []:
            stays = [
                name for name in ("take", "character", "picture") if row.get(f"bytes_stay_for_another_{name}")
            ]
            note = f" (the same bytes stay for another {stays[0]})" if stays else ""
            self.stdout.write(f"  gone       {row['sha256']}  {row['kind']}, {row['bytes']} bytes{note}")
        for _copy in document.get("provider_copies_that_may_stay") or []:
            self.stdout.write("  may stay   a copy at the provider: its protocol cannot delete a character")

    def _read(self, path: Path, how: Any) -> Any:
        try:
            with path.open("rb") as file:
                return how(file.read(signed.MAX_BYTES + 1))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except signed.BadDocument as error:
            raise CommandError(f"{path}: {error}") from error
