"""Pre-flight at the one door, the safety check behind the queue, and refusals by the provider: what is sent, paid, kept."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from renders import pricing
from renders.actions import appeals, rules
from renders.actions.again import regenerate
from renders.actions.appeals import rules_of
from renders.actions.renders import BlockedByPolicy, submit_render
from renders.models import (
    Allowance,
    CaseState,
    LedgerEntry,
    PolicyCase,
    PolicyEvent,
    RefusalKind,
    Render,
    Suggestion,
)
from renders.policy.findings import MOST_EXPLAINED
from renders.preflight import current_version, preflight
from renders.states import FailureClass, Pause, State
from renders.steps import moderate as moderate_step
from renders.views.refusals import marked
from tenants.models import AppendOnlyError
from tests.cast import person
from tests.renders.pipeline import attempts, balance, fresh, invoiced, make_due, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN_BACK = {"available": 0, "reserved": 0}
MOUSE = "A balloon of Mickey Mouse"


@pytest.fixture
def say(cast, brief):
    """say("words"): the brief's subject from now on."""

    def change(subject: str) -> None:
        brief.subject = subject
        with cast.at():
            brief.save()

    return change


@pytest.fixture
def refuse(cast, account, brief):
    """refuse(): submit it as a page does, which catches the refusal inside its transaction."""

    def try_it() -> BlockedByPolicy:
        with cast.at():
            price = pricing.quote(account, model=brief.model, size=brief.size, seconds=brief.seconds)
            with pytest.raises(BlockedByPolicy) as caught:
                submit_render(
                    brief=brief, submit_key=uuid.uuid4().hex, shown_microusd=price.microusd, by=cast.amara
                )
        return caught.value

    return try_it


@pytest.fixture
def refused(cast, brief, refuse, say) -> PolicyCase:
    say(MOUSE)
    refuse()
    with cast.at():
        return PolicyCase.objects.select_related("brief__project").get()


def events(cast) -> list[PolicyEvent]:
    with cast.at():
        return list(PolicyEvent.objects.order_by("happened_at"))


def test_blocked_brief_costs_nothing_calls_nobody_and_leaves_one_event(cast, refuse, say, emulator):
    say(MOUSE)
    before = emulator.control.get("/requests").json()
    for _ in range(3):
        assert "Mickey Mouse" in str(refuse())
    assert emulator.control.get("/requests").json() == before
    with cast.at():
        assert not Render.objects.exists()
        assert not LedgerEntry.objects.exists()
        [event] = PolicyEvent.objects.all()
        [case] = PolicyCase.objects.all()
    assert (event.kind, event.rule_key) == (RefusalKind.PREFLIGHT, "character/mickey-mouse")
    [hit] = event.hits
    assert MOUSE[hit["start"] : hit["end"]] == hit["phrase"] == "Mickey Mouse"
    assert event.evidence["texts"]["subject"] == MOUSE
    assert case.seen_count == 3
    assert event.brief_version is None


def test_text_refused_everywhere_is_kept_with_every_rule_and_few_explanations(cast, refuse, say):
    """An appeal that is won lifts all of them, explained or not."""
    say("Mickey Mouse, " * 200 + "and Donald Duck")
    refuse()
    [event] = events(cast)
    assert len(event.hits) == MOST_EXPLAINED
    assert event.evidence["more"] == {"subject": 201 - MOST_EXPLAINED}
    assert rules_of(event) == ["character/mickey-mouse", "character/donald-duck"]
    [field] = [field for field in marked(event) if field["name"] == "subject"]
    assert sum("hit" in part for part in field["parts"]) == MOST_EXPLAINED
    assert field["parts"][-1]["text"].endswith(" … and 151 more places that are refused")


def test_other_text_is_another_event_of_the_same_case(cast, refuse, say):
    for text in (MOUSE, f"{MOUSE}, seen from below"):
        say(text)
        refuse()
    with cast.at():
        assert PolicyEvent.objects.count() == 2
        assert PolicyCase.objects.get().seen_count == 2


def test_mended_brief_is_rendered_under_the_rules_that_it_passed(cast, submit, say, refused, emulator):
    say("A balloon of a cheerful cartoon mouse of our own design")
    render = step(submit())
    assert render.state == State.RENDERING
    with cast.at():
        assert render.rules_version == current_version()
    assert len(invoiced(emulator, render)) == 1


def test_notes_for_reviewers_are_not_sent_so_not_refused(cast, brief, submit):
    brief.reviewer_notes = "Do not let it look like Mickey Mouse."
    with cast.at():
        brief.save()
    assert submit().state == State.QUEUED


def test_take_again_goes_through_the_same_door(cast, submit, brief):
    render = submit()
    with cast.at():
        rules.add_rule(phrase=brief.subject.split()[-1], by=cast.amara)
        render = Render.objects.select_related("brief__project", "brief_version").get(pk=render.pk)
        with pytest.raises(BlockedByPolicy):
            regenerate(render=render, submit_key=uuid.uuid4().hex, shown_microusd=400_000, by=cast.amara)
        assert Render.objects.count() == 1


def test_rule_that_is_newer_than_the_submit_is_read_before_it_is_sent(cast, submit, brief, emulator):
    render = submit()
    with cast.at():
        rules.add_rule(phrase=brief.subject.split()[-1], by=cast.amara)
    render = step(render)
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.POLICY_PREFLIGHT)
    assert balance(render) == GIVEN_BACK
    assert invoiced(emulator, render) == []
    [event] = events(cast)
    assert (event.kind, event.render_id) == (RefusalKind.PREFLIGHT, render.pk)


def test_rule_of_one_client_counts_for_that_client_only(cast, account):
    with cast.at():
        rules.add_rule(phrase="purple teapot", client=cast.acme, by=cast.amara)
        texts = {"subject": "A purple teapot"}
        assert not preflight(texts, client_id=cast.acme.pk).has_passed
        assert preflight(texts, client_id=uuid.uuid4()).has_passed
    with cast.at(cast.rivalry):
        assert preflight(texts, client_id=cast.acme.pk).has_passed


def test_switched_off_rule_counts_no_more_and_its_version_is_kept(cast, account):
    texts = {"subject": "A purple teapot"}
    with cast.at():
        rules.add_rule(phrase="purple teapot", by=cast.amara)
        first = preflight(texts)
        [rule] = rules.rules_page()["rules"]
        rules.drop_rule(rule=rule, by=cast.amara)
        second = preflight(texts)
        assert (first.has_passed, second.has_passed) == (False, True)
        assert first.rules_version != second.rules_version
        assert list(type(rule).objects.in_version(1)) == [rule]
        assert list(type(rule).objects.in_version(2)) == []


def test_overturned_appeal_lets_exactly_that_text_pass(cast, submit, say, refuse, refused):
    noor = person("noor@dailies.test", "Noor", is_staff=True)
    with cast.at():
        appeal = appeals.make_appeal(case=refused, reason="It is our client's own mouse.", by=cast.amara)
        appeals.decide_appeal(appeal=appeal, is_overturned=True, answer="A licence was shown.", by=noor)
        [allowance] = Allowance.objects.all()
    assert allowance.rule_key == "character/mickey-mouse"
    render = submit()
    assert step(render).state == State.RENDERING
    say(f"{MOUSE} and a duck")
    refuse()


def test_provider_refusal_is_an_event_in_the_transaction_of_the_failure(cast, submit, fault):
    body = {"error": {"code": "sentinel_block", "message": "Raw provider words", "type": "x", "param": None}}
    fault("status", status=403, body=body, operation="create")
    render = step(submit())
    assert render.failure_class == FailureClass.POLICY_INPUT
    [event] = events(cast)
    assert (event.kind, event.provider_code) == (RefusalKind.PROVIDER_INPUT, "sentinel_block")
    assert event.provider_text == "Raw provider words"
    assert (event.render_id, event.brief_version_id) == (render.pk, render.brief_version_id)


def test_refusal_that_cannot_be_written_leaves_the_failure_unwritten_too(cast, submit, fault, monkeypatch):
    fault(
        "status", status=403, body={"error": {"code": "sentinel_block", "message": "x"}}, operation="create"
    )

    def broken(*_args, **_options):
        raise IntegrityError("no event today")

    render = submit()
    with monkeypatch.context() as patch:
        patch.setattr("renders.triage.PolicyEvent.objects.create", broken)
        with pytest.raises(IntegrityError):
            step(render)
    assert fresh(render).state == State.SUBMITTING
    assert events(cast) == []


def test_blocked_result_is_an_event_and_equal_ones_are_one_case(cast, submit, fault):
    fault("moderation_block", count=2)
    renders = [run_until(submit(), State.FAILED) for _ in range(2)]
    assert {render.failure_class for render in renders} == {FailureClass.POLICY_OUTPUT}
    with cast.at():
        case = PolicyCase.objects.get()
        assert (case.kind, case.seen_count) == (RefusalKind.PROVIDER_OUTPUT, 2)
        assert case.events.count() == 2


@pytest.mark.parametrize(
    ("kind", "parameters", "failure"),
    [
        ("fail", {}, FailureClass.RENDER_FAILED),
        ("status", {"status": 400, "operation": "create"}, FailureClass.INVALID_PARAMS),
    ],
)
def test_failure_of_the_system_is_no_case(cast, submit, fault, kind, parameters, failure):
    fault(kind, **parameters)
    assert run_until(submit(), State.FAILED).failure_class == failure
    assert events(cast) == []


def test_events_cannot_be_edited(cast, refused):
    with cast.at(), pytest.raises(AppendOnlyError):
        PolicyEvent.objects.update(rule_key="x")
    [event] = events(cast)
    event.rule_key = "x"
    with cast.at(), pytest.raises(AppendOnlyError):
        event.save()


class TestSafetyCheck:
    """The provider's POST /moderations, between the queue and the create."""

    @pytest.fixture(autouse=True)
    def _checked(self, account):
        account.moderates = True
        account.save()

    @pytest.fixture
    def sick(self, emulator):
        """sick(kind, …): the safety check misbehaves."""

        def schedule(kind, **parameters):
            emulator.control.post(
                "/faults", json={"kind": kind, "operation": "moderation", **parameters}
            ).raise_for_status()

        return schedule

    def ask(self, render):
        """What the workers do with it next: submit says that the check comes first, moderate asks."""
        make_due(render)
        if fresh(render).state == State.QUEUED:
            assert step(render).state == State.QUEUED
            make_due(render)
        moderate_step.moderate(render.org_id, render.pk)
        return fresh(render)

    def test_prompt_that_passes_is_sent_once(self, submit, emulator):
        render = self.ask(submit())
        assert render.moderated_at is not None
        assert invoiced(emulator, render) == []
        render = step(render)
        assert render.state == State.RENDERING
        assert len(invoiced(emulator, render)) == 1

    def test_check_is_never_asked_inside_a_transaction_or_the_request(self, submit, emulator):
        emulator.control.delete("/requests")
        submit()
        assert emulator.control.get("/requests?operation=moderation").json()["requests"] == []

    def test_flagged_prompt_ends_unsent_with_the_money_back(self, cast, submit, say, emulator):
        say(f"Suicidal thoughts of a kettle {uuid.uuid4().hex}")
        render = self.ask(submit())
        assert (render.state, render.failure_class) == (State.FAILED, FailureClass.POLICY_PREFLIGHT)
        assert balance(render) == GIVEN_BACK
        assert invoiced(emulator, render) == []
        [event] = events(cast)
        assert (event.kind, event.rule_key) == (RefusalKind.SAFETY_CHECK, "safety/self-harm")

    @pytest.mark.parametrize(
        ("kind", "parameters"),
        [
            ("status", {"status": 500}),
            ("status", {"status": 404}),
            ("status", {"status": 401}),
            ("status", {"status": 429}),
            ("drop_before", {}),
            ("malformed", {"variant": "html"}),
            ("malformed", {"variant": "broken_json"}),
            ("malformed", {"variant": "json"}),
            ("malformed", {"variant": "empty"}),
            ("redirect", {}),
        ],
    )
    def test_outage_holds_and_never_passes(self, cast, submit, sick, emulator, kind, parameters):
        sick(kind, **parameters)
        render = self.ask(submit())
        assert (render.state, render.paused_for) == (State.HELD, Pause.SAFETY_CHECK)
        assert render.next_action_at > timezone.now()
        assert balance(render)["reserved"] == 400_000
        assert invoiced(emulator, render) == []
        assert events(cast) == []
        render = self.ask(render)
        assert (render.state, render.paused_for) == (State.QUEUED, "")
        render = run_until(render, State.STORED)
        assert len(invoiced(emulator, render)) == 1

    def test_slow_check_is_an_outage(self, submit, sick, monkeypatch):
        monkeypatch.setattr("renders.providers.videos_api.CALL_SECONDS", 0.2)
        sick("slowloris", interval=0.1)
        render = self.ask(submit())
        assert (render.state, render.paused_for) == (State.HELD, Pause.SAFETY_CHECK)

    def test_check_that_stays_out_keeps_it_held(self, submit, sick, emulator):
        sick("status", status=500, count=None)
        render = submit()
        for _ in range(4):
            render = self.ask(render)
            assert (render.state, render.paused_for) == (State.HELD, Pause.SAFETY_CHECK)
        assert invoiced(emulator, render) == []
        assert len(attempts(render)) == 1

    def test_overturned_appeal_lets_the_flagged_prompt_pass(self, cast, submit, say, emulator):
        noor = person("noor@dailies.test", "Noor", is_staff=True)
        say(f"Suicidal thoughts of a kettle {uuid.uuid4().hex}")
        self.ask(submit())
        with cast.at():
            case = PolicyCase.objects.get()
            appeal = appeals.make_appeal(case=case, reason="A poem about tea.", by=cast.amara)
            appeals.decide_appeal(appeal=appeal, is_overturned=True, answer="So it is.", by=noor)
        render = self.ask(submit())
        assert render.moderated_at is not None


def test_two_people_appeal_at_once_and_one_appeal_waits(cast, refused):
    with cast.at():
        appeals.make_appeal(case=refused, reason="Once", by=cast.amara)
        with pytest.raises(appeals.CannotAppeal, match="waiting"):
            appeals.make_appeal(case=refused, reason="Twice", by=cast.amara)


def test_database_refuses_an_appeal_decided_by_the_wrong_person(cast, refused):
    noor = person("noor@dailies.test", "Noor", is_staff=True)
    with cast.at():
        appeal = appeals.make_appeal(case=refused, reason="Why not", by=cast.amara)
    done = {"verdict": "upheld", "decided_at": timezone.now(), "answer": "No"}
    for wrong in ({"decided_by": cast.amara}, {"decided_by": noor, "case_decided_by": noor}):
        with pytest.raises(IntegrityError, match="second_person"), cast.at(), transaction.atomic():
            type(appeal).objects.filter(pk=appeal.pk).update(**done, **wrong)


def test_suggested_wording_that_is_refused_again_opens_the_case(cast, refuse, say, refused):
    from renders.actions.cases import suggest_wording

    with cast.at():
        suggest_wording(case=refused, texts={"subject": "A balloon of a mouse"}, answer="", by=cast.sol)
        assert Suggestion.objects.count() == 1
    say(f"{MOUSE}, but blue")
    refuse()
    with cast.at():
        assert PolicyCase.objects.get().state == CaseState.OPEN


def test_take_and_version_numbers_are_untouched_by_a_refusal(cast, brief, refuse, say):
    say(MOUSE)
    refuse()
    with cast.at():
        brief.refresh_from_db()
        assert (brief.takes, brief.versions) == (0, 0)
