"""Who and what the references of the audit trail are, for people. The trail itself keeps references only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tenants.models import AuditEvent, User

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Public ids: three letters, and a UUID in 22 letters and digits.
PUBLIC_ID = re.compile(r"[a-z]{3}_[1-9A-HJ-NP-Za-km-z]{22}")


@dataclass
class Names:
    """Names by reference. Whoever is not among the members is looked up once: staff, and former members of others."""

    known: dict[str, str]

    def of(self, actor: str) -> str:
        """The name behind user:12, guest:…, or system:…"""
        kind, _colon, ref = actor.partition(":")
        if kind == "user":
            if actor not in self.known:
                user = User.objects.filter(pk=int(ref)).first() if ref.isdigit() else None
                self.known[actor] = user.display_name if user else _("somebody")
            return self.known[actor]
        return {"guest": _("a client"), "system": ref}.get(kind, kind)


def linked(events: list[AuditEvent], names: Names) -> list[AuditEvent]:
    """Give each event `.who` (a name) and `.details`: [(name, value, id that leads to a history or "")]."""
    for event in events:
        event.who = names.of(event.actor)
        event.details = list(_details(event.data))
    return events


def _details(data: dict[str, Any], inside: str = "") -> Iterator[tuple[str, str, str]]:
    """Flat, with hashes cut to what tells them apart; the trail and its CSV have them whole."""
    for name, value in data.items():
        label = f"{inside} {name}".strip()
        if isinstance(value, dict):
            yield from _details(value, label)
            continue
        text = str(value)
        shown = f"{text[:12]}…" if _SHA256.fullmatch(text) else text
        yield label, shown, text if PUBLIC_ID.fullmatch(text) else ""
