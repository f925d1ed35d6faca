"""How well the rules tell refused briefs from innocent ones: `make policy-report`.

The labelled prompts were written apart from the rules' data, by what a brief asks for and not by what a rule says: some
describe a protected figure without its name, which phrases cannot find. They count as misses.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from renders.policy.matcher import search
from renders.policy.starter import starter, starter_version

PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Prompt:
    """`expect`: the category that must refuse it, or "pass"."""

    text: str
    expect: str
    kind: str = ""


@dataclass(frozen=True)
class Score:
    """What became of a group of prompts."""

    name: str
    right: int
    missed: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def precision(self) -> float:
        """Of what was refused, how much should have been."""
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """Of what should have been refused, how much was."""
        return self.right / max(1, self.right + len(self.missed))


def prompts() -> list[Prompt]:
    """Every labelled prompt."""
    lines = [
        line for file in sorted(PROMPTS.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]
    return [Prompt(**json.loads(line)) for line in lines]


def categories_of(text: str) -> set[str]:
    """The categories of the rules that refuse a text."""
    return {str(hit.rule.category) for hit in search({"prompt": text}, [starter()]).hits}


def score(name: str, labelled: Iterable[tuple[Prompt, set[str]]], category: str = "") -> Score:
    """Precision and recall of one category, or of refusing at all."""
    right, missed, wrong = 0, [], []
    for prompt, found in labelled:
        is_due = prompt.expect == category if category else prompt.expect != "pass"
        is_hit = category in found if category else bool(found)
        # Refused for another reason is refused all the same: no miss of the whole, and no false alarm of a category.
        if is_due and (is_hit or found):
            right += 1
        elif is_due:
            missed.append(prompt.text)
        elif is_hit and prompt.expect == "pass":
            wrong.append(prompt.text)
    return Score(name, right, tuple(missed), tuple(wrong))


def scores() -> list[Score]:
    """One for each category, and the whole at the end."""
    labelled = [(prompt, categories_of(prompt.text)) for prompt in prompts()]
    names = list(dict.fromkeys(prompt.expect for prompt, _found in labelled if prompt.expect != "pass"))
    return [*(score(name, labelled, name) for name in names), score("all", labelled)]


def main() -> None:
    """Print the table, then every miss and every false alarm."""
    everything = prompts()
    innocent = sum(prompt.expect == "pass" for prompt in everything)
    print(f"{len(everything)} labelled prompts, {innocent} of them innocent; rules {starter_version()}\n")
    print(f"{'category':<14}{'precision':>10}{'recall':>10}{'right':>8}{'missed':>8}{'wrong':>8}")
    found = scores()
    for row in found:
        print(
            f"{row.name:<14}{row.precision:>10.3f}{row.recall:>10.3f}{row.right:>8}{len(row.missed):>8}{len(row.wrong):>8}"
        )
    for title, texts in (("Missed", found[-1].missed), ("Refused, and innocent", found[-1].wrong)):
        print(f"\n{title}:")
        print("\n".join(f"  {text}" for text in texts) or "  none")


if __name__ == "__main__":
    main()
