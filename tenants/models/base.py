"""What every row of an agency has in common."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

from tenants import public_ids, scope


class OrgQuerySet(models.QuerySet[Any]):
    """Rows of the agency in scope."""


class OrgManager(models.Manager.from_queryset(OrgQuerySet)):  # type: ignore[misc]
    """Raises NoTenantScope when no agency is in scope, instead of answering with no rows."""

    def get_queryset(self) -> Any:
        scope.require_scope()
        return super().get_queryset()

    @classmethod
    def of(cls, queryset_class: type[models.QuerySet[Any]]) -> Any:
        """A manager with the vocabulary of a QuerySet class."""
        return cls.from_queryset(queryset_class)()


class OrgForeignKey(models.ForeignKey):
    """A reference inside one agency. FenceTenants gives it its constraint, on (org_id, column)."""

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


class OrgOneToOneField(models.OneToOneField):
    """A one-to-one reference inside one agency."""

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


class OrgModel(models.Model):
    """A row that belongs to one agency; PostgreSQL hides it from all others."""

    prefix: ClassVar[str] = ""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(
        "tenants.Agency",
        on_delete=models.PROTECT,
        related_name="+",
        default=scope.require_org,
        editable=False,
    )

    objects: ClassVar[Any] = OrgManager()

    if TYPE_CHECKING:
        org_id: uuid.UUID

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        """The id that people see and copy, such as rnd_…"""
        return public_ids.encode(self.prefix, self.id)


class AppendOnlyError(TypeError):
    """A row that nobody may edit was about to be changed."""


class AppendOnlyQuerySet(OrgQuerySet):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are append-only. Write a new row instead.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model.__name__} rows are append-only. They cannot be deleted.")


class AppendOnlyModel(OrgModel):
    """Written once. Privileges and a trigger say the same in the database (tenants.rls.AppendOnly)."""

    objects: ClassVar[Any] = OrgManager.of(AppendOnlyQuerySet)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are append-only. Write a new row instead.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{type(self).__name__} rows are append-only. They cannot be deleted.")


__all__ = ["AppendOnlyError", "AppendOnlyModel", "OrgForeignKey", "OrgManager", "OrgModel", "OrgQuerySet"]
