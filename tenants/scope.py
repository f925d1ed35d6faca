"""Whose rows may be touched right now.

PostgreSQL's row policies read the setting `app.org`; Python reads the ContextVar. Both are set together, for
one transaction. Without a scope the database shows no rows and our managers raise, so that forgetting it is
loud in development and harmless in production.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

import structlog
from django.db import connection, transaction

log = structlog.get_logger(__name__)

_org: ContextVar[UUID | None] = ContextVar("org", default=None)
_platform: ContextVar[str | None] = ContextVar("platform", default=None)


class NoTenantScope(RuntimeError):
    """Rows of an agency were asked for outside org_transaction() and outside a gated view."""


class NestedTenantScope(RuntimeError):
    """A second agency's scope was opened inside the first one's."""


def current_org() -> UUID | None:
    """The agency whose rows are visible, or None."""
    return _org.get()


def require_org() -> UUID:
    """The agency whose rows are visible. Raises NoTenantScope."""
    org = _org.get()
    if org is None:
        raise NoTenantScope("No agency is in scope. Use org_transaction(org_id) or a view behind @requires.")
    return org


def require_scope() -> None:
    """Raises NoTenantScope unless an agency, or the platform, is in scope."""
    if _platform.get() is None:
        require_org()


def _set(name: str, value: str) -> str:
    """Set a transaction-local setting, and return what it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT old, set_config(%s, %s, true) FROM (SELECT current_setting(%s, true) AS old) AS was",
            [name, value, name],
        )
        row = cursor.fetchone()
    return (row and row[0]) or ""


def _enter(org_id: UUID) -> str:
    """Set the agency, end a person's lookup, and return which agency was set: one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT was, set_config('app.user', '', true), set_config('app.org', %s, true) "
            "FROM (SELECT current_setting('app.org', true) AS was) AS before",
            [str(org_id)],
        )
        row = cursor.fetchone()
    return (row and row[0]) or ""


@contextmanager
def entered(org_id: UUID) -> Iterator[None]:
    """Put an agency in scope inside a transaction that is already open (the gate of a view does this)."""
    outer = _org.get()
    if outer is not None and outer != org_id:
        raise NestedTenantScope(f"Agency {org_id} was entered while agency {outer} is in scope.")
    nested = len(connection.savepoint_ids) > 0
    was = _enter(org_id)
    token = _org.set(org_id)
    try:
        yield
        # A released savepoint keeps its settings: without this the outer transaction would see the tenant.
        if nested:
            _set("app.org", was)
    finally:
        _org.reset(token)


@contextmanager
def org_transaction(org_id: UUID) -> Iterator[None]:
    """One transaction in which exactly this agency's rows can be seen and written.

    For workers and commands; views are inside one already. Raises NestedTenantScope for a second agency.
    """
    with transaction.atomic(), entered(org_id):
        yield


def begin_person_lookup(user_id: int) -> None:
    """person_lookup() whose end is the entered() that follows, or the transaction's."""
    _set("app.user", str(user_id))


@contextmanager
def person_lookup(user_id: int) -> Iterator[None]:
    """Let the policies of Agency and Membership show the rows that belong to this person, across agencies."""
    was = _set("app.user", str(user_id))
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _set("app.user", was)


@contextmanager
def platform_transaction(reason: str) -> Iterator[None]:
    """The one named way past the fence, on the database role `dailies_platform`. Logged.

    Only for resolving ids that arrive without an agency (a webhook, a portal token, the sweep); the work then
    runs in an org_transaction. Each call site is on an allow-list in tests/guards.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE dailies_platform")
        token = _platform.set(reason)
        log.debug("platform_scope", reason=reason)
        try:
            yield
            if connection.savepoint_ids:
                with connection.cursor() as cursor:
                    cursor.execute("RESET ROLE")
        finally:
            _platform.reset(token)


@contextmanager
def platform_reading(reason: str) -> Iterator[None]:
    """platform_transaction() for a page of the staff that only reads, inside the request's own transaction.

    Two statements instead of four; each call site is on the same allow-list. Raises RuntimeError outside of one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("platform_reading needs the request's transaction. Use platform_transaction.")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE dailies_platform")
    token = _platform.set(reason)
    log.debug("platform_scope", reason=reason)
    try:
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    finally:
        _platform.reset(token)
