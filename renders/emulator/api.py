"""The public side under /v1: routes, keys, faults, and the operations that only read or delete."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from renders.emulator import batch_api
from renders.emulator import validation as rules
from renders.emulator.dialects import Dialect
from renders.emulator.errors import GONE_MESSAGE, ApiError, bad
from renders.emulator.forms import Form, read_form
from renders.emulator.jobs import Job
from renders.emulator.media.render import VARIANTS
from renders.emulator.misbehave import misbehave
from renders.emulator.moderation import MODELS as MODERATION_MODELS
from renders.emulator.moderation import moderate
from renders.emulator.state import EMULATOR, Emulator, summary_of
from renders.emulator.submits import SUBMITS, find, keep_character_video

Operation = Callable[[Emulator, str, web.Request, Form], Awaitable[web.StreamResponse]]

_TYPES = {"video": "video/mp4", "thumbnail": "image/webp", "spritesheet": "image/jpeg"}
_NO_KEY = (
    "You didn't provide an API key. Send it in the Authorization header as a bearer token, "
    "'Authorization: Bearer' and the key."
)


def key_of(request: web.Request, emulator: Emulator) -> str:
    """The key of a request. Raises 401."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(401, _NO_KEY)
    if key.strip() not in emulator.settings.keys:
        raise ApiError(401, f"Incorrect API key provided: {key.strip()[:4]}****.", code="invalid_api_key")
    return key.strip()


def _video_reply(emulator: Emulator, job: Job, operation: str) -> web.Response:
    status = emulator.dialect.video_status(job) if operation == "retrieve" else 200
    response = web.json_response(emulator.body(job, operation), status=status)
    if not job.is_terminal:
        response.headers["openai-poll-after-ms"] = str(emulator.poll_after_ms)
    return response


def _submit(name: str) -> Operation:
    async def handler(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
        job = await SUBMITS[name](emulator, key, form, request["video_id"] or "")
        return _video_reply(emulator, job, name)

    return handler


async def retrieve(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /videos/{id}. In the published document a failed job is a 200 too."""
    return _video_reply(emulator, find(emulator, key, request["video_id"]), "retrieve")


async def list_videos(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /videos. All five keys, also on an empty page."""
    after, limit, descending = rules.page_of(request.query)
    if after is not None:
        anchor = emulator.store.job(after)
        if anchor is None or anchor.key != key:
            raise bad(
                f"Invalid value for 'after': no video with id '{after[:80]}'.", "after", "invalid_value"
            )
    # One more than asked for tells whether there is more; jobs that faults hide are made up for.
    seen: list[Job] = []
    start, step = 0, limit + 1
    while len(seen) <= limit:
        chunk = emulator.store.page(key, after, descending, start, step)
        seen.extend(job for job in chunk if not emulator.is_unlisted(job))
        if len(chunk) < step:
            break
        start += step
    page = seen[:limit]
    body = {
        "object": "list",
        "data": [emulator.body(job, "list") for job in page],
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
        "has_more": len(seen) > limit,
    }
    return web.json_response(emulator.dialect.page(body))


async def delete(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """DELETE /videos/{id}. In the published document there is no cancel: a job under way is refused."""
    job = find(emulator, key, request["video_id"])
    emulator.dialect.check_delete(job)
    answer = emulator.dialect.deleted(emulator.body(job, "delete"))
    job.deleted = True
    emulator.store.save(job)
    if job.digest and not emulator.store.is_used(job.digest):
        for ending in VARIANTS.values():
            (emulator.store.media / f"{job.digest}{ending}").unlink(missing_ok=True)
    return web.json_response(answer)


async def content(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /videos/{id}/content: the MP4, a WebP thumbnail or a JPEG spritesheet, until expires_at."""
    job = find(emulator, key, request["video_id"])
    variant = emulator.dialect.variant(request.query)
    if job.status != "completed" or job.digest is None:
        raise emulator.dialect.no_content(job)
    path = emulator.store.media / f"{job.digest}{VARIANTS[variant]}"
    is_over = emulator.dialect.expires and emulator.clock.now() >= (job.expires_at or 0)
    if is_over or not path.exists():
        raise ApiError(404, GONE_MESSAGE)
    response = web.FileResponse(
        path, headers={"content-type": _TYPES[variant], "cache-control": "private, no-store"}
    )
    response["path"] = path
    return response


async def create_character(
    emulator: Emulator, key: str, request: web.Request, form: Form
) -> web.StreamResponse:
    """POST /videos/characters: multipart only."""
    if form.encoding != "form":
        raise bad(
            "Invalid content type: characters are created with 'multipart/form-data'.",
            None,
            "unsupported_content_type",
        )
    rules.check_known(form, rules.CHARACTER_FIELDS)
    name = rules.text_of(form, "name", emulator.profile.max_name)
    if "video" not in form.files:
        if "video" in form.values:
            raise bad(
                "Invalid type for 'video': expected a file, but got a string instead.",
                "video",
                "invalid_type",
            )
        raise rules.missing("video")
    file = await keep_character_video(emulator, form.files["video"])
    row = {"id": f"char_{secrets.token_hex(16)}", "name": name, "created_at": int(emulator.clock.now())}
    emulator.store.run(
        "insert into characters values (?, ?, ?, ?, ?)", (row["id"], key, name, row["created_at"], file)
    )
    return web.json_response(row)


async def retrieve_character(
    emulator: Emulator, key: str, request: web.Request, form: Form
) -> web.StreamResponse:
    """GET /videos/characters/{id}."""
    character_id = request.match_info["character_id"]
    found = emulator.store.rows(
        "select id, name, created_at from characters where id = ? and key = ?", (character_id, key)
    )
    if not found:
        raise ApiError(404, f"Character with id '{character_id[:80]}' not found.")
    return web.json_response(found[0])


def _models(emulator: Emulator) -> list[dict[str, Any]]:
    named = [
        (name, model.created) for model in emulator.profile.models for name in (model.id, *model.aliases)
    ]
    if emulator.profile.lists_moderation:
        named += [(name, 1727389042) for name in MODERATION_MODELS]
    return [
        {"id": name, "object": "model", "created": created, "owned_by": "emulator"} for name, created in named
    ]


async def list_models(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /models and /models/{id}."""
    wanted = request.match_info.get("model_id")
    if wanted is None:
        return web.json_response({"object": "list", "data": _models(emulator)})
    for model in _models(emulator):
        if model["id"] == wanted:
            return web.json_response(model)
    raise ApiError(404, f"The model '{wanted[:80]}' does not exist.", param="model", code="model_not_found")


async def moderation(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """POST /moderations."""
    return web.json_response(moderate(form))


# Fixed paths before the one with an id, else "edits" would be one.
ROUTES: tuple[tuple[str, str, str, Operation], ...] = (
    ("POST", "/v1/videos", "create", _submit("create")),
    ("GET", "/v1/videos", "list", list_videos),
    ("POST", "/v1/videos/edits", "edit", _submit("edit")),
    ("POST", "/v1/videos/extensions", "extend", _submit("extend")),
    ("POST", "/v1/videos/characters", "character_create", create_character),
    ("GET", "/v1/videos/characters/{character_id}", "character_retrieve", retrieve_character),
    ("GET", "/v1/videos/{video_id}", "retrieve", retrieve),
    ("DELETE", "/v1/videos/{video_id}", "delete", delete),
    ("GET", "/v1/videos/{video_id}/content", "content", content),
    ("POST", "/v1/videos/{video_id}/remix", "remix", _submit("remix")),
    ("GET", "/v1/models", "models", list_models),
    ("GET", "/v1/models/{model_id}", "models", list_models),
    ("POST", "/v1/moderations", "moderation", moderation),
    *batch_api.ROUTES,
)


def gated(
    name: str, operation: Operation, dialect: Dialect | None = None
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Put the key, the rate limit, the record and the faults in front of an operation. `dialect`: not the emulator's own."""

    async def handler(request: web.Request) -> web.StreamResponse:
        emulator, entry = request.app[EMULATOR], request["entry"]
        if dialect is not None:
            emulator = emulator.speaking(dialect)
        request["dialect"] = emulator.dialect
        entry["operation"] = name
        key = key_of(request, emulator)
        request["key"] = key
        _take_from_the_rate(emulator, key)
        if name in emulator.dialect.absent:
            raise emulator.dialect.absence(name, request.method)
        form = await read_form(request) if request.method == "POST" else Form("json")
        entry["body"] = summary_of(form) if request.method == "POST" else None
        shown = request.match_info.get("video_id")
        video_id = request["video_id"] = emulator.dialect.stored_id(shown) if shown else None
        known = emulator.store.job(video_id) if video_id else None
        said = form.values.get("prompt")
        prompt = said if isinstance(said, str) else known.prompt if known else None
        if name in SUBMITS:
            _take_from_the_creates(
                request, emulator, str(form.values.get("model") or (known and known.model) or "sora-2")
            )

        async def carry_out() -> web.StreamResponse:
            try:
                return await operation(emulator, key, request, emulator.dialect.read(name, form))
            except ApiError as error:
                return refusal(emulator.dialect, error)

        fault = emulator.faults.for_reply(name, prompt, key, video_id)
        if fault is None:
            return await carry_out()
        entry["fault"] = fault.kind
        return await misbehave(request, fault, carry_out)

    return handler


def refusal(dialect: Dialect, error: ApiError) -> web.Response:
    """An error as the dialect puts it."""
    status, body = dialect.error(error)
    return web.json_response(body, status=status, headers=error.headers)


def _take_from_the_rate(emulator: Emulator, key: str) -> None:
    """Count a request. Raises 429."""
    if not emulator.rate.take(key):
        raise _too_many(max(1, round(emulator.rate.reset_after(key))))


def _take_from_the_creates(request: web.Request, emulator: Emulator, model: str) -> None:
    """Count a create by its model, where a quota says so. Raises 429."""
    window, who = emulator.create_rates.of(model), (request["key"], model)
    if window is None:
        return
    request["rates"] = (window, who)
    if not window.take(who):
        raise _too_many(window.reset_after(who))


def _too_many(after: float) -> ApiError:
    after = after if isinstance(after, int) else round(after, 3)
    return ApiError(
        429,
        f"Rate limit reached. Please try again in {after}s.",
        kind="rate_limit_error",
        code="rate_limit_exceeded",
        headers={"retry-after": str(after)},
    )
