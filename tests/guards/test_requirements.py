"""Each requirement that is met names the tests that hold it, and those tests exist."""

import ast
import re
import tomllib

import pytest
from django.conf import settings

TESTS = settings.BASE_DIR / "tests"
ROWS = tomllib.loads((TESTS / "requirements.toml").read_text(encoding="utf-8"))
FAULTS = tomllib.loads((TESTS / "faults.toml").read_text(encoding="utf-8"))


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_requirement_names_tests_that_exist(row):
    assert re.fullmatch(r"[A-G]\d\d", row)
    _exist(row, ROWS[row])


@pytest.mark.parametrize("row", FAULTS)
def test_fault_names_tests_that_exist(row):
    assert re.fullmatch(r"F\d\d", row)
    _exist(row, FAULTS[row])


def _exist(row, names):
    assert names
    for name in names:
        file, _, test = name.partition("::")
        assert (TESTS / file).is_file(), f"{row} names {file}, which is not there"
        assert test.startswith("test_"), f"{row}: {name} names no test"
        assert test in _tests_in(file), f"{row} names {name}, which is not there"
