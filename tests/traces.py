"""Look everywhere for what should be gone: bytes in folders, words in every column of the database."""

import base64
from collections.abc import Iterable
from pathlib import Path

from django.db import connection

from tenants.scope import platform_transaction


def in_folder(folder: Path, needles: Iterable[bytes]) -> list[str]:
    """Files whose name or content holds one of them."""
    needles = list(needles)
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes()
        found += [f"{path.relative_to(folder)} holds {needle[:24]!r}" for needle in needles if needle in data]
    return found


def in_database(needles: Iterable[bytes]) -> list[str]:
    """Tables of which any column of any agency's row holds one of them, as text, hexadecimal or base64."""
    texts = set()
    for needle in needles:
        texts |= {needle.hex(), base64.b64encode(needle).decode()[:24]}
        if needle.isascii() and b"\x00" not in needle:
            texts.add(needle.decode())
    found = []
    with platform_transaction("test: look for what should be gone"), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            wanted = (
                f'EXISTS (SELECT 1 FROM unnest(%s::text[]) AS w(t) WHERE strpos("{table}"::text, w.t) > 0)'
            )
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {wanted}', [sorted(texts)])
            count = cursor.fetchone()[0]
            if count:
                found.append(f"{table}: {count} rows")
    return found
