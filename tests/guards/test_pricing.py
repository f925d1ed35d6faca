"""The price is a rate times seconds, in whole micro-dollars. C24: no rule of thumb takes part in it."""

import ast
import re

import pytest
from django.conf import settings

# Whatever a sum of money comes from.
ENGINE = ("pricing", "ledger", "planner", "spending", "placing", "storyboards", "retarget", "models/spend")
VAGUE = re.compile(
    r"\bcompletion|\bbenchmark|\bmultipl(?:e|ier)s?\b|\brule of thumb|\btext (?:model|token)|\b10\s*(?:-|–|to)\s*50\b",
    re.I,
)


def vague(text):
    """What of a module's text speaks of an estimate by comparison with other services."""
    return VAGUE.findall(text)


def inexact(text):
    """Lines of a module that bring a float into its sums: a literal, or float()."""
    found = []
    for node in ast.walk(ast.parse(text)):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float"
        if is_literal or is_call:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("module", ENGINE)
def test_no_vague_benchmark_takes_part_in_a_price(module):
    assert not vague((settings.BASE_DIR / "renders" / f"{module}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", ["pricing", "ledger", "models/spend"])
def test_prices_and_books_know_no_fractions_of_a_micro_dollar(module):
    assert not inexact((settings.BASE_DIR / "renders" / f"{module}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line", ["cost = text * 10-50", "# 10–50 times a text completion", "MULTIPLIER = 30"]
)
def test_seeded_benchmark_is_found(line):
    assert vague(line)


@pytest.mark.parametrize("line", ["rate = 0.1", "rate = float(text)"])
def test_seeded_float_is_found(line):
    assert inexact(line)
