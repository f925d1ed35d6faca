"""The checks: each one asks one thing of a server and says in a few fixed words what it found."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.verification.client import PROMPT, Server, Spent, as_form, body_of, closing, no
from tests.verification.sdk_exercise import png

KEYS = {
    "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "prompt", "size",
    "seconds", "remixed_from_video_id", "error",
}  # fmt: skip
_IDS = (
    ("video_ + 48 hex digits", r"video_[0-9a-f]{48}"),
    ("video_gen_ + 32 hex digits", r"video_gen_[0-9a-f]{32}"),
    ("routing token", r"video_[A-Za-z0-9+/]{100,}={0,2}"),
    ("task_…", r"task_.+"),
    ("UUID", r"[0-9a-f]{8}-[0-9a-f-]{12,27}"),
)
Check = Callable[["Examination"], str]


@dataclass(frozen=True)
class Named:
    """`operation`: which of the protocol's it is about."""

    name: str
    operation: str
    run: Check


CHECKS: list[Named] = []


def check(name: str, operation: str) -> Callable[[Check], Check]:
    """Put a check into the list, in the order of the file: later ones use what earlier ones made."""

    def keep(run: Check) -> Check:
        CHECKS.append(Named(name, operation, run))
        return run

    return keep


@dataclass
class Examination:
    """What is known of the server so far."""

    server: Server
    model: str = ""
    size: str = "1280x720"
    refused_prompt: str = ""
    models: list[str] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)  # the first video, as its create answered
    final: dict[str, Any] = field(default_factory=dict)
    clip: bytes = b""
    as_json: bool = False
    character: str = ""

    def fields(self, **other: Any) -> dict[str, Any]:
        """A create's fields."""
        plain = {"prompt": PROMPT, "model": self.model, "size": self.size, "seconds": "4"}
        return {**plain, **other}

    def create(self, **other: Any) -> httpx.Response:
        """A create in the encoding that is known to work."""
        if self.as_json:
            return self.server.buy("videos", json=self.fields(**other))
        return self.server.buy("videos", files=as_form(self.fields(**other)))

    def source(self) -> str:
        """The id of the finished video, as its create said it."""
        return str(self.made["id"])


def _yes(reply: httpx.Response) -> str:
    return "yes" if body_of(reply).get("id") and reply.is_success else no(reply)


@check("models", "models")
def models(at: Examination) -> str:
    reply = at.server.http.get("models")
    data = body_of(reply).get("data")
    if not reply.is_success or not isinstance(data, list):
        return no(reply)
    at.models = [str(item["id"]) for item in data if isinstance(item, dict) and "id" in item]
    at.model = at.model or next((name for name in at.models if "moderation" not in name), "")
    return "listed"


@check("wrong key", "errors")
def wrong_key(at: Examination) -> str:
    with closing(at.server.stranger()) as http:
        return str(http.get("models").status_code)


@check("create as a form", "create")
def create_form(at: Examination) -> str:
    reply = at.server.buy("videos", files=as_form(at.fields()))
    at.as_json = not reply.is_success
    if reply.is_success:
        at.made = body_of(reply)
    return _yes(reply)


@check("create as JSON", "create")
def create_json(at: Examination) -> str:
    reply = at.server.buy("videos", json=at.fields())
    if reply.is_success and not at.made:
        at.made = body_of(reply)
    return _yes(reply)


@check("create with a prompt only", "create")
def create_bare(at: Examination) -> str:
    body = {"json": {"prompt": PROMPT}} if at.as_json else {"files": as_form({"prompt": PROMPT})}
    return _yes(at.server.buy("videos", **body))


@check("ids", "create")
def ids(at: Examination) -> str:
    found = str(at.made.get("id", ""))
    return next((name for name, pattern in _IDS if re.fullmatch(pattern, found)), f"another: {found[:24]}…")


@check("keys of a video", "retrieve")
def keys(at: Examination) -> str:
    missing = sorted(KEYS - set(at.made))
    return f"without {', '.join(missing)}" if missing else "all thirteen"


@check("content before the end", "content")
def content_early(at: Examination) -> str:
    """Of a job that was made just now; on a fast server it may be finished already."""
    reply = at.create()
    if not reply.is_success:
        return "not tried"
    early = at.server.http.get(f"videos/{body_of(reply)['id']}/content")
    return "too fast to tell" if early.is_success else str(early.status_code)


@check("retrieve", "retrieve")
def retrieve(at: Examination) -> str:
    reply = at.server.ended(at.source())
    at.final = body_of(reply)
    word = str(at.final.get("status", "")).lower()
    is_done = word in {"completed", "succeeded", "succeed", "success", "done"}
    return "ends well" if is_done else f"ends {word}: {at.final.get('error')}"


@check("id of later answers", "retrieve")
def later_id(at: Examination) -> str:
    later = str(at.final.get("id", ""))
    if later == at.made["id"]:
        return "the same"
    works = at.server.http.get(f"videos/{later}").is_success
    return "another that works" if works else "another that leads nowhere"


@check("expiry", "retrieve")
def expiry(at: Examination) -> str:
    done, end = at.final.get("completed_at"), at.final.get("expires_at")
    if not isinstance(done, int) or not isinstance(end, int):
        return "not said"
    return f"after {end - done} s"


@check("content", "content")
def content(at: Examination) -> str:
    reply = at.server.http.get(f"videos/{at.source()}/content")
    if not reply.is_success:
        return no(reply)
    at.clip = reply.content
    return "an MP4" if at.clip[4:8] == b"ftyp" else f"no MP4 but {reply.headers.get('content-type')}"


def _variant(at: Examination, variant: str) -> str:
    reply = at.server.http.get(f"videos/{at.source()}/content", params={"variant": variant})
    return reply.headers.get("content-type", "").partition(";")[0] if reply.is_success else no(reply)


@check("content, variant=video", "content")
def variant_video(at: Examination) -> str:
    return _variant(at, "video")


@check("content, variant=thumbnail", "content")
def variant_thumbnail(at: Examination) -> str:
    return _variant(at, "thumbnail")


@check("content, variant=spritesheet", "content")
def variant_spritesheet(at: Examination) -> str:
    return _variant(at, "spritesheet")


@check("list", "list")
def list_videos(at: Examination) -> str:
    reply = at.server.http.get("videos", params={"limit": 2, "order": "desc"})
    body = body_of(reply)
    if not reply.is_success or not isinstance(body.get("data"), list):
        return no(reply)
    missing = sorted({"object", "data", "first_id", "last_id", "has_more"} - set(body))
    return f"without {', '.join(missing)}" if missing else "all five keys"


@check("list goes on", "list")
def list_pages(at: Examination) -> str:
    first = body_of(at.server.http.get("videos", params={"limit": 1}))
    if not first.get("data"):
        return "not tried"
    after = first["data"][-1]["id"]
    second = body_of(at.server.http.get("videos", params={"limit": 1, "after": after}))
    return "yes" if second.get("data") and second["data"][0]["id"] != after else "no"


def _derived(at: Examination, path: str, body: dict[str, Any]) -> str:
    reply = at.server.buy(path, **body)
    made = body_of(reply)
    if not reply.is_success or "id" not in made:
        return no(reply)
    if not at.server.http.get(f"videos/{made['id']}").is_success:
        return "yes, with an id that leads nowhere"
    return "yes"


@check("remix", "remix")
def remix(at: Examination) -> str:
    return _derived(at, f"videos/{at.source()}/remix", {"json": {"prompt": "Now at night"}})


@check("edit by id", "edit")
def edit(at: Examination) -> str:
    return _derived(at, "videos/edits", {"json": {"prompt": "Make it golden", "video": {"id": at.source()}}})


@check("edit of a file", "edit")
def edit_file(at: Examination) -> str:
    form = [*as_form({"prompt": "Make it golden"}), ("video", ("clip.mp4", at.clip, "video/mp4"))]
    return _derived(at, "videos/edits", {"files": form})


@check("extension by id", "extend")
def extend(at: Examination) -> str:
    body = {"prompt": "A second boat comes", "seconds": "4", "video": {"id": at.source()}}
    return _derived(at, "videos/extensions", {"json": body})


@check("extension of a file", "extend")
def extend_file(at: Examination) -> str:
    fields = as_form({"prompt": "A second boat comes", "seconds": "4"})
    return _derived(
        at, "videos/extensions", {"files": [*fields, ("video", ("clip.mp4", at.clip, "video/mp4"))]}
    )


@check("character is made", "character create")
def character_create(at: Examination) -> str:
    form = [("name", (None, "Pip")), ("video", ("pip.mp4", at.clip, "video/mp4"))]
    reply = at.server.http.post("videos/characters", files=form)
    at.character = str(body_of(reply).get("id") or "")
    return _yes(reply)


@check("character is fetched", "character fetch")
def character_fetch(at: Examination) -> str:
    reply = at.server.http.get(f"videos/characters/{at.character or 'char_nobody'}")
    return "yes" if reply.is_success else no(reply)


@check("create with characters", "create")
def create_cast(at: Examination) -> str:
    """An id that nobody knows: who reads it refuses it, and who does not makes a clip without."""
    form = [*as_form(at.fields()), ("characters[][id]", (None, "char_nobody_knows"))]
    reply = at.server.buy("videos", files=form)
    return "not read" if reply.is_success else "read"


@check("opening image as a file", "create")
def image_file(at: Examination) -> str:
    width, height = (int(part) for part in at.size.split("x"))
    still = ("still.png", png(width, height), "image/png")
    return _yes(at.server.buy("videos", files=[*as_form(at.fields()), ("input_reference", still)]))


@check("opening image as JSON", "create")
def image_json(at: Examination) -> str:
    width, height = (int(part) for part in at.size.split("x"))
    url = "data:image/png;base64," + base64.b64encode(png(width, height)).decode()
    if at.server.buy("videos", json=at.fields(input_reference={"image_url": url})).is_success:
        return "an object"
    return (
        "a string" if at.server.buy("videos", json=at.fields(input_reference=url)).is_success else "refused"
    )


@check("opening image of another size", "create")
def image_size(at: Examination) -> str:
    still = ("still.png", png(64, 64), "image/png")
    reply = at.server.buy("videos", files=[*as_form(at.fields()), ("input_reference", still)])
    return "taken" if reply.is_success else "refused"


@check("seconds as a number", "errors")
def seconds_number(at: Examination) -> str:
    return "taken" if at.server.buy("videos", json=at.fields(seconds=4)).is_success else "refused"


@check("seconds of 5", "errors")
def seconds_odd(at: Examination) -> str:
    return "taken" if at.create(seconds="5").is_success else "refused"


@check("16 and 20 seconds", "create")
def seconds_long(at: Examination) -> str:
    return "taken" if all(at.create(seconds=n).is_success for n in ("16", "20")) else "refused"


@check("1080p", "create")
def full_hd(at: Examination) -> str:
    best = (
        at.models[-1] if len(at.models) == 1 else next((m for m in at.models if m.endswith("-pro")), at.model)
    )
    return "taken" if at.create(size="1920x1080", model=best).is_success else "refused"


@check("4K", "errors")
def four_k(at: Examination) -> str:
    return "taken" if at.create(size="3840x2160").is_success else "refused"


@check("unknown field", "errors")
def unknown_field(at: Examination) -> str:
    return "not read" if at.create(nobody_knows="this").is_success else "refused"


@check("unknown model", "errors")
def unknown_model(at: Examination) -> str:
    return "taken" if at.create(model="no-such-model").is_success else "refused"


@check("video that is not there", "errors")
def missing_video(at: Examination) -> str:
    reply = at.server.http.get("videos/video_nobody")
    body = body_of(reply)
    if isinstance(body.get("error"), dict):
        code = type(body["error"].get("code")).__name__.replace("NoneType", "null")
        return f"{reply.status_code}, error with code {code}"
    return f"{reply.status_code}, {' '.join(sorted(body)) or 'no JSON'}"


@check("job that is refused", "errors")
def refused_job(at: Examination) -> str:
    reply = at.create(prompt=at.refused_prompt)
    if not reply.is_success:
        return f"at once ({reply.status_code})"
    ended = at.server.ended(str(body_of(reply)["id"]))
    error = body_of(ended).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    said = type(error).__name__ if not isinstance(error, dict) else f"code {code!r}"
    return f"{ended.status_code}, {said}"


@check("deletion of a finished video", "delete")
def delete(at: Examination) -> str:
    reply = at.server.http.delete(f"videos/{at.source()}")
    body = body_of(reply)
    if not reply.is_success:
        return no(reply)
    if at.server.http.get(f"videos/{at.source()}").is_success:
        return "yes, and it is still there"
    return "yes" if body.get("deleted") is True else f"yes, as {body.get('object')} {body.get('status')}"


@check("deletion of a running job", "delete")
def delete_running(at: Examination) -> str:
    reply = at.create()
    if not reply.is_success:
        return "not tried"
    gone = at.server.http.delete(f"videos/{body_of(reply)['id']}")
    return "cancels" if gone.is_success else no(gone)


@check("moderation", "moderation")
def moderation(at: Examination) -> str:
    reply = at.server.http.post("moderations", json={"input": PROMPT})
    return "yes" if reply.is_success and body_of(reply).get("results") else no(reply)


@check("status words", "retrieve")
def status_words(at: Examination) -> str:
    words = {str(at.made.get("status", "")), *at.server.words} - {""}
    return ", ".join(sorted(words - {"queued", "in_progress", "completed", "failed"})) or "the published four"


OPERATIONS = tuple(dict.fromkeys(named.operation for named in CHECKS))


def run(named: Named, at: Examination) -> str:
    """What one check found; "not tried" when it would cost more than allowed."""
    try:
        return named.run(at)
    except Spent:
        return "not tried"
