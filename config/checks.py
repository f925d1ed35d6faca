"""Conventions of the house as system checks: broken ones stop `make check` and the start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, models

from config import env
from config.postgres.settings import OWNER

OUR_APPS = ("tenants", "characters", "renders", "reviews", "config")


@register()
def datetimes_end_with_at(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A moment's field is `at` or ends with `_at`, so that nobody takes a date for one."""
    ours = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS]
    return [
        Error(
            f"{model._meta.label}.{field.name} holds a moment but does not end with _at.",
            hint=f"Rename it to something like {field.name}_at.",
            obj=model,
            id="config.E001",
        )
        for model in ours
        for field in model._meta.local_fields
        if isinstance(field, models.DateTimeField)
        and not field.name.endswith("_at")
        # An event's only moment may be just `at`; the others are Django's own.
        and field.name not in {"at", "last_login", "date_joined"}
    ]


@register()
def emulator_stays_on_laptops(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The emulator answers as a provider without rendering anything real: never by accident in production."""
    if settings.LAPTOP or not settings.EMULATOR_URL or env.flag("ALLOW_EMULATOR", default=False):
        return []
    return [
        Error(
            "EMULATOR_URL is set although LAPTOP is off: customers would get test pictures.",
            hint="Unset EMULATOR_URL, or set ALLOW_EMULATOR=1 if this is a demonstration.",
            id="config.E002",
        )
    ]


_ROLE_RIGHTS = """
SELECT current_user,
       rolsuper,
       rolbypassrls,
       pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER'),
       EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p'))
  FROM pg_roles WHERE rolname = current_user
"""


@register(Tags.database)
def runtime_role_is_fenced(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Row security binds neither superusers nor bypassers, and owners only where it is forced."""
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(_ROLE_RIGHTS)
        row = cursor.fetchone()
    assert row is not None
    role, *rights = row
    names = ["is a superuser", "bypasses row security", "owns the database", "owns tables"]
    # While migrating we are the owner on purpose.
    if role == OWNER:
        return []
    return [
        Error(
            f"The product runs as {role!r}, which {name}: row security would not hold it.",
            hint="Let DATABASE_URL name a plain role, and DATABASE_OWNER_URL the owner. See .env.sample.",
            id="config.E003",
        )
        for name, has_it in zip(names, rights, strict=True)
        if has_it
    ]
