"""Making a character known to the provider: each way in which it can go wrong. It never stays stuck, and what a lost
answer may have left behind is on record. Requirements A16, B23."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from characters.actions.approval import approve, ask_registration
from characters.actions.characters import revoke_character
from characters.models import Character, Clip, Likeness
from characters.states import State
from renders.models import ProviderAccount, Registration, RegistrationStatus
from renders.steps import register as step
from renders.sweep import Sweep
from tests import characters_kit as kit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(cast, account):
    """An approved character whose registration is due."""
    with cast.at():
        return kit.character(cast, State.AWAITING)


@pytest.fixture
def misbehave(emulator, account):
    """misbehave("kind", …): the next registration meets this fault."""

    def schedule(kind, **parameters):
        fault = {"kind": kind, "operation": "character_create", **parameters}
        emulator.control.post("/faults", json=fault).raise_for_status()

    return schedule


@pytest.fixture
def posts(emulator):
    """How many registrations the provider has seen since the test began."""

    def count():
        answer = emulator.control.get("/requests", params={"operation": "character_create"}).json()
        return len(answer["requests"] if isinstance(answer, dict) else answer)

    emulator.control.delete("/requests")
    return count


def run(character):
    """One round of the worker, as if it were due."""
    with step.org_transaction(character.org_id):
        due = Character.objects.filter(pk=character.pk, state=State.AWAITING)
        due.update(next_action_at=Now() - timedelta(seconds=1))
    step.register(character.org_id, character.pk)
    return now(character)


def now(character):
    with step.org_transaction(character.org_id):
        return kit.fresh(character)


def attempts(character):
    with step.org_transaction(character.org_id):
        return list(Registration.objects.filter(character=character).order_by("number"))


def later(character, seconds=step.GRACE_SECONDS):
    """As if so much time had passed since the last intent."""
    with step.org_transaction(character.org_id):
        row = Registration.objects.filter(character=character).order_by("-number").first()
        Registration.objects.filter(pk=row.pk).update(
            intent_at=row.intent_at - timedelta(seconds=seconds + 1)
        )


def test_approved_character_becomes_known_and_the_sweep_rings_for_it(cast, account, emulator, jobs, posts):
    with cast.at():
        character = kit.character(cast, State.VALIDATED)
        approve(character=character, shown_version=character.version, by=cast.bruno)
    Sweep().once()
    assert ("register", (str(character.org_id), str(character.pk))) in jobs.waiting()
    found = run(character)
    assert (found.state, found.next_action_at) == (State.REGISTERED, None)
    [row] = attempts(character)
    assert (row.status, row.account_id) == (RegistrationStatus.REGISTERED, account.pk)
    assert row.provider_character_id.startswith("char_")
    assert posts() == 1


def test_two_workers_send_once(waiting, posts):
    run(waiting)
    step.register(waiting.org_id, waiting.pk)
    assert posts() == 1
    assert len(attempts(waiting)) == 1


LOST_REPLIES = [
    ("accept_then_drop", {}),
    ("status", {"status": 500, "accepted": True}),
    ("status", {"status": 504, "accepted": True}),
    ("malformed", {"variant": "html"}),
    ("malformed", {"variant": "no_id"}),
    ("malformed", {"variant": "empty"}),
    ("redirect", {}),
    ("drop_before", {}),
]


@pytest.mark.parametrize(("kind", "parameters"), LOST_REPLIES)
def test_lost_reply_waits_for_the_grace_and_is_tried_once_more_as_a_new_attempt(
    waiting, misbehave, posts, kind, parameters
):
    misbehave(kind, **parameters)
    found = run(waiting)
    assert found.state == State.AWAITING
    assert "tried once more" in found.note
    assert [row.status for row in attempts(waiting)] == [RegistrationStatus.DOUBT]
    # Not before the grace is over, however often it is rung for.
    run(waiting)
    run(waiting)
    assert posts() == 1
    later(waiting)
    assert run(waiting).state == State.REGISTERED
    assert [row.status for row in attempts(waiting)] == [
        RegistrationStatus.DOUBT,
        RegistrationStatus.REGISTERED,
    ]
    assert posts() == 2


def test_second_lost_reply_needs_a_person_who_may_ask_again(cast, waiting, misbehave, posts):
    misbehave("accept_then_drop", count=2)
    run(waiting)
    later(waiting)
    found = run(waiting)
    assert found.state == State.APPROVED
    assert "may hold a copy" in found.note
    assert posts() == 2
    run(waiting)
    assert posts() == 2
    with cast.at():
        ask_registration(character=found, by=cast.amara)
    assert run(waiting).state == State.REGISTERED
    assert [row.status for row in attempts(waiting)] == ["doubt", "doubt", "registered"]


def test_where_registering_costs_a_lost_reply_needs_a_person_at_once(waiting, account, misbehave, posts):
    ProviderAccount.objects.filter(pk=account.pk).update(registers_free=False)
    misbehave("accept_then_drop")
    assert run(waiting).state == State.APPROVED
    assert posts() == 1


def test_killed_between_intent_and_record_is_in_doubt_and_not_sent_blindly(waiting, posts, monkeypatch):
    def die(*_args):
        raise SystemExit("killed before the outcome was written")

    with monkeypatch.context() as patch:
        patch.setattr(step, "_record", die)
        with pytest.raises(SystemExit):
            run(waiting)
    assert [row.status for row in attempts(waiting)] == [RegistrationStatus.SENDING]
    assert run(waiting).state == State.AWAITING
    assert [row.status for row in attempts(waiting)] == [RegistrationStatus.DOUBT]
    assert posts() == 1
    later(waiting)
    assert run(waiting).state == State.REGISTERED
    assert posts() == 2


def test_killed_before_the_call_is_registered_in_the_end(waiting, posts, monkeypatch):
    def die(*_args):
        raise SystemExit("killed before the request left")

    with monkeypatch.context() as patch:
        patch.setattr(step, "_post", die)
        with pytest.raises(SystemExit):
            run(waiting)
    run(waiting)
    later(waiting)
    assert run(waiting).state == State.REGISTERED
    assert posts() == 1


def test_late_answer_of_a_worker_that_slept_is_kept_on_record_and_used_by_nobody(waiting, posts, monkeypatch):
    real, held = step._record, []
    with monkeypatch.context() as patch:
        patch.setattr(step, "_record", lambda job, outcome: held.append((job, outcome)))
        run(waiting)
    run(waiting)
    later(waiting)
    assert run(waiting).state == State.REGISTERED
    with step.org_transaction(waiting.org_id):
        real(*held[0])
    first, second = attempts(waiting)
    assert (first.status, second.status) == (RegistrationStatus.DUPLICATE, RegistrationStatus.REGISTERED)
    assert first.provider_character_id != second.provider_character_id
    assert now(waiting).state == State.REGISTERED


def test_rate_limit_and_refused_connection_wait_and_are_no_failure(waiting, account, emulator, misbehave):
    misbehave("status", status=429, headers={"retry-after": "7"})
    found = run(waiting)
    assert found.state == State.AWAITING
    assert 5 < (found.next_action_at - timezone.now()).total_seconds() < 8
    ProviderAccount.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:9/v1")
    assert "cannot be reached" in run(waiting).note
    ProviderAccount.objects.filter(pk=account.pk).update(base_url=emulator.url)
    assert run(waiting).state == State.REGISTERED
    assert len(attempts(waiting)) == 1


def test_provider_that_stays_away_ends_in_words(waiting, account):
    ProviderAccount.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:9/v1")
    for _ in range(step.MAX_TRIES):
        found = run(waiting)
    assert found.state == State.APPROVED
    assert "cannot be reached" in found.note


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 400, "message": "bad clip"}, "refused this clip"),
        ({"status": 403, "code": "sentinel_block"}, "policy refused"),
        ({"status": 410}, "does not take characters"),
    ],
)
def test_definite_no_ends_in_words_and_keeps_the_providers_own_for_staff(waiting, misbehave, fault, words):
    misbehave("status", **fault)
    found = run(waiting)
    assert found.state == State.APPROVED
    assert words in found.note
    [row] = attempts(waiting)
    assert row.status == RegistrationStatus.REFUSED
    assert row.error
    # A person may mend what was wrong and ask again: a new attempt.
    with step.org_transaction(waiting.org_id):
        ask_registration(character=found, by=found.created_by)
    assert run(waiting).state == State.REGISTERED
    assert [row.number for row in attempts(waiting)] == [1, 2]


def test_refused_account_is_held_and_tried_again_by_itself(waiting, account, misbehave):
    misbehave("status", status=401)
    assert run(waiting).state == State.AWAITING
    account.refresh_from_db()
    assert account.held_until_at > timezone.now()
    # While it is held nothing is sent.
    assert "No provider account" in run(waiting).note
    ProviderAccount.objects.filter(pk=account.pk).update(held_until_at=None)
    assert run(waiting).state == State.REGISTERED


def test_known_character_is_looked_up_and_registered_anew_only_when_the_provider_lost_it(
    cast, waiting, posts, account
):
    run(waiting)
    with cast.at():
        ask_registration(character=now(waiting), by=cast.amara)
    assert run(waiting).state == State.REGISTERED
    assert posts() == 1
    with cast.at():
        Registration.objects.update(provider_character_id="char_that_is_gone")
        ask_registration(character=now(waiting), by=cast.amara)
    assert run(waiting).state == State.AWAITING
    assert run(waiting).state == State.REGISTERED
    assert [row.status for row in attempts(waiting)] == [
        RegistrationStatus.LOST,
        RegistrationStatus.REGISTERED,
    ]
    assert posts() == 2


def test_revoked_while_the_call_is_out_stays_revoked_and_the_id_is_on_record(cast, waiting, monkeypatch):
    real = step._record

    def revoke_first(job, outcome):
        revoke_character(character=job.character, reason="Contract ended", by=cast.amara)
        real(job, outcome)

    monkeypatch.setattr(step, "_record", revoke_first)
    assert run(waiting).state == State.REVOKED
    [row] = attempts(waiting)
    assert row.status == RegistrationStatus.REGISTERED


@pytest.mark.parametrize("likeness", [Likeness.DOUBTFUL, Likeness.REFUSED])
def test_clip_that_is_not_cleared_never_leaves_our_server(cast, waiting, posts, likeness):
    with cast.at():
        fields = {"likeness": likeness}
        if likeness == Likeness.REFUSED:
            fields |= {"likeness_by": cast.sol, "likeness_at": timezone.now(), "likeness_reason": "A face"}
        Clip.objects.filter(pk=waiting.clip_id).update(**fields)
    found = run(waiting)
    assert (found.state, posts()) == (State.APPROVED, 0)
    assert "not cleared" in found.note


def test_likeness_goes_only_to_an_account_that_is_eligible_today(cast, waiting, posts, account):
    """F12, F27."""
    with cast.at():
        Clip.objects.filter(pk=waiting.clip_id).update(
            likeness=Likeness.ELIGIBLE,
            likeness_by=cast.sol,
            likeness_at=timezone.now(),
            likeness_reason="Consent of 3 May",
        )
    found = run(waiting)
    assert (found.state, posts()) == (State.APPROVED, 0)
    assert "has not agreed" in found.note
    today = timezone.now().date()
    ProviderAccount.objects.filter(pk=account.pk).update(likeness_from=today, likeness_evidence="Letter 12")
    with cast.at():
        ask_registration(character=found, by=cast.amara)
    assert run(waiting).state == State.REGISTERED


def test_eligibility_without_a_date_or_evidence_cannot_be_written(account):
    for fields in ({"likeness_from": timezone.now().date()}, {"likeness_evidence": "A letter"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ProviderAccount.objects.filter(pk=account.pk).update(**fields)


def test_provider_id_of_another_character_is_no_answer(cast, waiting, account, monkeypatch):
    with cast.at():
        other = kit.character(cast, name="Other")
        kit.registered(other, account, provider_id="char_taken")
    monkeypatch.setattr(step, "_post", lambda job: step.ProviderCharacter(id="char_taken", name="Pip"))
    assert run(waiting).state == State.AWAITING
    assert [row.status for row in attempts(waiting)] == [RegistrationStatus.DOUBT]


def test_clip_whose_bytes_changed_is_not_sent(waiting, posts, monkeypatch):
    with step.org_transaction(waiting.org_id):
        row = kit.source_of(waiting)
        type(row).objects.filter(pk=row.pk).update(sha256="0" * 64)
    found = run(waiting)
    assert (found.state, posts()) == (State.AWAITING, 0)
    assert "tried again" in found.note
