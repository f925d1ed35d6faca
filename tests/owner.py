"""Act as the owner of the tables: what an attacker with that password, or a restored backup, could do."""

import psycopg
from django.conf import settings
from django.db import connection

from config.postgres.settings import connect_arguments, owner_database


def as_owner(*statements: str) -> None:
    """Each in a transaction of its own, on the test's own database."""
    arguments = connect_arguments(owner_database(settings.DATA_DIR)) | {
        "dbname": connection.settings_dict["NAME"]
    }
    with psycopg.connect(**arguments, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement)


def forget_receipts() -> None:
    """As a backup from before them would have it: only the owner of the tables can take a receipt away."""
    as_owner(
        "ALTER TABLE renders_deletionreceipt DISABLE TRIGGER append_only",
        "ALTER TABLE renders_deletionreceipt NO FORCE ROW LEVEL SECURITY",
        "DELETE FROM renders_deletionreceipt",
        "ALTER TABLE renders_deletionreceipt FORCE ROW LEVEL SECURITY",
        "ALTER TABLE renders_deletionreceipt ENABLE TRIGGER append_only",
    )
