"""The product inside this process: a database of its own, the people of the tests, and a counter of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import django
from django.conf import settings
from django.db import connection


@contextmanager
def database() -> Iterator[None]:
    """Django, set up, on a fresh and durable database in DATA_DIR."""
    django.setup()
    from config.postgres.server import Cluster
    from config.postgres.setup import set_up, use_recorded_address

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with Cluster(settings.DATA_DIR) as cluster:
        use_recorded_address()
        set_up(cluster, verbosity=0)
        yield
        connection.close()


@dataclass
class Count:
    """What one stage asked of the database."""

    statements: int = 0
    commits: int = 0


@contextmanager
def counted(count: Count) -> Iterator[None]:
    """Count every statement, savepoints too, and every commit. BEGIN goes with the first statement."""
    really_commit = connection._commit

    def commit() -> None:
        count.commits += 1
        really_commit()

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count.statements += 1
        return run(sql, params, many, context)

    connection._commit = commit
    try:
        with connection.execute_wrapper(execute):
            yield
    finally:
        del connection._commit
