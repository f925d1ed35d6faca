"""Write refusals by policy down: an event for each, a case for equal ones. In the transaction of what was refused.

Failures of the system never come here.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from renders.models import Brief, CaseState, PolicyCase, PolicyEvent, PolicyMove, RefusalKind, Render
from renders.preflight import Preflight, text_digest, version_texts
from renders.states import FailureClass

_KINDS = {
    FailureClass.POLICY_PREFLIGHT: RefusalKind.PREFLIGHT,
    FailureClass.POLICY_INPUT: RefusalKind.PROVIDER_INPUT,
    FailureClass.POLICY_OUTPUT: RefusalKind.PROVIDER_OUTPUT,
}


def fingerprint(kind: str, brief: Brief, keys: Sequence[str]) -> str:
    """What makes refusals equal: who refused, which brief, and what for."""
    text = "\n".join([str(kind), str(brief.pk), *sorted(keys)])
    return hashlib.sha256(text.encode()).hexdigest()


def record_preflight(brief: Brief, result: Preflight, *, render: Render | None = None) -> PolicyEvent:
    """A brief that our rules refused. The same text under the same rules is the same event, and is counted."""
    findings = result.findings
    hits = findings.hits
    case = _case(RefusalKind.PREFLIGHT, brief, findings.keys, category=hits[0].rule.category, render=render)
    same = {"brief": brief, "text_sha256": result.text_sha256, "rules_version": result.rules_version}
    known = PolicyEvent.objects.filter(kind=RefusalKind.PREFLIGHT, **same).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            made: PolicyEvent = PolicyEvent.objects.create(
                case=case,
                kind=RefusalKind.PREFLIGHT,
                rule_key=hits[0].rule.key,
                brief_version=render.brief_version if render else None,
                render=render,
                evidence={
                    "texts": {name: text for name, text in findings.texts.items() if text},
                    "hits": [hit.as_dict() for hit in hits],
                    "keys": findings.keys,
                    "more": {name: more for name in findings.places if (more := findings.more(name))},
                },
                **same,
            )
    except IntegrityError:
        # Two clicks at once: the other one wrote it.
        return PolicyEvent.objects.get(kind=RefusalKind.PREFLIGHT, **same)
    _look_again(case)
    return made


def record_refusal(
    render: Render, why: FailureClass, *, detail: object = None, keys: Sequence[str] = ()
) -> PolicyEvent:
    """A render that a provider's policy, or its safety check, refused. `keys`: the check's categories."""
    kind = RefusalKind.SAFETY_CHECK if keys else _KINDS[why]
    code, message = _said(detail)
    names = list(keys) or [f"provider/{code or 'no-code'}"]
    case = _case(kind, render.brief, names, render=render)
    version = render.brief_version
    texts = version_texts(version)
    made: PolicyEvent = PolicyEvent.objects.create(
        case=case,
        kind=kind,
        rule_key=names[0],
        brief=render.brief,
        brief_version=version,
        render=render,
        text_sha256=text_digest(texts),
        rules_version=render.rules_version,
        evidence={"texts": {name: text for name, text in texts.items() if text}, "hits": [], "keys": names},
        provider_code=code[:80],
        provider_text=message[:2000],
    )
    _look_again(case)
    return made


def _said(detail: object) -> tuple[str, str]:
    """(code, message) of a provider's own words."""
    if isinstance(detail, dict):
        return str(detail.get("code") or ""), str(detail.get("message") or "")
    return "", str(detail or "")


def _case(
    kind: RefusalKind, brief: Brief, keys: Sequence[str], *, category: str = "", render: Render | None
) -> PolicyCase:
    """The case of this refusal, made now or counted once more."""
    values: dict[str, Any] = {
        "kind": kind,
        "category": category,
        "rule_key": keys[0][:120],
        "brief": brief,
        "render": render,
    }
    case, is_new = PolicyCase.objects.get_or_create(
        fingerprint=fingerprint(kind, brief, keys), defaults=values
    )
    if not is_new:
        newer = {"render": render} if render is not None else {}
        PolicyCase.objects.filter(pk=case.pk).update(
            seen_count=F("seen_count") + 1, last_seen_at=Now(), **newer
        )
    return case


def _look_again(case: PolicyCase) -> None:
    """A suggested wording did not help: the case is open again. A dismissed one stays so, an escalated one, too."""
    if case.state != CaseState.REWRITTEN:
        return
    PolicyCase.objects.filter(pk=case.pk, state=CaseState.REWRITTEN).update(
        state=CaseState.OPEN, assigned_to=None, decided_by=None, decided_at=None
    )
    PolicyMove.objects.create(
        case=case,
        source=CaseState.REWRITTEN,
        target=CaseState.OPEN,
        note="It was refused again, with another text.",
    )
