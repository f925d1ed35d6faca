"""Lines of a batch: what an input file must be, and what output and error files say. Pure: no HTTP, no store."""

from __future__ import annotations

import json
import random
import secrets
from dataclasses import dataclass
from typing import Any

from renders.emulator.errors import ApiError, error_body

MOST_LINES, MOST_BYTES, MOST_ERRORS = 50_000, 200 * 1024 * 1024, 100
EXPIRED = {
    "code": "batch_expired",
    "message": "This request could not be executed before the completion window expired.",
}


@dataclass(frozen=True)
class Line:
    """A request of the file. ``number`` from 1."""

    number: int
    custom_id: str
    body: dict[str, Any]


def problem(code: str, message: str, line: int | None, param: str | None = None) -> dict[str, Any]:
    """One entry of a batch's ``errors.data``."""
    return {"code": code, "message": message, "line": line, "param": param}


def read_lines(data: bytes, endpoint: str) -> tuple[list[Line], list[dict[str, Any]]]:
    """The requests of an input file, and what is wrong with it; any error fails the whole batch."""
    if len(data) > MOST_BYTES:
        return [], [problem("file_too_large", "The input file is larger than 200 MB.", None)]
    rows = [(number, row) for number, row in enumerate(data.splitlines(), 1) if row.strip()]
    if not rows:
        return [], [problem("empty_file", "The input file holds no requests.", None)]
    if len(rows) > MOST_LINES:
        return [], [
            problem("too_many_tasks", f"The input file holds more than {MOST_LINES:,} requests.", None)
        ]
    lines, wrong = list[Line](), list[dict[str, Any]]()
    ids, models = set[str](), set[str]()
    for number, row in rows:
        found = _read_line(number, row, endpoint)
        if isinstance(found, dict):
            wrong.append(found)
            continue
        models.add(str(found.body.get("model")))
        if found.custom_id in ids:
            wrong.append(problem("duplicate_custom_id", "The custom_id is used twice.", number, "custom_id"))
        elif len(models) > 1:
            wrong.append(problem("model_mismatch", "A batch has one model.", number, "body.model"))
        ids.add(found.custom_id)
        lines.append(found)
    return lines, wrong[:MOST_ERRORS]


def _read_line(number: int, row: bytes, endpoint: str) -> Line | dict[str, Any]:
    try:
        data = json.loads(row)
    except (ValueError, RecursionError):
        return problem("invalid_json_line", "This line is not parseable as valid JSON.", number)
    if not isinstance(data, dict):
        return problem("invalid_json_line", "This line is not a JSON object.", number)
    custom_id = data.get("custom_id")
    if not isinstance(custom_id, str) or not custom_id:
        return problem("missing_required_parameter", "custom_id is required.", number, "custom_id")
    if data.get("method") != "POST":
        return problem("invalid_method", "The method must be POST.", number, "method")
    if data.get("url") != endpoint:
        return problem("invalid_url", f"The url must be the batch's endpoint, {endpoint}.", number, "url")
    if not isinstance(data.get("body"), dict):
        return problem("missing_required_parameter", "body is required.", number, "body")
    return Line(number, custom_id, data["body"])


def answered(custom_id: str, status: int, body: Any) -> dict[str, Any]:
    """A line of the output file, or of the error file when the status is not 200."""
    response = {"status_code": status, "request_id": f"req_{secrets.token_hex(16)}", "body": body}
    return {
        "id": f"batch_req_{secrets.token_hex(12)}",
        "custom_id": custom_id,
        "response": response,
        "error": None,
    }


def refused(custom_id: str, error: ApiError) -> dict[str, Any]:
    """A line that validation turned down."""
    return answered(custom_id, error.status, error.body)


def broken(custom_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """A line that a fault made fail."""
    body = error_body(wanted["message"], "server_error", None, wanted["code"])
    return answered(custom_id, int(wanted["status"]), body)


def expired(custom_id: str) -> dict[str, Any]:
    """A line that did not get its turn."""
    return {
        "id": f"batch_req_{secrets.token_hex(12)}",
        "custom_id": custom_id,
        "response": None,
        "error": EXPIRED,
    }


def output_file(lines: list[dict[str, Any]], quirks: dict[str, Any], seed: str) -> bytes:
    """JSONL. Faults shuffle it, leave lines out, and put in what does not belong there."""
    if missing := quirks.get("batch_missing"):
        lines = lines[: max(0, len(lines) - missing["lines"])]
    rows = [json.dumps(line, separators=(",", ":")) for line in lines]
    if strange := quirks.get("batch_strange_lines"):
        rows += rows[: strange["duplicate"]]
        for number in range(strange["unknown"]):
            stranger = answered(f"stranger-{number}", 200, {"id": "video_of_somebody_else"})
            rows.insert(0, json.dumps(stranger))
        rows += ['{"id": "batch_req_1", "custom_id": "att_', "[1, 2]", "null", "{}"][: strange["malformed"]]
    if "batch_shuffle" in quirks:
        random.Random(seed).shuffle(rows)  # noqa: S311 - the same order each time it is read
    return "".join(f"{row}\n" for row in rows).encode()
