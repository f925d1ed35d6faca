"""The labelled prompts: many, half of them innocent and tricky, and told apart well enough."""

from collections import Counter

from renders.policy.starter import starter_rules
from tests.policy import report

# Below what is measured, so that a new rule is not stopped by one false alarm; far enough up to notice a bad one.
PRECISION, RECALL = 0.97, 0.84
RECALL_OF_ANY_CATEGORY = 0.72


def test_there_are_enough_prompts_and_nearly_half_are_innocent():
    counted = Counter(prompt.expect for prompt in report.prompts())
    assert counted.total() >= 200
    assert 0.4 <= counted["pass"] / counted.total() <= 0.6
    assert len({prompt.text for prompt in report.prompts()}) == counted.total()
    kinds = {prompt.kind for prompt in report.prompts() if prompt.expect == "pass"}
    assert {"toys", "styles", "products", "places"} <= kinds


def test_prompts_are_not_the_rules_own_phrases():
    phrases = {rule.phrase.lower() for rule in starter_rules()}
    assert not phrases & {prompt.text.lower() for prompt in report.prompts()}


def test_precision_and_recall_hold_their_floor():
    *categories, whole = report.scores()
    assert whole.precision >= PRECISION, whole.wrong
    assert whole.recall >= RECALL, whole.missed
    for row in categories:
        assert row.precision >= 0.9, (row.name, row.wrong)
        assert row.recall >= RECALL_OF_ANY_CATEGORY, (row.name, row.missed)


def test_report_prints_every_figure(capsys):
    report.main()
    printed = capsys.readouterr().out
    assert "precision" in printed
    assert "recall" in printed
    for category in ("character", "music", "person", "likeness", "suitability", "brand", "all"):
        assert f"\n{category}" in printed
