"""An agency's own rules: tried, switched on, switched off; what would stop ordinary work is refused."""

import pytest

from renders.actions import rules
from renders.models import PolicyRule, RulesVersion
from renders.versions import freeze
from tenants.models import AuditEvent
from tests.cast import browser

pytestmark = pytest.mark.django_db
PAGE = "/a/northlight/settings/rules/"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def past(cast, make_brief):
    """Ten rendered briefs."""
    with cast.at():
        for number in range(10):
            freeze(make_brief(f"Shot {number}", subject=f"A teal teapot number {number}"), by=cast.amara)


def fields(phrase, do="try", **more):
    return {"phrase": phrase, "effect": "block", "client": "", "rewrite": "", "reason": "", "do": do, **more}


def test_trying_says_what_it_would_have_refused_and_changes_nothing(amara, cast, past):
    page = amara.post(PAGE, fields("teapot number 3")).content.decode()
    assert "It would have refused 1 of your latest 10 briefs." in page
    assert "Shot 3" in page
    with cast.at():
        assert not PolicyRule.objects.exists()


def test_switching_on_makes_a_version_and_is_audited(amara, cast, past):
    amara.post(PAGE, fields("teapot number 3", "add", rewrite="a kettle", reason="The client has seen it."))
    amara.post(PAGE, fields("turquoise spoon", "add"))
    with cast.at():
        assert list(RulesVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
        event = AuditEvent.objects.filter(action="policy_rule.added").earliest("seq")
        assert event.data == {"version": 1, "effect": "block", "would_refuse": 1}
        rule = PolicyRule.objects.get(phrase="teapot number 3")
    page = amara.get(PAGE).content.decode()
    assert "The client has seen it." in page
    amara.post(f"{PAGE}{rule.public_id}/off")
    with cast.at():
        assert RulesVersion.objects.count() == 3
        assert [r.phrase for r in PolicyRule.objects.current()] == ["turquoise spoon"]


def test_rule_that_matches_everything_is_seen_and_refused(amara, cast, past):
    page = amara.post(PAGE, fields("teapot number")).content.decode()
    assert "It would stop ordinary work" in page
    assert "It would have refused 10 of your latest 10 briefs." in page
    answer = amara.post(PAGE, fields("teapot number", "add"))
    assert answer.status_code == 422
    assert (
        "would stop ordinary work. It would have refused 10 of your latest 10 briefs."
        in answer.content.decode()
    )
    for phrase in ("the", "a", "of"):
        refused = amara.post(PAGE, fields(phrase, "add"))
        assert refused.status_code == 422
        assert "in almost every sentence" in refused.content.decode()
    with cast.at():
        assert not PolicyRule.objects.exists()


def test_rule_that_is_in_everyday_sentences_is_refused_without_any_past(cast, account, monkeypatch):
    monkeypatch.setattr(rules, "ordinary_briefs", lambda: ("A teapot boils.", "A cat naps.", "A dog naps."))
    with cast.at():
        with pytest.raises(rules.BadRule, match="of 3 everyday sentences it finds 1"):
            rules.add_rule(phrase="teapot", by=cast.amara)
        assert not RulesVersion.objects.exists()


def test_pattern_is_refused_with_the_reason(amara, cast):
    answer = amara.post(PAGE, fields(r"(a+)+$", "add"))
    assert answer.status_code == 422
    assert "Rules are plain words" in answer.content.decode()
    assert "(a+)+$" in answer.content.decode()


def test_same_rule_twice_and_wording_that_holds_the_phrase_are_refused(cast, account):
    with cast.at():
        rules.add_rule(phrase="purple teapot", by=cast.amara)
        with pytest.raises(rules.BadRule, match="already"):
            rules.add_rule(phrase="Purple Teapot", by=cast.amara)
        with pytest.raises(rules.BadRule, match="holds the phrase"):
            rules.add_rule(phrase="red kettle", rewrite="a big red kettle", by=cast.amara)


def test_rules_of_another_agency_are_not_there(cast, account):
    with cast.at():
        rules.add_rule(phrase="purple teapot", by=cast.amara)
        rule = PolicyRule.objects.get()
    assert "purple teapot" not in browser(cast.dmitri).get("/a/rivalry/settings/rules/").content.decode()
    assert browser(cast.dmitri).post(f"/a/rivalry/settings/rules/{rule.public_id}/off").status_code == 404
