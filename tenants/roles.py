"""Who may do what: the one permission table."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a member is in one agency."""

    OWNER = "owner", _("Owner")
    PRODUCER = "producer", _("Producer")
    REVIEWER = "reviewer", _("Reviewer")
    FINANCE = "finance", _("Finance")
    VIEWER = "viewer", _("Viewer")


ROLE_SUMMARIES = {
    Role.OWNER: _("Everything, including people, clients and settings."),
    Role.PRODUCER: _("Writes briefs, spends on renders, runs reviews, shares links."),
    Role.REVIEWER: _("Comments on takes and decides on them."),
    Role.FINANCE: _("Sees spend and sets budgets."),
    Role.VIEWER: _("Looks, changes nothing."),
}

_ALL = frozenset(Role)
_MAKERS = frozenset({Role.OWNER, Role.PRODUCER})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "agency.view": _ALL,
    "members.view": _ALL,
    "members.manage": frozenset({Role.OWNER}),
    "settings.manage": frozenset({Role.OWNER}),
    "audit.view": frozenset({Role.OWNER, Role.PRODUCER, Role.FINANCE}),
    "clients.manage": _MAKERS,
    "briefs.view": _ALL,
    "briefs.edit": _MAKERS,
    "characters.view": _ALL,
    "characters.edit": _MAKERS,
    # Never by somebody who made it: characters/actions/approval.py.
    "characters.approve": frozenset({Role.OWNER, Role.PRODUCER, Role.REVIEWER}),
    "renders.view": _ALL,
    "renders.submit": _MAKERS,
    # Never by who asked: renders/actions/orders.py.
    "spend.approve": frozenset({Role.OWNER, Role.PRODUCER, Role.FINANCE}),
    "assets.manage": _MAKERS,
    "policy.view": frozenset({Role.OWNER, Role.PRODUCER, Role.REVIEWER, Role.VIEWER}),
    "policy.appeal": _MAKERS,
    "policy.rules": frozenset({Role.OWNER}),
    "retention.view": _ALL - {Role.VIEWER},
    "retention.manage": frozenset({Role.OWNER}),
    "retention.approve": frozenset({Role.OWNER, Role.PRODUCER, Role.REVIEWER}),
    "people.erase": frozenset({Role.OWNER}),
    "reviews.view": _ALL,
    "reviews.manage": _MAKERS,
    "reviews.comment": frozenset({Role.OWNER, Role.PRODUCER, Role.REVIEWER}),
    "reviews.decide": frozenset({Role.OWNER, Role.PRODUCER, Role.REVIEWER}),
    "spend.view": frozenset({Role.OWNER, Role.PRODUCER, Role.FINANCE}),
    "budgets.manage": frozenset({Role.OWNER, Role.FINANCE}),
}

# Nobody grants a role above their own; only owners manage members, so only they grant.
GRANTABLE: dict[Role, frozenset[Role]] = {Role.OWNER: _ALL}


def allows(role: str, permission: str) -> bool:
    """True when members with this role have the permission. Raises KeyError for a permission that is not listed."""
    return role in PERMISSIONS[permission]
