"""The subprocess: `python -m tenants.media.worker probe|derive|credentials …`, JSON on standard output.

Decoders meet hostile files, so they run here, with limits on memory and processor time, and without Django.
"""

import json
import resource
import sys
from pathlib import Path

from tenants.media import derive, probe

MEMORY = 4 * 1024**3  # bytes of address space; x264's threads reserve far more than they use
CPU_SECONDS = 300


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    _limit()
    match arguments:
        case ["probe", source]:
            answer = probe.probe(Path(source))
        case ["derive", source, folder]:
            answer = derive.derive(Path(source), Path(folder))
        case ["credentials", source, *anchors]:
            # Its library takes a tenth of a second to load, which a probe need not wait for.
            from tenants.media.credentials import credentials  # noqa: PLC0415

            answer = credentials(Path(source), Path(anchors[0]) if anchors else None)
        case _:
            print("usage: probe FILE | derive FILE FOLDER | credentials FILE [PEM]", file=sys.stderr)  # noqa: T201
            return 2
    print(json.dumps(answer))  # noqa: T201
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, OSError, EOFError, MemoryError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
