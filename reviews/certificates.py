"""What a certificate says about a decision: who, when, which bytes, and how anybody can check it."""

from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from renders.models import Asset, AssetKind, Render
from reviews.actions.decisions import content_of, is_intact
from reviews.models import Decision

FORMAT = "dailies.decision/2"
RULE = (
    "hash = SHA-256 of prev_hash, a line feed, and content as JSON "
    "(keys sorted, separators ',' and ':', UTF-8, no other spaces)."
)
NOTE_RULE = "content.note_digest = HMAC-SHA256 of the note under note_salt as a key, both as UTF-8 text."
RELATED = (
    "org",
    "stage__round__render__brief__project__client",
    "stage__round__render__brief_version__picture",
    "user",
    "guest",
    "words",
)


def facts(decision: Decision, *, for_client: bool) -> dict[str, Any]:
    """Everything that the page and the JSON show. A client reads no address of another guest, and no prompt."""
    render: Render = decision.stage.round.render
    prefetch_related_objects([render], "assets")
    original = render.asset(AssetKind.ORIGINAL)
    if original is not None and original.sha256 != decision.asset_sha256:
        original = None  # what is stored now is not what was decided about
    return {
        "decision": decision,
        "render": render,
        "stage": decision.stage.get_kind_display(),
        "original": original,
        "poster": render.asset(AssetKind.POSTER),
        "is_intact": is_intact(decision),
        "erased_at": _erased_at(decision),
        "note_erased_at": getattr(getattr(decision, "words", None), "erased_at", None),
        "email": "" if for_client else _email(decision),
        "for_client": for_client,
    }


def _erased_at(decision: Decision) -> datetime | None:
    """Since when the certificate names nobody: the person asked for it, or the retention policy did."""
    return decision.guest.erased_at if decision.guest is not None else None


def _email(decision: Decision) -> str:
    return str((decision.guest or decision.user).email)  # type: ignore[union-attr]


def as_json(facts_: dict[str, Any]) -> dict[str, Any]:
    """The certificate for machines; `content` is exactly what the hash covers."""
    decision, render = facts_["decision"], facts_["render"]
    by = {"name": decision.decider_name, "as": "client" if decision.guest_id else "team"}
    if facts_["erased_at"]:
        by = {"name_erased_at": facts_["erased_at"].isoformat(), "as": by["as"]}
    return {
        "format": FORMAT,
        "agency": decision.org.name,
        "take": {
            "id": render.public_id,
            "title": render.brief.title,
            "number": render.take,
            "project": render.brief.project.name,
            "client": render.brief.project.client.name,
        },
        "decision": {
            "id": decision.public_id,
            "verdict": decision.verdict,
            "stage": decision.stage.kind,
            "decided_at": decision.decided_at.isoformat(),
            "by": by | ({"email": facts_["email"]} if facts_["email"] else {}),
            **_note(decision),
        },
        "file": {"sha256": decision.asset_sha256, **_file(facts_["original"])},
        "params_digest": decision.params_digest,
        **_opening(render),
        "chain": {
            "seq": decision.seq,
            "content": content_of(decision),
            "prev_hash": decision.prev_hash,
            "hash": decision.hash,
            "is_intact": facts_["is_intact"],
            "rule": RULE,
        },
    }


def _opening(render: Render) -> dict[str, Any]:
    """The hash of the image that the clip opens with, where it has one."""
    picture = render.brief_version.picture
    return {"opening_image_sha256": picture.sha256} if picture is not None else {}


def _note(decision: Decision) -> dict[str, Any]:
    """The note with the salt that its digest is checked with; or that it was erased."""
    words = getattr(decision, "words", None)
    if words is None:
        return {"note": ""}
    if words.erased_at:
        return {"note_erased_at": words.erased_at.isoformat()}
    return {"note": words.body} | ({"note_salt": words.salt, "note_rule": NOTE_RULE} if words.salt else {})


def _file(original: Asset | None) -> dict[str, Any]:
    if original is None:
        return {}
    return {
        "bytes": original.size_bytes,
        "frames": original.frames,
        "fps": f"{original.fps_num}/{original.fps_den}",
        "seconds": round(original.duration_seconds, 3),
    }
