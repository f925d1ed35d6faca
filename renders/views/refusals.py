"""What pages show of a refusal: texts with the phrases marked. Shared by the composer, the team's pages and staff's."""

from collections.abc import Mapping
from typing import Any

from renders.models import PolicyEvent
from renders.policy.findings import Findings, and_more
from renders.preflight import preflight
from renders.prompts import SENT_FIELDS


def label_of(field: str) -> str:
    """A field's name for people."""
    return {"audio": "Sound", "safety_tags": "Safety"}.get(field, field.replace("_", " ").capitalize())


def marked(event: PolicyEvent) -> list[dict[str, Any]]:
    """Each field as it was refused: {label, parts: [{text, hit}]}, hits as Hit.as_dict() wrote them."""
    texts: Mapping[str, str] = event.evidence.get("texts", {})
    hits, more = event.hits, event.evidence.get("more", {})
    return [
        {
            "name": name,
            "label": label_of(name),
            "parts": _cut(texts[name], [h for h in hits if h["field"] == name], more.get(name, 0)),
        }
        for name in (*SENT_FIELDS, *(name for name in texts if name not in SENT_FIELDS))
        if texts.get(name)
    ]


def _cut(text: str, hits: list[dict[str, Any]], more: int) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    at = 0
    for hit in sorted(hits, key=lambda h: h["start"]):
        parts += [{"text": text[at : hit["start"]]}, {"text": text[hit["start"] : hit["end"]], "hit": hit}]
        at = hit["end"]
    parts.append({"text": text[at:] + (and_more(more) if more else "")})
    return [part for part in parts if part["text"]]


def live_check(values: Mapping[str, Any], *, client_id: Any = None) -> dict[str, Any]:
    """The composer's check as it is written: `policy` by field for the fragments, and what it means for the button.

    One query, or two. The words as they stand now; nothing is recorded.
    """
    texts = {name: str(values.get(name) or "") for name in SENT_FIELDS}
    return fragments(preflight(texts, client_id=client_id).findings)


def fragments(findings: Findings) -> dict[str, Any]:
    """What the fragments under the fields show."""
    return {
        "fields": {name: {"parts": findings.parts(name), "hits": findings.of(name)} for name in SENT_FIELDS},
        "hits": findings.hits,
        "count": len(findings.hits),
    }


def mend(values: Mapping[str, str], choice: str, *, client_id: Any = None) -> dict[str, str]:
    """The field that takes a suggestion, as it reads then; empty when the choice fits no hit any more.

    `choice`: field:start:rule, as the button says it.
    """
    field, _, rest = choice.partition(":")
    start, _, key = rest.partition(":")
    if field not in SENT_FIELDS or not start.isdecimal():
        return {}
    text = values.get(field) or ""
    # A form's line ends are two characters, the fragment's one: count as the fragment did.
    text = text.replace("\r\n", "\n")
    found = preflight({field: text}, client_id=client_id).findings
    hit = found.hit(field, int(start), key)
    return {field: hit.mended(text)} if hit else {}
