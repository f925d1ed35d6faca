"""System check: nobody keeps a person's data or a file without having said until when."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from tenants.retention.policy import rules

FILE = Path(__file__).parent / "columns.toml"
OUR_APPS = ("tenants", "characters", "renders", "reviews", "config")
# Columns that can hold words, or the way to a file. All others hold numbers, moments, switches and references.
_WORDS: tuple[type[models.Field], ...] = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.FileField,
    models.BinaryField,
    models.GenericIPAddressField,
)
_HINT = "Give it its place in tenants/retention/columns.toml; docs/how-to.md says how."


@dataclass(frozen=True)
class Line:
    """What columns.toml says of one model."""

    plain: frozenset[str]
    personal: frozenset[str]
    media: frozenset[str]
    rules: tuple[str, ...]


@cache
def lines() -> dict[str, Line]:
    """The classification by app.Model."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))["columns"]
    return {
        label: Line(
            plain=frozenset(said.get("plain", "").split()),
            personal=frozenset(said.get("personal", "").split()),
            media=frozenset(said.get("media", "").split()),
            rules=tuple(said.get("rules", "").split()),
        )
        for label, said in read.items()
    }


def _speaks(field: Any) -> bool:
    """Whether the column can hold words. A choice among words of ours holds none of somebody's."""
    base = getattr(field, "base_field", field)  # the elements of an array
    if isinstance(base, models.FileField):
        return True
    return isinstance(base, _WORDS) and not field.choices


def _ours() -> Iterator[Any]:
    for model in apps.get_models():
        if model._meta.app_label in OUR_APPS:
            yield model


def problems(model: Any, line: Line | None) -> Iterator[tuple[str, str]]:
    """(id, what is wrong) with one model's line."""
    label = model._meta.label
    if line is None:
        yield "E010", f"Nobody has said what the columns of {label} hold."
        return
    names = {field.name for field in model._meta.local_fields if not field.is_relation}
    said = line.plain | line.personal | line.media
    for field in model._meta.local_fields:
        if not field.is_relation and _speaks(field) and field.name not in said:
            yield "E011", f"{label}.{field.name} may hold words or a file, and nobody has said which."
        if isinstance(field, models.FileField) and field.name in said - line.media:
            yield "E012", f"{label}.{field.name} is a file, so it is media."
    for name in sorted(said - names):
        yield "E013", f"{label} has no column {name} any more."
    for name in line.rules:
        if name not in rules():
            yield "E014", f"{label} names the retention rule {name!r}, which is not in policy.toml."
    if (line.personal or line.media) and not line.rules:
        kept = ", ".join(sorted(line.personal | line.media))
        yield "E015", f"{label} keeps {kept} without a retention rule."


@register()
def every_column_has_its_retention_class(app_configs: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """Each model is classified, and what is personal or media has a rule."""
    for model in _ours():
        for number, text in problems(model, lines().get(model._meta.label)):
            yield Error(text, hint=_HINT, obj=model, id=f"tenants.{number}")
    known = {model._meta.label for model in _ours()}
    for label in sorted(set(lines()) - known):
        yield Error(f"columns.toml speaks of {label}, which is no model.", hint=_HINT, id="tenants.E016")


@register()
def every_rule_can_be_carried_out(app_configs: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """A rule names a model and columns that are there, and bounds that hold its own period."""
    for rule in rules().values():
        text = ""
        try:
            meta = rule.model_class._meta if rule.model else None
            for name in [*rule.set, *([rule.stamp] if rule.stamp else [])]:
                assert meta is not None
                meta.get_field(name)
        except (LookupError, FieldDoesNotExist) as error:
            text = f"The retention rule {rule.name} does not fit the models: {error}."
        if rule.is_agencys and not rule.min <= rule.period <= rule.max:
            text = (
                f"The retention rule {rule.name} keeps for {rule.period} and allows {rule.min} to {rule.max}."
            )
        if rule.is_executed and not rule.period:
            text = f"The retention rule {rule.name} has no period."
        if text:
            yield Error(text, hint="See the head of tenants/retention/policy.toml.", id="tenants.E017")
