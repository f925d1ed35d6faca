"""The subprocess: `python -m tenants.media.worker probe|derive|credentials|inspect|cut|look|fit|frame …`, JSON on standard output.

Decoders meet hostile files, so they run here, with limits on memory and processor time, and without Django.
"""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenants.media import cut, derive, picture, probe, source
from tenants.media.sniff import Unusable

MEMORY = 4 * 1024**3  # bytes of address space; x264's threads reserve far more than they use
CPU_SECONDS = 300
# For what strangers send while somebody waits for the answer.
UPLOAD_MEMORY = 2 * 1024**3
UPLOAD_CPU_SECONDS = 25


def _limit(memory: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _said(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer, or the sentence that says why there is none."""
    try:
        return look()
    except Unusable as error:
        return {"unusable": str(error)}


def main(arguments: list[str]) -> int:
    is_upload = arguments[:1] in (["inspect"], ["cut"], ["look"], ["fit"])
    _limit(*((UPLOAD_MEMORY, UPLOAD_CPU_SECONDS) if is_upload else (MEMORY, CPU_SECONDS)))
    match arguments:
        case ["probe", path]:
            answer = probe.probe(Path(path))
        case ["derive", path, folder]:
            answer = derive.derive(Path(path), Path(folder))
        case ["credentials", path, *anchors]:
            # Its library takes a tenth of a second to load, which a probe need not wait for.
            from tenants.media.credentials import credentials  # noqa: PLC0415

            answer = credentials(Path(path), Path(anchors[0]) if anchors else None)
        case ["inspect", path, folder, detector]:
            answer = _said(lambda: source.inspect(Path(path), Path(folder), detector))
        case ["cut", path, target, wanted]:
            answer = _said(lambda: cut.cut(Path(path), Path(target), cut.Cut(**json.loads(wanted))))
        case ["look", path, folder, detector]:
            answer = _said(lambda: picture.look(Path(path), Path(folder), detector))
        case ["fit", path, target, wanted]:
            answer = _said(lambda: picture.fit(Path(path), Path(target), picture.Fit(**json.loads(wanted))))
        case ["frame", path, target]:
            answer = picture.last_frame(Path(path), Path(target))
        case _:
            print(  # noqa: T201
                "usage: probe FILE | derive FILE FOLDER | credentials FILE [PEM] | inspect FILE FOLDER DETECTOR"
                " | cut FILE TARGET JSON | look FILE FOLDER DETECTOR | fit FILE TARGET JSON | frame FILE TARGET",
                file=sys.stderr,
            )
            return 2
    print(json.dumps(answer))  # noqa: T201
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, OSError, EOFError, MemoryError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
