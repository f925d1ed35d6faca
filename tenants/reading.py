"""Who and what the references of the audit trail are, for people. The trail itself keeps references only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.db.models.lookups import StartsWith
from django.utils.translation import gettext as _

from tenants.models import AuditEvent, User

_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
# Words of the trail that people call otherwise; the others read well once their dots and lines are spaces.
_WORDS = {
    "provenance": "origin",
    "sha256": "SHA-256",
    "ids": "IDs",
    "api": "API",
    "csv": "CSV",
    "id": "ID",
    "email": "e-mail",
    "preflight": "check before sending",
    "original": "original file",
    "proxy": "review copy",
    "poster": "still",
    "hover_sheet": "preview pictures",
}
_MICRO = "_microusd"
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
                user = User.objects.filter(pk=int(ref)).first() if ref.isdecimal() else None
                self.known[actor] = user.display_name if user else _("somebody")
            return self.known[actor]
        return {"guest": _("a client"), "system": _("the system (%s)") % ref}.get(kind, kind)


def linked(events: list[AuditEvent], names: Names) -> list[AuditEvent]:
    """Give each event `.who` (a name), `.did` and `.details`: [(name, value, id that leads to a history or "")].

    In words; the trail and its CSV keep the codes.
    """
    for event in events:
        event.who = names.of(event.actor)
        event.did = in_words(event.action)
        event.did = event.did[:1].upper() + event.did[1:]
        event.details = list(_details(event.data))
    return events


def _details(data: dict[str, Any], inside: str = "") -> Iterator[tuple[str, str, str]]:
    """Flat, with hashes cut to what tells them apart; the trail and its CSV have them whole."""
    for name, value in data.items():
        label = f"{inside} {in_words(name.removesuffix(_MICRO))}".strip()
        if isinstance(value, dict):
            yield from _details(value, label)
            continue
        for one in value if isinstance(value, list) and value else [value]:
            text = str(one)
            shown = _dollars(one) if name.endswith(_MICRO) and isinstance(one, int) else _shown(one)
            yield label, shown, text if PUBLIC_ID.fullmatch(text) else ""


def in_words(code: str) -> str:
    """link.may_decide: link may decide."""
    parts = re.split(r"[.\s]", code)
    named = (
        _WORDS.get(part) or " ".join(_WORDS.get(word, word) for word in part.split("_")) for part in parts
    )
    return " ".join(named)


def beginning_with(words: str) -> Q:
    """Actions as people type them: link, link created, or link.created."""
    asked = words.strip().lower()
    first = next((code for code, word in _WORDS.items() if word == asked.split(" ")[0]), "")
    if first:
        asked = first + asked[len(asked.split(" ")[0]) :]
    if " " not in asked:
        return Q(action__startswith=asked)
    spaced = Replace(Replace("action", Value("."), Value(" ")), Value("_"), Value(" "))
    return Q(StartsWith(spaced, Value(" ".join(re.split(r"[\s._]+", asked)))))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value in ("", [], {}):
        return _("none")
    text = str(value)
    if _SHA256.fullmatch(text):
        return f"{text[:12]}…"
    return _WORDS.get(text) or (text.replace("_", " ") if _CODE.fullmatch(text) else text)


def _dollars(micro: int) -> str:
    """$0.40; all six places when there is something in them."""
    whole, rest = divmod(abs(micro), 1_000_000)
    places = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{'−' if micro < 0 else ''}${whole:,}.{places}"
