"""What goes to the provider, how much at once, and who does not ask it anything."""

import re

import httpx
import pytest

from renders.models import ProviderAccount, Render
from renders.providers.videos_api import VideosApi
from renders.states import IN_FLIGHT, State
from renders.steps.poll import LONGEST, next_poll
from renders.steps.submit import submit as submit_step
from tests.cast import browser
from tests.renders.pipeline import attempts, in_threads, invoiced, make_due, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
SLOTS, TAKES, WORKERS = 3, 24, 6


def test_no_more_is_in_flight_than_the_account_takes(submit, cast, account, brief, emulator, fault):
    fault("stuck", count=TAKES)
    ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=SLOTS)
    renders = []
    for number in range(TAKES):
        # Each of a lane of its own, or the lane would keep them apart and not the account's limit.
        brief.subject = f"{brief.subject.split(',')[0]}, number {number}"
        with cast.at():
            brief.save(update_fields=["subject"])
        renders.append(submit())

    def work(number):
        for render in renders[number::WORKERS]:
            submit_step(render.org_id, render.pk)

    in_threads(WORKERS, work)
    with cast.at():
        states = list(Render.objects.values_list("state", flat=True))
    assert sum(state in IN_FLIGHT for state in states) == SLOTS
    assert states.count(State.QUEUED) == TAKES - SLOTS
    assert sum(len(invoiced(emulator, render)) for render in renders) == SLOTS
    account.refresh_from_db()
    assert account.in_flight == SLOTS


def test_pages_open_in_many_tabs_ask_the_provider_nothing(submit, cast, emulator, fault):
    fault("stuck")
    render = run_until(submit(), State.RENDERING)
    page = f"/a/northlight/takes/{render.public_id}"
    emulator.control.delete("/requests")
    tabs = [browser(cast.amara) for _ in range(50)]
    for tab in tabs:
        assert tab.get(page).status_code == 200
        assert tab.get(f"{page}/status?was=working").status_code == 200
    assert emulator.control.get("/requests").json()["requests"] == []


def test_search_for_an_unanswered_create_walks_through_the_pages(submit, emulator, fault, monkeypatch):
    """Three videos came after it, and a page holds one: it is on the fourth."""
    whole, asked = VideosApi.list_videos, []

    def one_a_page(self, *, after=None, limit=100):
        asked.append(after)
        return whole(self, after=after, limit=1)

    monkeypatch.setattr(VideosApi, "list_videos", one_a_page)
    fault("accept_then_drop", operation="create")
    render = step(submit())
    assert render.state == State.RECONCILING
    key = {"Authorization": f"Bearer {emulator.api_key}"}
    for number in range(3):
        httpx.post(
            f"{emulator.url}/videos", data={"prompt": f"Another's, {number}"}, headers=key
        ).raise_for_status()
    make_due(render)
    render = step(render)
    assert render.state == State.RENDERING
    assert len(attempts(render)) == len(invoiced(emulator, render)) == 1
    assert len(asked) == len(set(asked)) >= 4


@pytest.fixture
def wire(monkeypatch):
    """Every request of the product's client, recorded on its way to the real emulator."""
    seen = []
    whole = httpx.HTTPTransport.handle_request

    def record(self, request):
        if request.headers.get("user-agent") == "dailies/1":
            seen.append((request.method, request.url.path, request.read()))
        return whole(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", record)
    return seen


def test_only_the_videos_api_is_spoken_to(submit, wire):
    """One form: `size` carries shape and resolution, `seconds` is a string. Nothing else than /videos is called."""
    run_until(submit(), State.IN_REVIEW)
    method, path, body = wire[0]
    assert (method, path) == ("POST", "/v1/videos")
    assert re.search(rb'name="size"\r\n\r\n720x1280\r\n', body)
    assert re.search(rb'name="seconds"\r\n\r\n4\r\n', body)
    assert set(re.findall(rb'name="(\w+)"', body)) == {b"prompt", b"model", b"size", b"seconds"}
    assert all(re.match(r"/v1/videos(/video_\w+(/content)?)?$", path) for _method, path, _body in wire)
    assert [method for method, _path, _body in wire].count("POST") == 1


def test_name_on_the_wire_moves_without_code(submit, account, wire):
    account.offers.filter(model="sora-2").update(wire_model="sora-2-2025-10-06")
    render = step(submit())
    assert render.model == "sora-2"
    assert b"\r\n\r\nsora-2-2025-10-06\r\n" in wire[0][2]


def test_polls_come_ever_more_seldom_up_to_a_cap():
    shortest = [min(next_poll(count) for _ in range(50)) for count in (0, 3, 6)]
    longest = [max(next_poll(count) for _ in range(50)) for count in (0, 3, 6)]
    assert shortest == sorted(shortest)
    assert all(high > low for high, low in zip(longest, shortest, strict=True)), "no jitter"
    assert all(0.84 * LONGEST < next_poll(count) < 1.16 * LONGEST for count in (12, 40, 100_000))
