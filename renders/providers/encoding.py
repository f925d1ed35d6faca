"""How a request for a clip goes on the wire: its address and its body."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from renders.providers.port import CreateRequest, Operation


@dataclass(frozen=True)
class Call:
    """`path` under the base address; `body` as httpx takes it: json, or files for multipart."""

    path: str
    body: dict[str, Any]


def segment(provider_id: str) -> str:
    """An id that cannot climb out of its place in the path."""
    return quote(provider_id, safe="")


@contextmanager
def encoded(request: CreateRequest) -> Iterator[Call]:
    """The call for this request; its files are open as long as the context is."""
    with ExitStack() as open_files:
        match request.operation:
            case Operation.CREATE:
                yield Call("videos", {"files": _create_form(request, open_files)})
            case Operation.REMIX:
                yield Call(f"videos/{segment(request.source_id)}/remix", {"json": {"prompt": request.prompt}})
            case Operation.EDIT:
                yield Call("videos/edits", _from_a_clip(request, {"prompt": request.prompt}, open_files))
            case Operation.EXTEND:
                fields = {"prompt": request.prompt, "seconds": str(request.added_seconds)}
                yield Call("videos/extensions", _from_a_clip(request, fields, open_files))


def _create_form(request: CreateRequest, open_files: ExitStack) -> list[tuple[str, Any]]:
    """Multipart, with or without a file: the form that every server of this protocol takes."""
    fields = {
        "prompt": request.prompt,
        "model": request.model,
        "size": request.size,
        "seconds": str(request.seconds),
    }
    form: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
    # So does the official SDK spell a list of objects in a form.
    form += [("characters[][id]", (None, character)) for character in request.characters]
    if request.picture is not None:
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
