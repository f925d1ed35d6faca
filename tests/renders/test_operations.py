"""Remix, edit, extend and the final take: what goes on the wire, what it costs, what comes back."""

import datetime
import uuid

import pytest
from django.utils import timezone

from renders import pricing, wishes
from renders.actions.again import regenerate
from renders.actions.assets import CannotDelete, delete_take_files
from renders.actions.derive import CannotPromote, derive_render, finals, promote_render
from renders.actions.renders import CannotSubmit
from renders.models import AssetKind, Attempt, ProviderAccount, Render
from renders.states import FailureClass, Kind, State
from renders.steps.forget import forget
from renders.steps.submit import lane_of, request_of
from tests.renders.pipeline import attempts, balance, fresh, invoiced, run_until
from tests.walks import walk

pytestmark = pytest.mark.django_db(transaction=True)
RATE = 100_000  # micro-dollars a second of sora-2


@pytest.fixture
def keeps_copies(account):
    ProviderAccount.objects.filter(pk=account.pk).update(keeps_copy_seconds=3600)


@pytest.fixture
def source(submit, account, keeps_copies):
    return run_until(submit(), State.IN_REVIEW)


@pytest.fixture
def derive(cast):
    def make(source, kind, *, seconds=0, price=None, prompt=None, key=None):
        with cast.at():
            found = Render.objects.select_related("brief__project", "brief_version", "account").get(
                pk=source.pk
            )
            billed = seconds or found.clip_seconds
            return derive_render(
                source=found,
                kind=kind,
                prompt=prompt or f"A pink sky {uuid.uuid4().hex}",
                submit_key=key or uuid.uuid4().hex,
                shown_microusd=billed * RATE if price is None else price,
                by=cast.amara,
                seconds=seconds,
            )

    return make


def _sent(emulator, operation):
    return emulator.control.get(f"/requests?operation={operation}").json()["requests"]


def _provider_id(render):
    return attempts(render)[-1].provider_video_id


@pytest.mark.parametrize("kind", [Kind.REMIX, Kind.EDIT])
def test_remix_and_edit_name_the_clip_and_cost_its_whole_length(source, derive, emulator, kind):
    emulator.control.delete("/requests")
    made = derive(source, kind)
    done = run_until(made, State.STORED)
    (line,) = invoiced(emulator, done)
    assert (line["operation"], line["cost_microusd"]) == (str(kind), 4 * RATE)
    assert balance(done) == {"available": -4 * RATE, "reserved": 0, "spent": 4 * RATE}
    assert (done.parent_id, done.clip_seconds, done.extensions) == (source.pk, 4, 0)
    (sent,) = _sent(emulator, str(kind))
    if kind == Kind.EDIT:
        assert sent["body"]["values"]["video"] == {"id": _provider_id(source)}
    else:
        assert _provider_id(source) in sent["path"]


def test_extension_costs_its_own_part_and_gives_the_whole(source, derive, emulator, cast):
    made = derive(source, Kind.EXTEND, seconds=8)
    assert (made.seconds, made.clip_seconds, made.extensions) == (8, 12, 1)
    done = run_until(made, State.STORED)
    (line,) = invoiced(emulator, done)
    assert (line["operation"], line["cost_microusd"]) == ("extend", 8 * RATE)
    with cast.at():
        clip = fresh(done).asset(AssetKind.ORIGINAL)
    assert clip.duration_seconds == pytest.approx(12, abs=0.2)


@pytest.mark.parametrize("kind", [Kind.EDIT, Kind.EXTEND])
def test_our_own_copy_goes_along_when_the_provider_has_none(source, derive, emulator, cast, kind):
    (attempt,) = attempts(source)
    with cast.at():
        Attempt.objects.filter(pk=attempt.pk).update(provider_delete_at=timezone.now())
    forget(source.org_id, attempt.pk)
    assert attempts(source)[0].provider_deleted_at
    done = run_until(derive(source, kind, seconds=4 if kind == Kind.EXTEND else 0), State.STORED)
    assert [line["operation"] for line in invoiced(emulator, done)] == [str(kind)]
    with cast.at():
        clip = fresh(done).asset(AssetKind.ORIGINAL)
    assert clip.duration_seconds == pytest.approx(8 if kind == Kind.EXTEND else 4, abs=0.2)


def test_remix_of_a_clip_that_the_provider_dropped_is_refused_before_it_costs(source, derive, cast):
    with cast.at():
        Attempt.objects.filter(render=source).update(provider_deleted_at=timezone.now())
    with pytest.raises(wishes.CannotDerive, match="Edit it instead"):
        derive(source, Kind.REMIX)
    with cast.at():
        assert Render.objects.count() == 1


def test_copy_stays_at_the_provider_while_somebody_is_about_to_name_it(source, derive, cast, fault):
    (attempt,) = attempts(source)
    derive(source, Kind.EDIT)
    with cast.at():
        Attempt.objects.filter(pk=attempt.pk).update(provider_delete_at=timezone.now())
    forget(source.org_id, attempt.pk)
    assert attempts(source)[0].provider_deleted_at is None


def test_files_stay_while_another_take_is_made_from_them(source, derive, cast):
    made = derive(source, Kind.EDIT)
    with cast.at(), pytest.raises(CannotDelete, match="being made from this clip"):
        delete_take_files(render=fresh(source), typed=str(fresh(source)), by=cast.amara)
    run_until(made, State.IN_REVIEW)
    with cast.at():
        assert delete_take_files(render=fresh(source), typed=str(fresh(source)), by=cast.amara)


def test_source_that_vanished_while_it_waited_ends_the_take_unsent_and_unpaid(source, derive, cast, emulator):
    made = derive(source, Kind.REMIX)
    with cast.at():
        Attempt.objects.filter(render=source).update(provider_deleted_at=timezone.now())
    done = run_until(made, State.FAILED)
    assert done.failure_class == FailureClass.SOURCE_GONE
    assert invoiced(emulator, done) == []
    assert balance(done) == {"available": 0, "reserved": 0}


@pytest.mark.parametrize("kind", [Kind.REMIX, Kind.EDIT, Kind.EXTEND])
def test_lost_reply_is_found_in_the_list_and_paid_once(source, derive, emulator, kind):
    prompt = f"A storm {uuid.uuid4().hex}"
    answer = emulator.control.post(
        "/faults", json={"kind": "accept_then_drop", "operation": str(kind), "prompt": prompt}
    )
    answer.raise_for_status()
    done = run_until(
        derive(source, kind, prompt=prompt, seconds=4 if kind == Kind.EXTEND else 0), State.IN_REVIEW
    )
    assert len(invoiced(emulator, done)) == 1
    assert [a.number for a in attempts(done)] == [1]


def test_edit_and_create_of_the_same_words_never_wait_for_an_answer_together(
    source, derive, submit, cast, brief
):
    """Neither says in a list what it was: they take turns."""
    prompt = f"The same words {uuid.uuid4().hex}"
    with cast.at():
        brief.subject = prompt
        brief.save(update_fields=["subject"])
    edited, created = derive(source, Kind.EDIT, prompt=prompt), submit()
    with cast.at():
        rows = Render.objects.select_related("account", "brief_version", "parent").filter(
            pk__in=[edited.pk, created.pk]
        )
        lanes = {lane_of(row.account, request_of(row)) for row in rows}
    assert len(lanes) == 1


def test_again_of_an_edit_starts_from_the_same_clip(source, derive, cast, account):
    made = run_until(derive(source, Kind.EDIT), State.IN_REVIEW)
    with cast.at():
        found = Render.objects.select_related("brief__project", "brief_version", "account", "parent").get(
            pk=made.pk
        )
        again = regenerate(render=found, submit_key=uuid.uuid4().hex, shown_microusd=4 * RATE, by=cast.amara)
    assert (again.kind, again.parent_id, again.brief_version_id) == (
        Kind.EDIT,
        source.pk,
        made.brief_version_id,
    )


def test_empty_prompt_is_refused(source, derive):
    with pytest.raises(CannotSubmit, match="prompt is empty"):
        derive(source, Kind.EDIT, prompt="   ")


def test_draft_of_the_brief_stays_as_it_was(source, derive, cast, brief):
    derive(source, Kind.EDIT)
    with cast.at():
        brief.refresh_from_db()
    assert brief.subject.startswith("A small lighthouse")


@pytest.mark.parametrize(
    ("clip", "extensions", "seconds", "words"),
    [
        (20, 0, 21, "Nearest: 20 s"),
        (20, 0, 5, "Nearest: 4 s or 8 s"),
        (40, 6, 4, "can be extended 6 times"),
        (116, 5, 8, "4 s are left of 120"),
        (118, 5, 4, "2 s are left, less than the shortest"),
    ],
)
def test_limits_of_a_chain_are_said_in_words(account, clip, extensions, seconds, words):
    with pytest.raises(pricing.IllegalChoice, match=words):
        pricing.check_extension(account, before=clip, extensions=extensions + 1, seconds=seconds)


def test_no_reachable_chain_exceeds_six_extensions_or_120_seconds(account):
    reached, frontier = set(), {(s, 0) for s in (4, 8, 12, 16, 20)}
    while frontier:
        reached |= frontier
        frontier = {
            (clip + s, n + 1)
            for clip, n in frontier
            for s in range(1, 41)
            if _may(account, clip, n + 1, s) and (clip + s, n + 1) not in reached
        }
    assert max(clip for clip, _n in reached) == 120
    assert max(n for _clip, n in reached) == 6


def _may(account, before, extensions, seconds):
    try:
        pricing.check_extension(account, before=before, extensions=extensions, seconds=seconds)
    except pricing.IllegalChoice:
        return False
    return True


def test_only_a_chosen_take_has_a_final_version(source, cast):
    with cast.at():
        found = Render.objects.select_related("brief__project", "brief_version", "account").get(pk=source.pk)
        with pytest.raises(CannotPromote, match="Approve it"):
            promote_render(
                source=found,
                model="sora-2-pro",
                size="720x1280",
                submit_key="f",
                shown_microusd=1_200_000,
                by=cast.amara,
            )


def test_final_take_keeps_brief_and_lineage_and_shows_its_price(source, cast, emulator):
    with cast.at():
        walk(Render.objects.filter(pk=source.pk), State.DELIVERABLE)
        found = Render.objects.select_related("brief__project", "brief_version", "account").get(pk=source.pk)
        assert finals(found, found.account)[0] == ("sora-2-pro", "Sora 2 Pro", "720x1280", 1_200_000)
        made = promote_render(
            source=found,
            model="sora-2-pro",
            size="720x1280",
            submit_key="f",
            shown_microusd=1_200_000,
            by=cast.amara,
        )
        assert (made.parent_id, made.is_final, made.brief_version_id) == (
            source.pk,
            True,
            source.brief_version_id,
        )
    done = run_until(made, State.STORED)
    assert balance(done)["spent"] == 1_200_000


def test_expired_copy_counts_as_gone(source, account, cast):
    with cast.at():
        assert wishes.known_there(account, fresh(source))
        Attempt.objects.filter(render=source).update(
            expires_at=timezone.now() - datetime.timedelta(seconds=1)
        )
        assert wishes.known_there(account, fresh(source)) == ""
