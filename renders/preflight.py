"""Read a text against the rules before anything is spent: the same function on every entrance.

The result is bound to the text and to the rules: text_sha256 and rules_version. Another text or other rules are
read again.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from renders.models import Allowance, BriefVersion, PictureFile, PolicyRule, RulesVersion
from renders.policy.findings import Findings
from renders.policy.matcher import Matcher, search
from renders.policy.starter import starter, starter_version
from renders.prompts import SENT_FIELDS
from tenants.canonical import canonical
from tenants.scope import require_org

OPENING_IMAGE = "opening_image"  # the key of its hash beside the texts
_MOST_KEPT = 64  # compiled rule sets of agencies; one of ten thousand rules takes some 20 MB
_kept: OrderedDict[tuple[UUID, int, UUID | None], Matcher] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Preflight:
    """What the rules say of a text."""

    findings: Findings
    text_sha256: str
    rules_version: str

    @property
    def has_passed(self) -> bool:
        """Whether the text may go on."""
        return not self.findings


def sent_texts(
    brief: object, names: Iterable[str] = (), *, picture: PictureFile | None = None
) -> dict[str, str]:
    """The fields of a brief, or of a version of it, that reach a provider.

    `names`: of the characters in it. `picture`: what it opens with; its hash is no text to be read, but part of what a
    result is bound to.
    """
    texts = {name: getattr(brief, name) or "" for name in SENT_FIELDS}
    if cast := ", ".join(names):
        texts["characters"] = cast
    if picture is not None:
        texts[OPENING_IMAGE] = picture.sha256
    return texts


def version_texts(version: BriefVersion) -> dict[str, str]:
    """sent_texts() of a submitted version, with the characters in it and what it opens with. One or two queries."""
    return sent_texts(version, version.cast.values_list("name", flat=True), picture=version.picture)


def text_digest(texts: Mapping[str, str]) -> str:
    """SHA-256 of what is asked for, whatever its spaces at the ends and its line breaks."""
    tidy = {name: " ".join(text.split()) for name, text in texts.items() if text.strip()}
    return hashlib.sha256(canonical(tidy)).hexdigest()


def current_number() -> int:
    """The version of the agency's own rules; 0 while it has none. One query."""
    return RulesVersion.objects.aggregate(number=Max("number"))["number"] or 0


def version_name(number: int) -> str:
    """The platform's and the agency's rules, together."""
    return f"{starter_version()}.{number}"


def current_version() -> str:
    """The rules in force for the agency in scope. One query."""
    return version_name(current_number())


def preflight(texts: Mapping[str, str], *, client_id: UUID | None = None) -> Preflight:
    """Read any texts, by field, for the agency in scope. One query, and one more when something is found.

    `client_id`: whose own rules count besides the agency's. A hit that an appeal has allowed for exactly these texts
    is left out.
    """
    number = current_number()
    digest = text_digest(texts)
    read = {name: text for name, text in texts.items() if name != OPENING_IMAGE}
    findings = search(read, [starter(), _own(number, client_id)])
    if findings:
        allowed = set(
            Allowance.objects.filter(text_sha256=digest, rule_key__in=findings.keys).values_list(
                "rule_key", flat=True
            )
        )
        findings = findings.without(allowed)
    return Preflight(findings, digest, version_name(number))


def _own(number: int, client_id: UUID | None) -> Matcher:
    """The agency's own rules, compiled once per process and version."""
    key = (require_org(), number, client_id)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    rows = PolicyRule.objects.in_version(number) if number else PolicyRule.objects.none()
    mine = [row for row in rows if row.client_id in {None, client_id}]
    made = Matcher(row.as_rule() for row in mine)
    with _lock:
        _kept[key] = made
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made
