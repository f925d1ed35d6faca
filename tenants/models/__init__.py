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
from tenants.models.chores import Chore, ChoreKind
from tenants.models.erasures import Erasure
from tenants.models.people import User
from tenants.models.retention import RetentionChoice
from tenants.models.signing import SigningKey

__all__ = [
    "Agency",
    "AppendOnlyError",
    "AppendOnlyModel",
    "AuditEvent",
    "Chore",
    "ChoreKind",
    "Client",
    "Erasure",
    "Invitation",
    "Membership",
    "OrgForeignKey",
    "OrgManager",
    "OrgModel",
    "OrgOneToOneField",
    "OrgQuerySet",
    "RetentionChoice",
    "SigningKey",
    "User",
]
