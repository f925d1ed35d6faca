"""Decode each picture once. All clips here differ in one box that no decoder reads, so results can be reused."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from tenants.media import run
from tests.chaos.provider import MARK_BYTES, is_marked


def reuse(folder: Path) -> None:
    """Answer for a clip that was decoded before, by any worker, from `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    really_ask = run._ask

    def ask(arguments: list[str], seconds: int) -> dict[str, Any]:
        key = _key(Path(arguments[1]))
        if key is None:
            return really_ask(arguments, seconds)
        known = folder / f"{arguments[0]}-{key}"
        if not (known / "answer.json").exists():
            _learn(known, really_ask(arguments, seconds), arguments)
        for path in known.iterdir():
            if len(arguments) > 2 and path.name != "answer.json":
                shutil.copy(path, arguments[2])
        answer: dict[str, Any] = json.loads((known / "answer.json").read_text())
        return answer

    run._ask = ask


def _key(source: Path) -> str | None:
    """What two clips with equal pictures have in common; None for a clip that is not whole."""
    data = source.read_bytes()
    return hashlib.sha256(data[:-MARK_BYTES]).hexdigest() if is_marked(data) else None


def _learn(known: Path, answer: dict[str, Any], arguments: list[str]) -> None:
    known.mkdir(exist_ok=True)
    if len(arguments) > 2:
        for path in Path(arguments[2]).iterdir():
            if path.name != "original.mp4":
                shutil.copy(path, known)
    fresh = known / "answer.new"
    fresh.write_text(json.dumps(answer))
    fresh.replace(known / "answer.json")
