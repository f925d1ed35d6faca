"""How long until the pages answer: a first start on nothing, and a second one."""

import os
import shutil
import time
from pathlib import Path

from benchmarks.harness import Section, interleaved, p50, spread, verdict
from benchmarks.product import running, wait_for_log


def main() -> None:
    """Each round: a fresh folder, then the same folder again."""
    folder = Path(os.environ["DATA_DIR"])

    def start(*, fresh: bool) -> float:
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        began = time.monotonic()
        with running(folder, EMULATOR_SPEED="20"):
            seconds = time.monotonic() - began
            if fresh:
                # The second start is that of a demonstration that was loaded, not of one still being made.
                wait_for_log(folder, "the demo data are there", 1, seconds=180)
        return seconds

    figures = interleaved({"first": lambda: start(fresh=True), "second": lambda: start(fresh=False)})
    section = Section(
        "start",
        "`manage.py up` until the sign-in page answers, with the demonstration",
        ("start", "seconds", "goal"),
    )
    section.row("on an empty data folder", spread(figures["first"]), "–")
    section.row("again", spread(figures["second"]), f"≤ 8: {verdict(p50(figures['second']) <= 8)}")
    section.notes.append(
        "The packages are installed already: the 90 s of a fresh clone are not measured here. The demonstration's "
        "clips are still being made when the pages of a first start answer."
    )
    section.write()


if __name__ == "__main__":
    main()
