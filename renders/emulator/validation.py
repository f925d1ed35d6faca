"""The rules of a request, without HTTP and without I/O: a form in, clean values out, or an ApiError.

Messages in quotes in the contract notes are kept to the letter; clients match on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from renders.emulator.errors import ApiError, bad
from renders.emulator.forms import Form
from renders.emulator.profiles import Profile

CREATE_FIELDS = ("prompt", "model", "seconds", "size", "input_reference", "characters")
REMIX_FIELDS = ("prompt",)
EDIT_FIELDS = ("prompt", "video")
EXTEND_FIELDS = ("prompt", "video", "seconds")
CHARACTER_FIELDS = ("name", "video")


def listed(values: Sequence[str], word: str) -> str:
    """``'4', '8', or '12'``; two values take no comma."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return f" {word} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {word} {quoted[-1]}"


def type_name(value: Any) -> str:
    """What a JSON value is called in messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a decimal"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def check_known(form: Form, allowed: Sequence[str], *, strict: bool = True) -> None:
    """Refuse parameters that the operation does not have, where the server does."""
    for name in form.names:
        if strict and name not in allowed:
            raise bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def missing(name: str) -> ApiError:
    """The 400 for a required parameter that is not there."""
    return bad(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")


def text_of(form: Form, name: str, longest: int) -> str:
    """A required string of 1 to ``longest`` characters."""
    if name in form.files:
        raise bad(
            f"Invalid type for '{name}': expected a string, but got a file instead.", name, "invalid_type"
        )
    if name not in form.values:
        raise missing(name)
    value = form.values[name]
    if not isinstance(value, str):
        raise bad(
            f"Invalid type for '{name}': expected a string, but got {type_name(value)} instead.",
            name,
            "invalid_type",
        )
    if not value:
        raise bad(
            f"Invalid '{name}': empty string. Expected a string with minimum length 1, but got an empty string instead.",
            name,
            "empty_string",
        )
    if len(value) > longest:
        raise bad(
            f"Invalid '{name}': string too long. Expected a string with maximum length {longest}, "
            f"but got a string with length {len(value)} instead.",
            name,
            "string_above_max_length",
        )
    # A lone surrogate ("\ud800" in JSON) is no text: nothing could store or hash it.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise bad(f"Invalid '{name}': the string is not valid Unicode.", name, "invalid_value")
    return value


def choice_of(form: Form, name: str, allowed: Sequence[str], default: str | None) -> str:
    """One of a list of strings; an integer is refused as such, since servers and clients differ on it."""
    if name in form.files:
        raise bad(
            f"Invalid type for '{name}': expected a string, but got a file instead.", name, "invalid_type"
        )
    if name not in form.values:
        if default is None:
            raise missing(name)
        return default
    value = form.values[name]
    if not isinstance(value, str):
        raise bad(
            f"Invalid type for '{name}': expected one of {listed(allowed, 'or')}, but got {type_name(value)} instead.",
            name,
            "invalid_type",
        )
    if value not in allowed:
        raise bad(
            f"Invalid value: '{value[:80]}'. Supported values are: {listed(allowed, 'and')}.",
            name,
            "invalid_value",
        )
    return value


def model_of(form: Form, profile: Profile) -> str:
    """The model's name as the client wrote it, dated names included."""
    names = [name for model in profile.models for name in (model.id, *model.aliases)]
    return choice_of(form, "model", names, profile.default_model)


def size_of(form: Form, profile: Profile, model: str) -> str:
    """A size that the model renders."""
    found = profile.model(model)
    return choice_of(form, "size", tuple(found.prices) if found else (), profile.default_size)


def seconds_of(form: Form, profile: Profile, model: str) -> str:
    """A duration that the model renders."""
    found = profile.model(model)
    return choice_of(form, "seconds", found.seconds if found else (), profile.default_seconds)


def characters_of(form: Form, profile: Profile) -> list[str]:
    """Ids of the characters asked for; at most two. Whether they exist is checked by the caller."""
    value = form.values.get("characters", [])
    if "characters" in form.files or not isinstance(value, list):
        raise bad(
            f"Invalid type for 'characters': expected an array, but got {type_name(value)} instead.",
            "characters",
            "invalid_type",
        )
    if len(value) > profile.max_characters:
        raise bad(
            f"Invalid 'characters': array too long. Expected an array with maximum length {profile.max_characters}, "
            f"but got an array with length {len(value)} instead.",
            "characters",
            "array_above_max_length",
        )
    ids = []
    for index, item in enumerate(value):
        name = f"characters[{index}]"
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            raise bad(
                f"Invalid type for '{name}': expected an object with a string 'id'.", name, "invalid_type"
            )
        for extra in set(item) - {"id"}:
            raise bad(f"Unknown parameter: '{name}.{extra}'.", f"{name}.{extra}", "unknown_parameter")
        ids.append(item["id"])
    return ids


def source_id_of(form: Form) -> str | None:
    """The id in ``video``, or None when an MP4 was uploaded."""
    if "video" in form.files:
        return None
    if "video" not in form.values:
        raise missing("video")
    value = form.values["video"]
    if not isinstance(value, dict):
        raise bad(
            f"Invalid type for 'video': expected an object, but got {type_name(value)} instead.",
            "video",
            "invalid_type",
        )
    for extra in set(value) - {"id"}:
        raise bad(f"Unknown parameter: 'video.{extra}'.", f"video.{extra}", "unknown_parameter")
    if not isinstance(value.get("id"), str):
        raise missing("video.id")
    return str(value["id"])


def page_of(query: Any) -> tuple[str | None, int, bool]:
    """``after``, ``limit`` (0 to 100, 20 if not given) and whether newest come first."""
    raw = query.get("limit", "20")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9):
        raise bad(
            f"Invalid type for 'limit': expected an integer, but got '{raw[:40]}' instead.",
            "limit",
            "invalid_type",
        )
    limit = int(raw)
    if limit > 100:
        raise bad(
            f"Invalid 'limit': integer above maximum value. Expected a value <= 100, but got {limit} instead.",
            "limit",
            "integer_above_max_value",
        )
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise bad(
            f"Invalid value: '{order[:40]}'. Supported values are: 'asc' and 'desc'.",
            "order",
            "invalid_value",
        )
    return query.get("after") or None, limit, order == "desc"


def check_extension(profile: Profile, extensions: int, total: int) -> None:
    """The two limits of a chain: both bind (20 + 6 x 20 would be 140)."""
    if extensions > profile.max_extensions:
        raise bad(
            f"A video can be extended at most {profile.max_extensions} times.", "video", "invalid_value"
        )
    if total > profile.max_total_seconds:
        raise bad(
            f"The extended video would last {total} seconds; the maximum is {profile.max_total_seconds}.",
            "seconds",
            "invalid_value",
        )
