"""The kill switch: once it has committed nothing is sent, nothing is lost, and all goes on when it is thrown back."""

import threading
import time

import pytest
from django.db import close_old_connections, connection

from renders import switch
from renders.actions import generation
from renders.actions.renders import cancel_render
from renders.actions.words import ReasonMissing
from renders.models import LedgerEntry, PolicyEvent, ProviderAccount, Render, RenderEvent
from renders.providers.videos_api import VideosApi
from renders.states import FailureClass, Pause, State
from renders.steps import submit as submit_step
from renders.sweep import Sweep
from reviews.models import Verdict
from tenants.models import Agency, AuditEvent
from tests import factories
from tests.cast import browser
from tests.renders.pipeline import attempts, balance, fresh, invoiced, make_due, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


def stop(cast, reason="Complaint 12 is looked at.", agency=None):
    with cast.at(agency):
        return generation.stop_generation(agency=agency or cast.northlight, reason=reason, by=cast.sol)


def resume(cast):
    with cast.at():
        return generation.resume_generation(agency=cast.northlight, by=cast.sol)


def sent(emulator, render) -> int:
    return len(invoiced(emulator, render))


def test_stop_pauses_what_waits_and_keeps_its_money(cast, submit):
    renders = [submit() for _ in range(3)]
    effect = stop(cast)
    assert effect.waiting == 3
    for render in map(fresh, renders):
        assert (render.state, render.paused_for, render.next_action_at) == (State.HELD, Pause.STOPPED, None)
        assert balance(render)["reserved"] == PRICE
    with cast.at():
        assert RenderEvent.objects.filter(target=State.HELD, actor=f"user:{cast.sol.pk}").count() == 3
        event = AuditEvent.objects.get(action="generation.stopped")
    assert event.actor == f"user:{cast.sol.pk}"
    assert event.data["paused"] == 3


def test_new_submits_are_refused_in_words_and_cost_nothing(cast, submit):
    stop(cast, "Complaint 12 is looked at.")
    with pytest.raises(switch.GenerationStopped, match="Complaint 12"):
        submit()
    with cast.at():
        assert not Render.objects.exists()
        assert not LedgerEntry.objects.exists()


def test_release_brings_all_back_and_each_is_sent_once(cast, submit, emulator, jobs):
    render = submit()
    jobs.clear()
    stop(cast)
    assert Sweep().once() == 0
    assert resume(cast) == 1
    assert Sweep().once() == 1
    jobs.clear()
    render = run_until(render, State.STORED)
    assert sent(emulator, render) == len(attempts(render)) == 1
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}


def test_paused_take_can_be_withdrawn(cast, submit):
    render = submit()
    stop(cast)
    with cast.at():
        cancel_render(render=fresh(render), by=cast.amara)
    assert fresh(render).state == State.CANCELLED
    assert balance(render) == {"available": 0, "reserved": 0}
    assert resume(cast) == 0


def test_queued_row_that_came_past_the_stop_is_paused_by_its_claim(cast, submit, emulator):
    render = submit()
    stop(cast)
    with cast.at():
        Render.objects.filter(pk=render.pk).update(
            state=State.QUEUED, paused_for="", next_action_at="2020-01-01T00:00Z"
        )
    render = step(render)
    assert (render.state, render.paused_for) == (State.HELD, Pause.STOPPED)
    assert attempts(render)[0].intent_at is None
    assert sent(emulator, render) == 0


def test_stop_between_claim_and_post_lets_no_byte_leave(cast, submit, emulator, monkeypatch):
    """The worker has claimed and is about to send; the switch is thrown; the worker goes on."""
    render = submit()
    really = submit_step._post
    emulator.control.delete("/requests")

    def post(*args):
        stop(cast)
        return really(*args)

    monkeypatch.setattr(submit_step, "_post", post)
    render = step(render)
    assert (render.state, render.paused_for) == (State.HELD, Pause.STOPPED)
    assert emulator.control.get("/requests?operation=create").json()["requests"] == []
    assert sent(emulator, render) == 0
    assert balance(render)["reserved"] == PRICE
    assert ProviderAccount.objects.get().in_flight == 0
    monkeypatch.undo()
    resume(cast)
    render = run_until(render, State.STORED)
    assert sent(emulator, render) == len(attempts(render)) == 1


def test_stop_that_is_over_before_the_worker_records_leaves_it_in_the_queue(cast, submit, monkeypatch):
    render = submit()
    really = submit_step._post

    def post(*args):
        stop(cast)
        outcome = really(*args)
        resume(cast)
        return outcome

    monkeypatch.setattr(submit_step, "_post", post)
    render = step(render)
    assert (render.state, render.paused_for) == (State.QUEUED, "")
    assert render.next_action_at is not None


def test_stop_waits_for_whoever_is_in_the_doorway_and_nobody_passes_after(cast, submit):
    """A worker stands in the doorway: the stop waits for it, and the next one does not get in."""
    inside, leave, stopped = threading.Event(), threading.Event(), threading.Event()
    order: list[str] = []

    def worker():
        try:
            with switch.doorway(cast.northlight.pk):
                inside.set()
                leave.wait(5)
                order.append("left")
        finally:
            close_old_connections()
            connection.close()

    def staff():
        try:
            stop(cast)
            order.append("stopped")
        finally:
            stopped.set()
            connection.close()

    threads = [threading.Thread(target=worker), threading.Thread(target=staff)]
    threads[0].start()
    assert inside.wait(5)
    threads[1].start()
    assert not stopped.wait(0.3)
    leave.set()
    for thread in threads:
        thread.join(10)
    assert order == ["left", "stopped"]
    with pytest.raises(Exception, match="switched off"), switch.doorway(cast.northlight.pk):
        pass


def test_frozen_worker_in_the_doorway_does_not_keep_the_switch_from_being_thrown(cast, submit):
    inside, leave = threading.Event(), threading.Event()

    def frozen():
        try:
            with switch.doorway(cast.northlight.pk):
                inside.set()
                leave.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=frozen)
    thread.start()
    assert inside.wait(5)
    try:
        stop(cast)
        with cast.at():
            assert Agency.objects.get(pk=cast.northlight.pk).is_stopped
    finally:
        leave.set()
        thread.join(10)


def test_doorway_is_left_even_when_the_provider_hangs_up(cast, submit, fault):
    """What is held by a worker whose connection broke would delay every stop."""
    fault("drop_before", operation="create")
    step(submit())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert cursor.fetchone() == (0,)


def test_storm_of_stops_and_workers_sends_nothing_after_a_commit(cast, submit, emulator, account):
    """Twelve queued, four workers racing, the switch thrown in the middle: no create is logged after the commit."""
    account.max_in_flight = 12
    account.save()
    from renders.actions.briefs import save_brief

    renders = []
    for number in range(12):
        render = submit()
        with cast.at():
            made = save_brief(
                project=render.brief.project,
                title=f"Shot {number}",
                texts={"subject": f"{render.brief.subject} {number}"},
                by=cast.amara,
                model="sora-2",
                size="720x1280",
                seconds=4,
            )
            from renders.actions.renders import submit_render

            renders.append(
                submit_render(brief=made, submit_key=f"storm-{number}", shown_microusd=PRICE, by=cast.amara)
            )
            cancel_render(render=Render.objects.select_related("brief").get(pk=render.pk), by=cast.amara)
    emulator.control.delete("/requests")
    begun: list[float] = []
    really = VideosApi.create

    def create(self, request, *, doorway=None):
        from contextlib import contextmanager

        @contextmanager
        def noted():
            with doorway():
                begun.append(time.monotonic())
                yield

        return really(self, request, doorway=noted)

    def worker(mine):
        try:
            for render in mine:
                submit_step.submit(render.org_id, render.pk)
        finally:
            connection.close()

    committed: list[float] = []

    def staff():
        try:
            stop(cast)
            committed.append(time.monotonic())
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=(renders[n::4],)) for n in range(4)]
    VideosApi.create = create
    try:
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        thrown = threading.Thread(target=staff)
        thrown.start()
        for thread in [*threads, thrown]:
            thread.join(30)
    finally:
        VideosApi.create = really
    assert all(moment < committed[0] for moment in begun)
    states = [fresh(render) for render in renders]
    assert len(emulator.control.get("/requests?operation=create").json()["requests"]) == len(begun)
    assert sum(render.state == State.HELD for render in states) == 12 - len(begun)


def test_other_agencies_go_on(cast, submit, emulator):
    render = submit()
    stop(cast, agency=cast.rivalry)
    assert step(render).state == State.RENDERING


def test_in_flight_goes_on_and_is_paid(cast, submit, emulator):
    render = step(submit())
    assert render.state == State.RENDERING
    effect = stop(cast)
    assert (effect.waiting, effect.in_flight, effect.committed_microusd) == (0, 1, PRICE)
    render = run_until(render, State.STORED)
    assert balance(render)["spent"] == PRICE


def test_dry_run_says_it_in_words_and_changes_nothing(cast, submit, account):
    step(submit())
    account.max_in_flight = 1
    account.save()
    submit(), submit()
    with cast.at():
        assert switch.dry_run().sentence() == "Stops 2 renders that wait; 1 in flight will still be paid."
        assert not Agency.objects.get(pk=cast.northlight.pk).is_stopped
        assert Render.objects.filter(state=State.HELD).count() == 0


def test_reason_is_required_and_nothing_is_thrown_twice(cast):
    with cast.at(), pytest.raises(ReasonMissing):
        generation.stop_generation(agency=cast.northlight, reason="  ", by=cast.sol)
    stop(cast)
    with pytest.raises(generation.AlreadySo):
        stop(cast)
    resume(cast)
    with pytest.raises(generation.AlreadySo):
        resume(cast)


def test_review_downloads_and_portal_stay_up(cast):
    with cast.at():
        round_ = factories.shared_take(cast)
        other = factories.round_of(factories.take(cast, title="Undecided"), cast.amara)
        _link, token = factories.link(round_, cast.amara, may_download=True)
    stop(cast)
    amara, bruno = browser(cast.amara), browser(cast.bruno)
    room = f"/a/northlight/review/{round_.render.public_id}"
    assert amara.get(room).status_code == 200
    assert amara.get("/a/northlight/queue/").status_code == 200
    take = amara.get(f"/a/northlight/takes/{round_.render.public_id}").content.decode()
    assert "Generation is switched off." in take
    address = take.split('src="/media/')[1].split('"')[0]
    assert browser().get(f"/media/{address}").status_code == 200
    with cast.at():
        factories.decided(other, Verdict.APPROVED, cast.bruno)
    portal = browser().get(f"/p/{token}/")
    assert portal.status_code == 200
    assert "Generation is switched off" not in portal.content.decode()
    assert bruno.get("/a/northlight/").status_code == 200


def blocked(cast, submit, fault, times):
    fault("moderation_block", count=times)
    return [run_until(submit(), State.FAILED) for _ in range(times)]


def test_breaker_stops_the_agency_whose_results_are_blocked_again_and_again(cast, submit, fault):
    renders = blocked(cast, submit, fault, switch.BREAKER_LIMIT - 1)
    with cast.at():
        assert not Agency.objects.get(pk=cast.northlight.pk).is_stopped
    renders += blocked(cast, submit, fault, 1)
    assert {render.failure_class for render in renders} == {FailureClass.POLICY_OUTPUT}
    with cast.at():
        agency = Agency.objects.get(pk=cast.northlight.pk)
        assert agency.is_stopped
        assert agency.stopped_by is None
        assert "blocked 5 results" in agency.stop_reason
        assert AuditEvent.objects.get(action="generation.stopped").actor == "system:breaker"
    with cast.at(cast.rivalry):
        assert not Agency.objects.get(pk=cast.rivalry.pk).is_stopped
    with pytest.raises(switch.GenerationStopped):
        submit()


def test_staff_release_the_breaker_and_it_counts_anew(cast, submit, fault):
    blocked(cast, submit, fault, switch.BREAKER_LIMIT)
    resume(cast)
    blocked(cast, submit, fault, 1)
    with cast.at():
        assert not Agency.objects.get(pk=cast.northlight.pk).is_stopped
        assert PolicyEvent.objects.count() == switch.BREAKER_LIMIT + 1


def test_take_that_waits_for_the_safety_check_is_stopped_and_released_as_well(
    cast, submit, account, emulator
):
    account.moderates = True
    account.save()
    emulator.control.post("/faults", json={"kind": "status", "operation": "moderation", "status": 500})
    from renders.steps import moderate as moderate_step

    render = submit()
    step(render)
    make_due(render)
    moderate_step.moderate(render.org_id, render.pk)
    assert fresh(render).paused_for == Pause.SAFETY_CHECK
    assert stop(cast).waiting == 1
    assert (fresh(render).paused_for, fresh(render).next_action_at) == (Pause.STOPPED, None)
    emulator.control.delete("/requests")
    make_due(render)
    assert not moderate_step.moderate(render.org_id, render.pk)
    assert emulator.control.get("/requests?operation=moderation").json()["requests"] == []
    resume(cast)
    assert fresh(render).state == State.QUEUED
