"""The policy is carried out: by the database's clock, within an agency's choice, and never against a hold."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from renders.actions import assets, purges
from renders.models import Cause, Deletion, InboundEvent, PurgeRequest, Render
from renders.states import State
from renders.steps import chores, house, retain
from renders.sweep import Sweep
from reviews.actions.decisions import first_break, is_intact
from reviews.models import Comment, Decision, Guest, PortalLink, StageKind, Verdict
from tenants.actions.retention import CannotChoose, choose
from tenants.models import AuditEvent, Chore, ChoreKind, Invitation
from tenants.retention import policy, run
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def age(render, days) -> None:
    Render.objects.filter(pk=render.pk).update(state_at=Now() - timedelta(days=days))


def carry_out(cast) -> None:
    with cast.at():
        chores.call_for(ChoreKind.RETENTION)
    retain.retain(cast.northlight.pk)


def switch_on(cast, name, period=None) -> None:
    rule = policy.rules()[name]
    period = rule.period if period is None else period
    with cast.at():
        shown = run.due(policy.Held(rule, period, is_on=True, is_own=True)).count()
        choose(agency=cast.northlight, rule=rule, period=period, is_on=True, shown=shown, by=cast.amara)


@pytest.fixture
def takes(cast):
    """Rejected long ago, rejected lately, rejected and held, and one whose work goes on."""
    with cast.at():
        old = factories.take(cast, State.REJECTED, title="Old")
        new = factories.take(cast, State.REJECTED, title="New")
        held = factories.take(cast, State.REJECTED, title="Held")
        for render, days in ((old, 100), (new, 80), (held, 100)):
            age(render, days)
        assets.hold_take(render=held, reason="Case", by=cast.amara)
    return old, new, held


def test_rule_that_is_off_lets_nothing_go(cast, takes):
    carry_out(cast)
    with cast.at():
        assert not Deletion.objects.exists()


def test_rule_lets_go_what_is_past_its_period_and_a_hold_wins(cast, takes, jobs):
    old, _new, held = takes
    with cast.at():
        rule = policy.holds("rejected_takes")
        assert list(run.due(rule)) == [old]
        assert list(run.kept_by_hold(rule)) == [held]
    switch_on(cast, "rejected_takes")
    carry_out(cast)
    with cast.at():
        [deletion] = Deletion.objects.all()
        assert (deletion.render_id, deletion.cause, deletion.asked_by) == (old.pk, Cause.RETENTION, None)
        assert AuditEvent.objects.filter(action="retention.carried_out").count() == 1
    carry_out(cast)
    with cast.at():
        assert Deletion.objects.count() == 1, "what went does not go again"
        assert not run.due(policy.holds("rejected_takes")).exists()


def test_agencys_own_period_decides(cast, takes):
    old, new, _held = takes
    switch_on(cast, "rejected_takes", 70)
    carry_out(cast)
    with cast.at():
        assert set(Deletion.objects.values_list("render_id", flat=True)) == {old.pk, new.pk}


def test_bounds_and_the_shown_count_are_insisted_on(cast, takes):
    rule = policy.rules()["rejected_takes"]
    for period in (6, 1826, -1):
        with cast.at(), pytest.raises(CannotChoose, match="Choose between 7 days and 5 years"):
            choose(agency=cast.northlight, rule=rule, period=period, is_on=True, shown=1, by=cast.amara)
    with cast.at(), pytest.raises(CannotChoose, match="By now 1 would go, and the page showed 0"):
        choose(agency=cast.northlight, rule=rule, period=90, is_on=True, shown=0, by=cast.amara)
    for name in ("members", "inbound_hooks"):
        with cast.at(), pytest.raises(CannotChoose, match="the same for every agency"):
            choose(
                agency=cast.northlight,
                rule=policy.rules()[name],
                period=1,
                is_on=True,
                shown=0,
                by=cast.amara,
            )


def test_killed_between_two_rules_goes_on_with_the_next_hour(cast, takes, monkeypatch):
    switch_on(cast, "rejected_takes")

    def dies(*_args, **_kwargs):
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(run, "carry_out", dies)
        with pytest.raises(SystemExit):
            carry_out(cast)
    retain.retain(cast.northlight.pk)
    with cast.at():
        assert not Deletion.objects.exists(), "not due: the next time is booked before the work"
    carry_out(cast)
    with cast.at():
        assert Deletion.objects.count() == 1


def test_guests_invitations_and_words_go_and_the_chains_stay_whole(cast, jobs):
    with cast.at():
        round_ = factories.shared_take(cast)
        link, _token = factories.link(round_, cast.amara)
        clara = factories.clara(link)
        factories.said(round_, clara, "Call me at 555-0100")
        factories.decided(round_, Verdict.APPROVED, clara, kind=StageKind.CLIENT, note="Clara says yes")
        long_ago = Now() - timedelta(days=4000)
        PortalLink.objects.update(expires_at=long_ago)
        Comment.objects.update(created_at=long_ago)
        Invitation.objects.create(
            email="new@x.test", role="viewer", token_hash="x", invited_by=cast.amara, expires_at=long_ago
        )
    carry_out(cast)
    with cast.at():
        guest = Guest.objects.get()
        assert (guest.name, guest.email, str(guest)) == ("", "", "Name erased")
        assert guest.erased_at
        assert PortalLink.objects.get().label == ""
        assert Comment.objects.get().is_erased
        assert not Invitation.objects.exists()
        chain = list(Decision.objects.select_related("words").order_by("seq"))
        assert chain[-1].note == "Clara says yes", "younger than its period"
        assert first_break(chain) is None
        assert all(is_intact(decision) for decision in chain)


def test_sweep_rings_for_agencies_that_are_due_or_were_never_done(cast, jobs):
    jobs.clear()
    Sweep().once()
    rung = {args for name, args in jobs.waiting() if name == "chore"}
    assert {(str(cast.northlight.pk), kind) for kind in ("audit", "retention")} <= rung
    jobs.run()
    with cast.at():
        assert Chore.objects.filter(done_at__isnull=False).count() == 2
    Sweep().once()
    assert not [name for name, _args in jobs.waiting() if name == "chore"]


def test_platforms_own_rows_and_files_go(cast, settings, tmp_path):
    import os

    provider = factories.account()
    for number, days in enumerate((200, 10)):
        InboundEvent.objects.create(account=provider, webhook_id=str(number), kind="x", video_id="v")
        InboundEvent.objects.filter(webhook_id=str(number)).update(received_at=Now() - timedelta(days=days))
    settings.DATA_DIR = tmp_path
    for folder, ending in (("mailbox", "json"), ("logs", "log")):
        (tmp_path / folder).mkdir()
        for name, days in (("old", 40), ("new", 1)):
            path = tmp_path / folder / f"{name}.{ending}"
            path.write_text("{}")
            when = path.stat().st_mtime - days * 86_400
            os.utime(path, (when, when))
    house.keep_house()
    assert list(InboundEvent.objects.values_list("webhook_id", flat=True)) == ["1"]
    assert [path.name for path in (tmp_path / "mailbox").iterdir()] == ["new.json"]
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["new.log"]
    assert (tmp_path / "signing-keys.json").is_file()


@pytest.fixture
def request_(cast):
    with cast.at():
        renders = [factories.take(cast, State.REJECTED, title=f"T{n}") for n in range(3)]
        made = purges.ask_purge(
            render_ids=[render.pk for render in renders], title="Three", reason="Old", by=cast.amara
        )
    return made, renders


def test_bulk_needs_a_second_person(cast, request_):
    made, _renders = request_
    with cast.at(), pytest.raises(purges.CannotSettle, match="somebody else has to approve"):
        purges.approve_purge(request=made, by=cast.amara)
    with pytest.raises(IntegrityError), transaction.atomic(), cast.at():
        PurgeRequest.objects.filter(pk=made.pk).update(
            verdict="approved", decided_by=cast.amara, decided_at=Now()
        )
    with cast.at():
        outcome = purges.approve_purge(request=made, by=cast.bruno)
        assert outcome == {"laid": 3, "left": []}
        assert Deletion.objects.filter(cause=Cause.BULK, request=made).count() == 3
    with cast.at(), pytest.raises(purges.CannotSettle, match="settled: approved"):
        purges.approve_purge(request=made, by=cast.bruno)


def test_bulk_leaves_what_may_not_go_and_says_why(cast, request_):
    made, renders = request_
    with cast.at():
        assets.hold_take(render=renders[1], reason="Case 9", by=cast.bruno)
    with cast.at():
        outcome = purges.approve_purge(request=made, by=cast.bruno)
    assert outcome["laid"] == 2
    [[public_id, why]] = outcome["left"]
    assert public_id == renders[1].public_id
    assert "Case 9" in why


def test_one_may_withdraw_and_the_other_refuse(cast, request_):
    made, renders = request_
    with cast.at():
        purges.turn_down_purge(request=made, by=cast.amara)
        assert PurgeRequest.objects.get().verdict == "withdrawn"
        other = purges.ask_purge(render_ids=[renders[0].pk], title="x", reason="y", by=cast.amara)
        purges.turn_down_purge(request=other, by=cast.bruno)
        assert PurgeRequest.objects.get(pk=other.pk).verdict == "refused"
        assert not Deletion.objects.exists()


@pytest.mark.parametrize(
    ("ids", "reason", "words"),
    [
        ([], "x", "no file"),
        (["a"], " ", "Say why"),
        (["a"], "x" * 301, "301 characters"),
        (["a"] * 1, "", "Say why"),
    ],
)
def test_odd_requests_are_refused_in_words(cast, request_, ids, reason, words):
    _made, renders = request_
    with cast.at(), pytest.raises(purges.CannotAsk, match=words):
        purges.ask_purge(render_ids=[renders[0].pk] * len(ids), title="x", reason=reason, by=cast.amara)
