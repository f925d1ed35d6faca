"""The files and batches of the public side: upload, read, create, list."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from renders.emulator.batch_lines import MOST_BYTES
from renders.emulator.batch_record import Batch
from renders.emulator.errors import ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.state import Emulator
from renders.emulator.submits import create_at_half_price
from renders.emulator.validation import check_known, missing, page_of

_PURPOSES = ("batch", "vision", "user_data")
_BATCH_FIELDS = ("input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after")


def _file_body(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "object": "file",
        "bytes": row["bytes"],
        "created_at": row["created_at"],
        "filename": row["filename"],
        "purpose": row["purpose"],
        "status": "processed",
    }


def _file(emulator: Emulator, key: str, request: web.Request) -> dict[str, Any]:
    file_id = request.match_info["file_id"]
    found = emulator.store.api_file(file_id, key)
    if found is None:
        raise ApiError(404, f"No such File object: {file_id[:80]}", param="id")
    return found


async def create_file(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """POST /files: multipart with ``purpose`` and ``file``."""
    check_known(form, ("purpose", "file", "expires_after"))
    purpose = form.values.get("purpose")
    if purpose is None:
        raise missing("purpose")
    if purpose not in _PURPOSES:
        raise bad(f"Invalid value for 'purpose': '{str(purpose)[:80]}'.", "purpose", "invalid_value")
    if "file" not in form.files:
        raise missing("file")
    upload = form.files["file"]
    if purpose == "batch" and len(upload.data) > MOST_BYTES:
        raise ApiError(413, "A batch's input file has 200 MB at most.", param="file")
    now = int(emulator.clock.now())
    file_id = emulator.store.add_api_file(key, str(purpose), upload.filename, upload.data, now)
    found = emulator.store.api_file(file_id, key)
    assert found is not None
    return web.json_response(_file_body(found))


async def retrieve_file(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /files/{id}."""
    return web.json_response(_file_body(_file(emulator, key, request)))


async def file_content(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /files/{id}/content."""
    data = emulator.store.file_bytes(_file(emulator, key, request))
    return web.Response(body=data, headers={"content-type": "application/octet-stream"})


async def create_batch(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """POST /batches: JSON."""
    check_known(form, _BATCH_FIELDS)
    for name in ("input_file_id", "endpoint", "completion_window"):
        if name not in form.values:
            raise missing(name)
    wanted = {name: str(form.values[name]) for name in ("input_file_id", "endpoint", "completion_window")}
    if wanted["endpoint"] != emulator.dialect.batch_url:
        raise bad(
            f"Invalid value: '{wanted['endpoint'][:80]}'. Supported values are: '{emulator.dialect.batch_url}'.",
            "endpoint",
            "invalid_value",
        )
    if wanted["completion_window"] != "24h":
        raise bad("Invalid value for 'completion_window': only '24h'.", "completion_window", "invalid_value")
    found = emulator.store.api_file(wanted["input_file_id"], key)
    if found is None or found["purpose"] != "batch":
        raise bad(
            f"No batch file with id '{wanted['input_file_id'][:80]}'.", "input_file_id", "invalid_value"
        )
    text = emulator.store.file_bytes(found).decode("utf-8", "replace")
    quirks = emulator.faults.for_batch(text, key)
    batch = emulator.batches.accept(
        key,
        wanted["input_file_id"],
        wanted["endpoint"],
        wanted["completion_window"],
        form.values.get("metadata"),
        quirks,
    )
    emulator.batches.start(emulator, batch.id, create_at_half_price)
    return web.json_response(batch.body)


def _is_unlisted(emulator: Emulator, batch: Batch) -> bool:
    lag = batch.quirks.get("batch_list_lag")
    return "batch_lose" in batch.quirks or bool(
        lag and emulator.clock.wall() < batch.accepted_wall + lag["seconds"]
    )


async def list_batches(emulator: Emulator, key: str, request: web.Request, form: Form) -> web.StreamResponse:
    """GET /batches, newest first."""
    after, limit, _descending = page_of(request.query)
    rows = [batch for batch in emulator.store.batches(key) if not _is_unlisted(emulator, batch)]
    ids = [batch.id for batch in rows]
    if after is not None:
        if after not in ids:
            raise bad("Invalid value for 'after': no such batch.", "after", "invalid_value")
        rows = rows[ids.index(after) + 1 :]
    page = rows[:limit]
    body = {
        "object": "list",
        "data": [batch.body for batch in page],
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
        "has_more": len(rows) > limit,
    }
    return web.json_response(body)


async def retrieve_batch(
    emulator: Emulator, key: str, request: web.Request, form: Form
) -> web.StreamResponse:
    """GET /batches/{id}."""
    batch_id = request.match_info["batch_id"]
    batch = emulator.store.batch(batch_id)
    if batch is None or batch.key != key or "batch_lose" in batch.quirks:
        raise ApiError(404, f"No batch found with id '{batch_id[:80]}'.", param="batch_id")
    return web.json_response(batch.body)


ROUTES = (
    ("POST", "/v1/files", "file_create", create_file),
    ("GET", "/v1/files/{file_id}", "file_retrieve", retrieve_file),
    ("GET", "/v1/files/{file_id}/content", "file_content", file_content),
    ("POST", "/v1/batches", "batch_create", create_batch),
    ("GET", "/v1/batches", "batch_list", list_batches),
    ("GET", "/v1/batches/{batch_id}", "batch_retrieve", retrieve_batch),
)
