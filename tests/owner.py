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
