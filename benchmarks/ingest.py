"""A big clip from the provider into storage, hashed on the way, against curl, tee and openssl."""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.harness import Section, interleaved, p50, spread, verdict

MIB = int(os.environ.get("BENCH_INGEST_MIB", "1024"))
_COMMAND = "curl -s {url} | tee {file} | openssl dgst -sha256"


def main() -> None:
    """Serve one file from another process; fetch it in turns."""
    folder = Path(os.environ["DATA_DIR"])
    folder.mkdir(parents=True)
    source = folder / "source.mp4"
    _fill(source)
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.plain_server", str(source)], stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(server.stdout.readline())
        _measure(f"http://127.0.0.1:{port}", folder)
    finally:
        server.terminate()
        server.wait()


def _fill(path: Path) -> None:
    block = os.urandom(1024 * 1024)
    with path.open("wb") as file:
        for number in range(MIB):
            file.write(number.to_bytes(8, "big") + block[8:])


def _measure(address: str, folder: Path) -> None:
    grown: list[float] = []

    def ours() -> float:
        command = [sys.executable, "-m", "benchmarks.ingest_once", address]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, idle, peak = map(float, done.stdout.split())
        grown.append(peak - idle)
        return MIB / seconds

    def shell(*, durable: bool) -> float:
        file = folder / "peer.mp4"
        began = time.monotonic()
        command = _COMMAND.format(url=f"{address}/v1/videos/x/content", file=file)
        subprocess.run(
            command + (f" && sync {file}" if durable else ""), shell=True, check=True, capture_output=True
        )
        seconds = time.monotonic() - began
        file.unlink()
        return MIB / seconds

    contestants = {
        "ours": ours,
        "curl | tee | openssl": lambda: shell(durable=False),
        "curl | tee | openssl, then sync": lambda: shell(durable=True),
    }
    figures = interleaved(contestants)
    section = Section(
        "ingest",
        f"{MIB} MiB from the provider into storage, with SHA-256 on the way",
        ("contestant", "MiB/s", "ours ÷ it", "goal"),
    )
    ours_p50 = p50(figures["ours"])
    for name, values in figures.items():
        ratio = ours_p50 / p50(values)
        goal = (
            f"≥ 1.0: {verdict(ratio >= 1)}"
            if "tee" in name
            else f"memory ≤ idle + 64 MB: {verdict(max(grown) <= 64)}"
        )
        section.row(name, spread(values, digits=0), f"{ratio:.2f}", goal)
    section.notes.append(
        f"Ours is the product's own path: the provider's client, the staging folder, the move to its content's key. "
        f"It ends with the file on the disk (fsync), which the shell does only in the last row. "
        f"Memory above idle at its peak: {spread(grown, 'MB')}."
    )
    section.write()


if __name__ == "__main__":
    main()
