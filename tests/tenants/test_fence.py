"""The fence between agencies, as the database itself holds it."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from renders.actions.briefs import create_project
from renders.models import Project
from tenants.models import AppendOnlyError, AuditEvent, Client
from tenants.scope import NestedTenantScope, NoTenantScope, org_transaction, platform_transaction

pytestmark = pytest.mark.django_db


def test_rows_without_a_scope_raise_in_python(cast):
    with pytest.raises(NoTenantScope):
        Client.objects.all()
    with pytest.raises(NoTenantScope):
        Client(name="Nobody's")


def test_rows_without_a_scope_are_hidden_by_the_database(cast):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_client")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM tenants_agency")
        assert cursor.fetchone() == (0,)


def test_dmitri_sees_nothing_of_northlight_whatever_the_query(cast):
    with cast.at(cast.rivalry):
        assert not Client.objects.filter(pk=cast.acme.pk).exists()
        assert Client.objects.filter(pk=cast.acme.pk).update(name="mine") == 0
        assert Client._base_manager.filter(org_id=cast.northlight.pk).count() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenants_client WHERE org_id = %s", [cast.northlight.pk])
            assert cursor.fetchone() == (0,)


def test_row_of_another_agency_cannot_be_written(cast):
    with (
        cast.at(cast.rivalry),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Client.objects.create(org=cast.northlight, name="Planted")


def test_reference_to_another_agencys_row_is_refused_by_the_composite_key(transactional_db):
    from tests.cast import assemble

    cast = assemble()
    with pytest.raises(IntegrityError):
        with cast.at(cast.rivalry):
            Project.objects.create(client_id=cast.acme.pk, name="Stolen")


def test_second_agency_inside_the_first_raises(cast):
    with cast.at(), pytest.raises(NestedTenantScope), org_transaction(cast.rivalry.pk):
        pass


def test_scope_ends_with_its_block_even_in_an_outer_transaction(cast):
    with transaction.atomic():
        with cast.at():
            assert Client.objects.count() == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.org', true)")
            assert cursor.fetchone()[0] in (None, "")


def test_platform_scope_sees_all_and_ends(cast):
    with platform_transaction("a test"):
        assert Client.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("dailies_app",)


def test_audit_events_are_append_only_in_python_and_by_privilege(cast):
    with cast.at():
        event = AuditEvent.objects.first()
        event.action = "nothing.happened"
        with pytest.raises(AppendOnlyError):
            event.save()
        with pytest.raises(AppendOnlyError):
            event.delete()
        with pytest.raises(AppendOnlyError):
            AuditEvent.objects.update(action="x")
        with pytest.raises(AppendOnlyError):
            AuditEvent.objects.all().delete()
        for statement in ("UPDATE tenants_auditevent SET action = 'x'", "DELETE FROM tenants_auditevent"):
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_ids_do_not_tell_agencies_apart(cast):
    """The same name may exist in each agency: a unique name across all would tell one about the other."""
    from tenants.actions.agencies import add_client

    with cast.at(cast.rivalry):
        assert add_client(name="Acme", by=cast.dmitri).pk != cast.acme.pk
        with pytest.raises(Exception, match="already"):
            add_client(name="ACME", by=cast.dmitri)


def test_project_is_audited_in_its_transaction(cast):
    with cast.at():
        with transaction.atomic():
            create_project(client=cast.acme, name="Spring", by=cast.amara)
            # Something later in the same transaction went wrong.
            transaction.set_rollback(True)
        assert not AuditEvent.objects.filter(action="project.created").exists()
        create_project(client=cast.acme, name="Spring", by=cast.amara)
        assert AuditEvent.objects.filter(action="project.created").count() == 1
