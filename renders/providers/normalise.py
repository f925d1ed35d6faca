"""Read a video body as servers really send it, not only as the schema says."""

import math
from datetime import UTC, datetime

import structlog

from renders.providers.errors import Unexpected
from renders.providers.port import Page, ProviderCharacter, SafetyVerdict, Status, Video

log = structlog.get_logger(__name__)

_STATUSES = {
    **dict.fromkeys(("completed", "succeeded", "succeed", "success", "done"), Status.COMPLETED),
    **dict.fromkeys(("failed", "error", "failure"), Status.FAILED),
    **dict.fromkeys(("cancelled", "canceled"), Status.CANCELLED),
    "expired": Status.EXPIRED,
    **dict.fromkeys(
        ("queued", "in_progress", "processing", "not_start", "submitted", "pending", "running"),
        Status.RUNNING,
    ),
}


def status_of(text: object) -> Status:
    """The normalised status. An unknown word means still running, under our own deadline, and is logged."""
    word = str(text or "").strip().lower()
    if word not in _STATUSES:
        log.warning("provider_status_unknown", status=word[:40])
    return _STATUSES.get(word, Status.RUNNING)


LONGEST_ID = 1000  # a proxy's ids carry model, vendor and deployment, in base64
POLICY_CODES = frozenset(
    {"moderation_blocked", "sentinel_block", "content_policy_violation", "policy_violation"}
)
# What is left of a refusal where a relay drops the code.
_POLICY_WORDS = ("moderation", "content policy", "content_policy", "usage policies", "safety system")


def is_policy(code: str, message: str) -> bool:
    """Whether an error means that the content was refused. Words count only where there is no code, or just a number."""
    if code.lower() in POLICY_CODES:
        return True
    has_code = bool(code) and not code.isdecimal()
    return not has_code and any(word in message.lower() for word in _POLICY_WORDS)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _moment(value: object) -> datetime | None:
    seconds = _number(value)
    # Past the year 9999 datetime overflows; a provider that says so has said nothing.
    if seconds is None or not 0 < seconds < 250_000_000_000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _percent(value: object) -> int | None:
    number = _number(value)
    return None if number is None else max(0, min(100, int(number)))


def _error(value: object) -> tuple[str, str]:
    """(code, message) of an error that is null, a string, or an object whose code is a string or an int."""
    if isinstance(value, dict):
        return str(value.get("code") or ""), str(value.get("message") or "")
    return "", str(value or "")


def video(body: object) -> Video:
    """A Video from a decoded JSON body. Raises Unexpected when it is not an object with an id."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"].strip():
        raise Unexpected("The provider's answer has no video id.", detail=body)
    if len(body["id"]) > LONGEST_ID:
        raise Unexpected(
            f"The provider's video id is longer than {LONGEST_ID} characters.", detail=body["id"][:80]
        )
    code, message = _error(body.get("error"))
    prompt = body.get("prompt")
    return Video(
        id=body["id"],
        status=status_of(body.get("status")),
        status_text=str(body.get("status") or "")[:40],
        progress=_percent(body.get("progress")),
        created_at=_moment(body.get("created_at")),
        expires_at=_moment(body.get("expires_at")),
        model=str(body.get("model") or ""),
        size=str(body.get("size") or ""),
        seconds=str(body.get("seconds") or ""),
        prompt=prompt if isinstance(prompt, str) else None,
        remixed_from=str(body.get("remixed_from_video_id") or ""),
        error_code=code[:80],
        error_message=message[:2000],
        raw=body,
    )


def page(body: object, *, limit: int) -> Page:
    """A Page from a decoded JSON body. Raises Unexpected.

    Some servers do not say whether there is more: then there is while pages are full.
    """
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise Unexpected("The provider's list has no data.", detail=body)
    videos = [video(item) for item in body["data"]]
    said = body.get("has_more")
    return Page(videos=videos, has_more=len(videos) >= max(limit, 1) if said is None else bool(said))


def character(body: object) -> ProviderCharacter:
    """A ProviderCharacter from a decoded JSON body. Raises Unexpected: the schema lets the id be null."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"].strip():
        raise Unexpected("The provider's answer has no character id.", detail=body)
    if len(body["id"]) > 300:
        raise Unexpected("The provider's character id is longer than 300 characters.", detail=body["id"][:80])
    return ProviderCharacter(
        id=body["id"],
        name=str(body.get("name") or "")[:200],
        created_at=_moment(body.get("created_at")),
        raw=body,
    )


def safety_verdict(body: object) -> SafetyVerdict:
    """A SafetyVerdict from a decoded JSON body. Raises Unexpected: what cannot be read has let nothing through."""
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list) or not results or not all(isinstance(item, dict) for item in results):
        raise Unexpected("The safety check's answer has no results.", detail=body)
    if not all(isinstance(item.get("flagged"), bool) for item in results):
        raise Unexpected("The safety check's answer does not say whether it is flagged.", detail=body)
    named: list[str] = []
    for item in results:
        categories = item.get("categories")
        if isinstance(categories, dict):
            named += [str(name)[:60] for name, is_hit in categories.items() if is_hit is True]
    is_flagged = any(item["flagged"] for item in results)
    return SafetyVerdict(is_flagged, sorted(set(named))[:20], body if isinstance(body, dict) else {})
