"""Tests run as the product does: under a role that row security binds."""

import pytest
from django.db import connection, transaction


def _one(query: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row and row[0]


@pytest.mark.django_db
def test_tests_connect_as_the_product_and_are_bound_by_row_security() -> None:
    assert _one("SELECT current_user") == "dailies_app"
    assert _one("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False


@pytest.mark.django_db
def test_product_becomes_the_platform_role_for_one_transaction_only() -> None:
    with transaction.atomic():
        assert _one("SELECT pg_has_role('dailies_platform', 'USAGE')") is False
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE dailies_platform")
        assert _one("SELECT current_user") == "dailies_platform"
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


@pytest.mark.django_db
def test_product_cannot_change_its_tables() -> None:
    assert _one("SELECT has_schema_privilege('public', 'CREATE')") is False
    assert _one("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == 0


@pytest.mark.django_db(transaction=True)
def test_transactional_tests_can_empty_the_tables() -> None:
    assert _one("SELECT has_table_privilege('django_session', 'TRUNCATE')") is True
