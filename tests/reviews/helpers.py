"""Short ways to the pages."""

import re
from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from renders.models import Render
from reviews.actions.rounds import asset_hash
from reviews.models import Round
from tenants.scope import org_transaction

HTMX = {"HTTP_HX_REQUEST": "true"}


def room(render: Render, rest: str = "") -> str:
    """The room's address, or one below it."""
    return f"/a/northlight/review/{render.public_id}{rest}"


def shown(round_: Round, key: str = "form-1", **fields: Any) -> dict[str, Any]:
    """What a form of the page carries."""
    with org_transaction(round_.org_id):
        return {"asset_sha256": asset_hash(round_.render), "form_key": key, **fields}


def statements(
    browser: Browser, method: str, url: str, data: Any = None, **extra: Any
) -> tuple[Any, list[str]]:
    """The answer, and the SQL it took. Savepoints stand for BEGIN and COMMIT, which a test's transaction swallows."""
    with CaptureQueriesContext(connection) as found:
        response = getattr(browser, method)(url, data or {}, **extra)
    sql = [query["sql"] for query in found.captured_queries]
    return response, [text for text in sql if not re.match(r"(SAVEPOINT|RELEASE)", text)]


def text_of(response: Any) -> str:
    """The page as text."""
    return response.content.decode()
