"""Policy: the search for ten thousand phrases, the kill switch, and triage beside a hundred thousand cases."""

import random
import time
import uuid
from datetime import timedelta
from typing import Any

from benchmarks.harness import ROUNDS, Section, interleaved, p50, spread, verdict
from benchmarks.inside import Count, counted, database

RULES, LENGTH = 10_000, 32_000
LIMIT_MS = 20.0
QUEUED, SWITCH_SECONDS = 500, 2.0
FEW, MANY = 100, 100_000
REPEATS = 5
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ter",
    "ra",
    "pon",
    "si",
    "vel",
    "dun",
    "go",
    "ba",
    "ri",
    "ne",
    "ta",
    "shu",
    "wek",
]


def _word(dice: random.Random) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(dice.randint(2, 4)))


def _filled(piece: str) -> str:
    return (piece * (LENGTH // len(piece) + 1))[:LENGTH]


class Search:
    """Ten thousand rules, and texts of 32,000 characters."""

    def __init__(self) -> None:
        from renders.policy.matcher import Matcher
        from renders.policy.rules import Rule
        from renders.policy.starter import ordinary_briefs, starter_rules

        dice = random.Random(7)
        own = [
            Rule(f"own/{n}", "custom", " ".join(_word(dice) for _ in range(dice.randint(1, 3))))
            for n in range(RULES - len(starter_rules()))
        ]
        rules = [*starter_rules(), *own]
        began = time.process_time()
        self.matcher = Matcher(rules)
        self.compile_ms = (time.process_time() - began) * 1000
        self.phrases = [rule.phrase.lower() for rule in rules]
        prose = _filled(" ".join(ordinary_briefs()))
        self.texts = {
            "prose": prose,
            "prose with accents": prose.replace("a", "á"),
            "words that it never saw": " ".join(_word(dice)[::-1] for _ in range(LENGTH))[:LENGTH],
            "spelled out, a hit every word": _filled("m i c k e y m o u s e . "),
            "written out, a hit every word": _filled("mickey mouse "),
            "two thousand rules, a hit every word": " ".join(self.phrases[::-1])[:LENGTH],
            "all rules without their last letter": " ".join(phrase[:-1] for phrase in self.phrases)[:LENGTH],
            "the beginning of a rule, spelled out": _filled("m i c k e y m o u s "),
            "letters, each alone": _filled("a "),
            "zero width after each letter, a hit every word": _filled(
                "".join(letter + "\u200b" for letter in "mickey mouse ")
            ),
            "turned by marks, read both ways, a hit every word": _filled(
                "\u202eesuom yekcim\u202c mickey mouse "
            ),
            "digits for letters, a hit every word": _filled("m1ck3y m0u$e "),
            "digits for letters, no word twice": " ".join(
                "".join(dice.choice("abc0134$@5!") for _ in range(6)) for _ in range(LENGTH)
            )[:LENGTH],
            "names that count only near others": _filled("elsa "),
            "one word": "a" * LENGTH,
        }

    def ours(self, text: str) -> float:
        """CPU milliseconds of one search and of what a page shows of it, with nothing remembered of earlier texts."""
        from renders.policy import folding, words
        from renders.policy.matcher import search

        words._FORMS.clear()
        folding._CHARACTERS.clear()
        began = time.process_time()
        findings = search({"prompt": text}, [self.matcher])
        _ = findings.keys, findings.parts("prompt")
        return (time.process_time() - began) * 1000

    def naive(self, text: str) -> float:
        """CPU milliseconds of asking for each phrase, one after the other; finds no trick and marks nothing."""
        began = time.process_time()
        lowered = text.lower()
        [phrase for phrase in self.phrases if phrase in lowered]
        return (time.process_time() - began) * 1000


def measure_search() -> None:
    """The matcher against one `in` for each rule."""
    bench = Search()
    section = Section(
        "policy-search",
        f"{LENGTH:,} characters against {RULES:,} rules",
        ("text", "ours, CPU ms", "one by one with `in`, CPU ms", "ratio of medians", f"≤ {LIMIT_MS:.0f} ms"),
    )
    for name, text in bench.texts.items():
        figures = interleaved(
            {"ours": lambda text=text: bench.ours(text), "naive": lambda text=text: bench.naive(text)}
        )
        ratio = p50(figures["ours"]) / p50(figures["naive"])
        section.row(
            name,
            spread(figures["ours"]),
            spread(figures["naive"]),
            f"{ratio:.2f}",
            verdict(p50(figures["ours"]) <= LIMIT_MS),
        )
    section.notes.append(
        f"Process time in one process; {ROUNDS} rounds. Ours undoes case, accents, look-alikes, invisible marks, digits "
        "for letters, spacing and plurals, and says where each phrase stands; one `in` for each rule does none of it. "
        "All but the first three texts are made to be bad ones. Every place is found; the first 50 of a field, and the "
        "first of each category, are explained. "
        f"Making the rules ready takes {bench.compile_ms:.0f} ms, once per process and version."
    )
    section.write()


def _world() -> tuple[Any, Any]:
    from renders.actions.accounts import set_up_account
    from renders.actions.briefs import create_project, save_brief
    from renders.actions.budgets import set_agency_budget
    from tests.cast import assemble

    set_up_account(
        slug="emulator", name="E", base_url="http://127.0.0.1:9/v1", api_key="x", webhook_secrets=[]
    )
    cast = assemble()
    with cast.at():
        set_agency_budget(limit_microusd=10**12, by=cast.amara)
        project = create_project(client=cast.acme, name="Spring", by=cast.amara)
        brief = save_brief(
            project=project,
            title="Shot",
            texts={"subject": "A lighthouse"},
            by=cast.amara,
            model="sora-2",
            size="720x1280",
            seconds=4,
        )
    return cast, brief


def measure_switch(cast: Any, brief: Any) -> None:
    """From the call to the commit, with five hundred renders queued."""
    from renders.actions import generation
    from renders.actions.renders import submit_render

    with cast.at():
        for number in range(QUEUED):
            submit_render(brief=brief, submit_key=f"bench-{number}", shown_microusd=400_000, by=cast.amara)

    def stop() -> float:
        began = time.perf_counter()
        with cast.at():
            effect = generation.stop_generation(agency=cast.northlight, reason="Measured.", by=cast.sol)
        seconds = time.perf_counter() - began
        assert effect.waiting == QUEUED
        return seconds

    def resume() -> float:
        began = time.perf_counter()
        with cast.at():
            assert generation.resume_generation(agency=cast.northlight, by=cast.sol) == QUEUED
        return time.perf_counter() - began

    figures = interleaved({"stop": stop, "resume": resume})
    section = Section(
        "policy-switch",
        f"the kill switch with {QUEUED} renders queued",
        ("what", "seconds from the call to the commit", f"≤ {SWITCH_SECONDS:.0f} s"),
    )
    for name, words in (("stop", "off: all paused"), ("resume", "on: all queued again")):
        section.row(words, spread(figures[name], digits=3), verdict(max(figures[name]) <= SWITCH_SECONDS))
    section.notes.append(
        "From the commit on no first byte of a new request leaves: a worker asks at the doorway, when its connection "
        "stands. A worker that is frozen in the doorway delays the commit by 1.5 s at most. The verdict is of the maximum."
    )
    section.write()


class Cases:
    """So many decided cases, a few open ones among them, and a browser of the staff."""

    def __init__(self, cast: Any, brief: Any) -> None:
        from tests.cast import browser

        self.cast, self.brief, self.rows = cast, brief, 0
        self.browser = browser(cast.sol)
        self.browser.defaults["HTTP_HOST"] = "localhost"

    def fill(self, rows: int) -> None:
        """Up to so many."""
        from django.utils import timezone

        from renders.models import PolicyCase, PolicyEvent

        now = timezone.now()
        with self.cast.at():
            for start in range(self.rows, rows, 5000):
                made = [self._case(number, now) for number in range(start, min(rows, start + 5000))]
                PolicyCase.objects.bulk_create(made)
                PolicyEvent.objects.bulk_create(
                    PolicyEvent(
                        case=case,
                        kind=case.kind,
                        rule_key=case.rule_key,
                        brief=self.brief,
                        text_sha256=uuid.uuid4().hex * 2,
                        evidence={"texts": {"subject": "A mouse"}, "hits": []},
                    )
                    for case in made
                )
            self.case = PolicyCase.objects.filter(state="open").latest("last_seen_at")
        self.rows = rows

    def _case(self, number: int, now: Any) -> Any:
        from renders.models import PolicyCase

        is_open = number % 20 == 0 or (number < FEW and number % 2 == 0)
        done = {} if is_open else {"decided_by": self.cast.sol, "decided_at": now - timedelta(minutes=number)}
        return PolicyCase(
            kind="provider_output",
            rule_key=f"provider/code-{number % 3}",
            fingerprint=uuid.uuid4().hex * 2,
            brief=self.brief,
            state="open" if is_open else "dismissed",
            first_seen_at=now - timedelta(minutes=number),
            last_seen_at=now - timedelta(minutes=number),
            **done,
        )

    def addresses(self) -> dict[str, str]:
        """Page to address."""
        return {
            "triage, to do": "/staff/triage/",
            "triage, all": "/staff/triage/?show=all",
            "one case": f"/staff/triage/{self.case.public_id}",
            "appeals": "/staff/appeals/",
            "agencies": "/staff/agencies/",
            "the team's list": "/a/northlight/policy/",
        }

    def get(self, address: str) -> float:
        """Milliseconds of the quickest of a few requests."""
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            answer = self.browser.get(address)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (address, answer.status_code)
        return min(times)

    def statements(self, address: str) -> int:
        count = Count()
        with counted(count):
            self.browser.get(address)
        return count.statements


def measure_triage(cast: Any, brief: Any) -> None:
    """The same pages beside few and beside many rows, one after the other: they live in one database."""
    from tests.cast import browser

    cases = Cases(cast, brief)
    amara = browser(cast.amara)
    amara.defaults["HTTP_HOST"] = "localhost"
    found: dict[int, dict[str, tuple[int, list[float]]]] = {}
    for rows in (FEW, MANY):
        cases.fill(rows)
        _analyse()
        found[rows] = {}
        for page, address in cases.addresses().items():
            sol = cases.browser
            cases.browser = amara if address.startswith("/a/") else sol
            cases.get(address)
            figures = [cases.get(address) for _ in range(ROUNDS)]
            found[rows][page] = (cases.statements(address), figures)
            cases.browser = sol
    section = Section(
        "policy-triage",
        f"triage beside {FEW} and beside {MANY:,} cases",
        (
            "page",
            "statements",
            f"ms, {FEW} cases",
            f"ms, {MANY:,} cases",
            "ratio of medians",
            "≤ 10 and flat",
        ),
    )
    for page in found[FEW]:
        (few_count, few), (many_count, many) = found[FEW][page], found[MANY][page]
        is_met = many_count <= max(10, few_count) and many_count <= few_count and p50(many) < 3 * p50(few)
        if page != "the team's list":
            is_met = is_met and many_count <= 10
        section.row(
            page,
            f"{few_count} → {many_count}",
            spread(few),
            spread(many),
            f"{p50(many) / p50(few):.2f}",
            verdict(is_met),
        )
    section.notes.append(
        f"Through Django's test client in one process; each figure is the quickest of {REPEATS} requests, in {ROUNDS} "
        "rounds. One case in twenty is open, and 50 of the first 100, so that both lists are full. BEGIN and COMMIT are "
        "not counted; flat means less than three times the time."
    )
    section.write()


def _analyse() -> None:
    """Let PostgreSQL look at what is there now, as its own vacuum would within minutes."""
    import psycopg
    from django.conf import settings

    from config.postgres.settings import connect_arguments, owner_database

    with psycopg.connect(**connect_arguments(owner_database(settings.DATA_DIR)), autocommit=True) as owner:
        owner.execute("ANALYZE")


def main() -> None:
    """All three."""
    with database():
        measure_search()
        cast, brief = _world()
        measure_switch(cast, brief)
        measure_triage(cast, brief)


if __name__ == "__main__":
    main()
