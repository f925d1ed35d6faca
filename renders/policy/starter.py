"""The platform's own list: data files that come with the code, so that a version of the code is a version of the rules."""

import functools
import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

from renders.policy.folding import fold
from renders.policy.matcher import Matcher
from renders.policy.rules import Category, Effect, Rule

_FOLDER = Path(__file__).parent / "data"
_CATEGORIES = (
    Category.CHARACTER,
    Category.MUSIC,
    Category.PERSON,
    Category.LIKENESS,
    Category.SUITABILITY,
    Category.BRAND,
)


def _slug(phrase: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(phrase).text).strip("-")


def _group(category: Category, group: dict[str, Any]) -> list[Rule]:
    shared = {
        "rewrite": group.get("rewrite", ""),
        "reason": group.get("reason", ""),
        "near": tuple(group.get("near", ())),
        "is_exact": group.get("is_exact", False),
        "unless_negated": group.get("unless_negated", False),
    }
    return [Rule(f"{category}/{_slug(phrase)}", category, phrase, **shared) for phrase in group["phrases"]]


@functools.cache
def starter_rules() -> tuple[Rule, ...]:
    """Every rule of the data files, and the phrases that are let through."""
    rules = [
        rule
        for category in _CATEGORIES
        for group in tomllib.loads((_FOLDER / f"{category}.toml").read_text(encoding="utf-8"))["group"]
        for rule in _group(category, group)
    ]
    allowed = tomllib.loads((_FOLDER / "allow.toml").read_text(encoding="utf-8"))["phrases"]
    rules += [
        Rule(f"allow/{_slug(phrase)}", Category.CUSTOM, phrase, effect=Effect.ALLOW) for phrase in allowed
    ]
    return tuple(rules)


@functools.cache
def starter_version() -> str:
    """Twelve digits that change with any change of the files."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@functools.cache
def starter() -> Matcher:
    """The platform's rules, ready for searching; made once a process."""
    return Matcher(starter_rules())


@functools.cache
def ordinary_briefs() -> tuple[str, ...]:
    """Everyday sentences: a new rule that would refuse many of these refuses too much."""
    lines = (_FOLDER / "ordinary.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip())
