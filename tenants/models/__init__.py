from tenants.models.agencies import Agency, Client, Invitation, Membership
from tenants.models.audit import AuditEvent
from tenants.models.base import (
    AppendOnlyError,
    AppendOnlyModel,
    OrgForeignKey,
    OrgManager,
    OrgModel,
    OrgOneToOneField,
    OrgQuerySet,
)
from tenants.models.people import User

__all__ = [
    "Agency",
    "AppendOnlyError",
    "AppendOnlyModel",
    "AuditEvent",
    "Client",
    "Invitation",
    "Membership",
    "OrgForeignKey",
    "OrgManager",
    "OrgModel",
    "OrgOneToOneField",
    "OrgQuerySet",
    "User",
]
