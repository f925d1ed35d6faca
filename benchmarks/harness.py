"""Rounds that take turns, ratios against a limit of the same run, and one section of RESULTS.md per figure."""

import datetime
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
ROUNDS = max(5, int(os.environ.get("BENCH_ROUNDS", "5")))
_HEAD = """# Measured

Every figure is a ratio against its limit or peer, measured side by side in one run: rounds take turns, so that a
neighbour's load strikes both. Times are minimum / median / maximum. `make bench` measures everything again,
`make bench-<name>` one section; each section says on which machine, commit and command it was made.
"""


def interleaved(contestants: dict[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Run each contestant once a round; their figures by name. One round before that warms up and is forgotten."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            figure = run()
            if number:
                figures[name].append(figure)
                print(f"  round {number}: {name} {figure:.4g}", flush=True)
    return figures


def spread(figures: list[float], unit: str = "", digits: int = 1) -> str:
    """minimum / median / maximum."""
    of = (min(figures), statistics.median(figures), max(figures))
    return " / ".join(f"{value:.{digits}f}" for value in of) + (f" {unit}" if unit else "")


def p50(figures: list[float]) -> float:
    """The median."""
    return statistics.median(figures)


def verdict(is_met: bool) -> str:
    """For the table."""
    return "met" if is_met else "**missed**"


@dataclass
class Section:
    """What one benchmark has to say: a table, and words under it."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, *cells: object) -> None:
        """One line of the table."""
        self.rows.append(tuple(str(cell) for cell in cells))

    def write(self) -> None:
        """Put the section into RESULTS.md, in place of an earlier one, and on the screen."""
        text = self.text()
        print("\n" + text)
        known = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else _HEAD
        begin, end = f"<!-- {self.name} -->", f"<!-- end {self.name} -->"
        block = f"{begin}\n{text}{end}\n"
        if begin in known:
            known = re.sub(f"{begin}.*?{end}\n", lambda _match: block, known, flags=re.DOTALL)
        else:
            known = f"{known.rstrip()}\n\n{block}"
        RESULTS.write_text(known, encoding="utf-8")

    def text(self) -> str:
        """The section as Markdown."""
        lines = [f"## {self.name}: {self.title}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line(row) for row in self.rows]
        lines += ["", *self.notes, "", _circumstances(self.name), ""]
        return "\n".join(lines)


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _circumstances(name: str) -> str:
    """Where, when, on what, and how to do it again."""
    memory = psutil.virtual_memory().total / 1024**3
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return (
        f"*{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the end; commit {_git('rev-parse', '--short', 'HEAD')}"
        f"{' with changes' if changed else ''}; {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC; "
        f"`make bench-{name}`*"
    )


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
