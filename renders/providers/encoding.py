"""How a request for a clip goes on the wire: its address and its body."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from renders.providers.errors import Refused
from renders.providers.port import CreateRequest, Operation, Picture
from renders.providers.wire import PictureAs, Wire


@dataclass(frozen=True)
class Call:
    """`path` under the base address; `body` as httpx takes it: json, or files for multipart."""

    path: str
    body: dict[str, Any]


def segment(provider_id: str) -> str:
    """An id that cannot climb out of its place in the path."""
    return quote(provider_id, safe="")


@contextmanager
def encoded(request: CreateRequest, wire: Wire) -> Iterator[Call]:
    """The call for this request; its files are open as long as the context is. Raises Refused for what would vanish."""
    if (request.characters and not wire.takes_characters) or (request.picture and not wire.takes_pictures):
        raise Refused("This server would leave out who or what is to be in the clip.", reason=Refused.INVALID)
    with ExitStack() as open_files:
        match request.operation:
            case Operation.CREATE if _is_json(request, wire):
                yield Call("videos", {"json": _create_json(request, wire)})
            case Operation.CREATE:
                yield Call("videos", {"files": _create_form(request, wire, open_files)})
            case Operation.REMIX:
                yield Call(f"videos/{segment(request.source_id)}/remix", {"json": {"prompt": request.prompt}})
            case Operation.EDIT:
                yield Call("videos/edits", _from_a_clip(request, {"prompt": request.prompt}, open_files))
            case Operation.EXTEND:
                fields = {"prompt": request.prompt, "seconds": str(request.added_seconds)}
                yield Call("videos/extensions", _from_a_clip(request, fields, open_files))


def _create_fields(request: CreateRequest) -> dict[str, str]:
    """`seconds` is text in this protocol."""
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": request.size,
        "seconds": str(request.seconds),
    }


def _is_json(request: CreateRequest, wire: Wire) -> bool:
    """A picture decides by how it is spelled; without one, the server's own habit does."""
    if request.picture is None:
        return wire.creates_as_json
    return wire.picture_as in {PictureAs.OBJECT, PictureAs.TEXT, PictureAs.IMAGE_INPUT}


def _create_json(request: CreateRequest, wire: Wire) -> dict[str, Any]:
    body: dict[str, Any] = _create_fields(request)
    if request.characters:
        body["characters"] = [{"id": character} for character in request.characters]
    if request.picture is not None:
        url = data_url(request.picture)
        if wire.picture_as == PictureAs.OBJECT:
            body["input_reference"] = {"image_url": url}
        else:
            body["image_input" if wire.picture_as == PictureAs.IMAGE_INPUT else "input_reference"] = url
    return body


def data_url(picture: Picture) -> str:
    """The image inside the address (RFC 2397)."""
    return f"data:{picture.content_type};base64,{base64.b64encode(picture.path.read_bytes()).decode()}"


def _create_form(request: CreateRequest, wire: Wire, open_files: ExitStack) -> list[tuple[str, Any]]:
    """Multipart, with or without a file."""
    form: list[tuple[str, Any]] = [(name, (None, value)) for name, value in _create_fields(request).items()]
    # So does the official SDK spell a list of objects in a form.
    form += [("characters[][id]", (None, character)) for character in request.characters]
    if request.picture is not None and wire.picture_as == PictureAs.FIELD:
        form.append(("image_reference", (None, json.dumps({"image_url": data_url(request.picture)}))))
    elif request.picture is not None:
        file = open_files.enter_context(request.picture.path.open("rb"))
        ending = request.picture.content_type.rpartition("/")[2]
        form.append(("input_reference", (f"reference.{ending}", file, request.picture.content_type)))
    return form


def _from_a_clip(request: CreateRequest, fields: dict[str, str], open_files: ExitStack) -> dict[str, Any]:
    """By id as JSON, the one spelling in which `video.id` is documented; or with the file, as multipart."""
    if request.source_file is None:
        return {"json": {**fields, "video": {"id": request.source_id}}}
    file = open_files.enter_context(request.source_file.open("rb"))
    form: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
    return {"files": [*form, ("video", ("clip.mp4", file, "video/mp4"))]}
