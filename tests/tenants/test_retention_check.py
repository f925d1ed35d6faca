"""Nobody keeps people or files without a rule: the check says so, for each way to forget it."""

import pytest
from django.db import models

from tenants.models import Invitation, RetentionChoice
from tenants.retention import columns, policy
from tenants.retention.columns import (
    Line,
    every_column_has_its_retention_class,
    every_rule_can_be_carried_out,
)


def line(plain="", personal="", media="", rules=""):
    return Line(*(frozenset(part.split()) for part in (plain, personal, media)), rules=tuple(rules.split()))


def found(model, said):
    return {number for number, _text in columns.problems(model, said)}


def test_the_house_is_in_order():
    assert list(every_column_has_its_retention_class()) == []
    assert list(every_rule_can_be_carried_out()) == []


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (None, "E010"),
        (line(plain="token_hash"), "E011"),
        (line(plain="token_hash email gone", rules="invitations"), "E013"),
        (line(plain="token_hash", personal="email", rules="no_such_rule"), "E014"),
        (line(plain="token_hash", personal="email"), "E015"),
    ],
)
def test_each_way_to_forget_it_is_reported(said, number):
    assert number in found(Invitation, said)


def test_a_planted_model_with_a_file_is_reported():
    class Poster(models.Model):
        picture = models.FileField(upload_to="")
        caption = models.CharField(max_length=20)
        kind = models.CharField(max_length=5, choices=[("a", "A")])
        made_at = models.DateTimeField()

        class Meta:
            app_label = "planted"

        def __str__(self):
            return self.caption

    assert found(Poster, line(plain="caption")) == {"E011"}
    assert found(Poster, line(plain="caption picture")) == {"E012"}
    assert found(Poster, line(plain="caption", media="picture")) == {"E015"}
    assert found(Poster, line(plain="caption", media="picture", rules="logos")) == set()


def test_a_line_for_a_model_that_is_gone_is_reported(monkeypatch):
    known = columns.lines()
    monkeypatch.setattr(columns, "lines", lambda: {**known, "renders.Gone": line()})
    assert [error.id for error in every_column_has_its_retention_class()] == ["tenants.E016"]


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "renders.Nothing"},
        {"set": {"no_such": ""}},
        {"stamp": "no_such"},
        {"period": 5000},
        {"period": 0},
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_reported(monkeypatch, fields):
    good = policy.rules()["guests"]
    bad = policy.Rule(**{**vars(good), **fields})
    monkeypatch.setattr(columns, "rules", lambda: {"guests": bad})
    assert [error.id for error in every_rule_can_be_carried_out()] == ["tenants.E017"]


@pytest.mark.django_db
def test_choices_of_an_agency_are_held_inside_the_bounds(cast):
    with cast.at():
        RetentionChoice.objects.create(rule="guests", period=99_999, is_on=True, changed_by=cast.amara)
        assert policy.holds("guests").period == policy.rules()["guests"].max


def test_periods_in_words():
    rule, hours = policy.rules()["guests"], policy.rules()["undo_window"]
    assert [rule.words(n) for n in (1, 30, 365, 1095)] == ["1 day", "30 days", "1 year", "3 years"]
    assert [hours.words(n) for n in (0, 1, 24)] == ["0 hours", "1 hour", "24 hours"]
