"""Conventions of tenancy as system checks."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from tenants.models import OrgForeignKey, OrgModel
from tenants.models.base import OrgOneToOneField
from tenants.rls import foreign_key_name, org_models


@register(Tags.models)
def references_between_org_rows_are_fenced(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """A plain ForeignKey between two org tables would accept another agency's row."""
    for model in org_models(apps):
        if not issubclass(model, OrgModel):
            yield Error(
                f"{model._meta.label} has an org but is not an OrgModel.", obj=model, id="tenants.E001"
            )
        for field in model._meta.local_fields:
            target = field.related_model
            if not field.is_relation or not isinstance(target, type) or not issubclass(target, OrgModel):
                continue
            if not isinstance(field, (OrgForeignKey, OrgOneToOneField)):
                yield Error(f"{field} must be an OrgForeignKey.", obj=field, id="tenants.E002")


@register(Tags.database)
def org_tables_have_row_policies(databases: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """Every org table is fenced in the database that is really there."""
    if not databases or "default" not in databases:
        return
    fenced, policies, keys = _catalogue()
    for model in org_models(apps):
        table = model._meta.db_table
        hint = f'Add FenceTenants("{model._meta.model_name}") to the migration that makes the table.'
        if table not in fenced:
            yield Error(f"{table} has no forced row security.", hint=hint, obj=model, id="tenants.E003")
        if not {"tenant", "platform"} <= policies.get(table, set()):
            yield Error(f"{table} lacks a row policy.", hint=hint, obj=model, id="tenants.E004")
        for field in model._meta.local_fields:
            is_reference = isinstance(field, (OrgForeignKey, OrgOneToOneField))
            if is_reference and foreign_key_name(table, field.column) not in keys:
                yield Error(f"{field} lacks its composite key.", hint=hint, obj=field, id="tenants.E005")


def _catalogue() -> tuple[set[str], dict[str, set[str]], set[str]]:
    """(tables with forced row security, policies by table, names of foreign keys)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        fenced = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename, policyname FROM pg_policies")
        policies: dict[str, set[str]] = {}
        for table, name in cursor.fetchall():
            policies.setdefault(table, set()).add(name)
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'")
        keys = {row[0] for row in cursor.fetchall()}
    return fenced, policies, keys
