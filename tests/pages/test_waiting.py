"""Why a take waits, in words, on the queue and on its page: what keeps it, until when, what happens next."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from renders import pace
from renders.models import ProviderAccount, QuotaWindow, Render
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(hours=1)


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


def pages(amara, take):
    """What the queue and the take's page say of it."""
    queue = amara.get("/a/northlight/queue/").content.decode()
    row = re.search(rf'<tr id="row-{take.public_id}".*?</tr>', queue, re.DOTALL)[0]
    return row, amara.get(f"/a/northlight/takes/{take.public_id}/status?was=working").content.decode()


def clock(moment):
    return timezone.localtime(moment).strftime("%H:%M")


@pytest.mark.parametrize(
    ("of_account", "words"),
    [
        ({"is_active": False}, ("Emulator is switched off", "until staff switch it on")),
        ({"held_until_at": LATER}, ("refuses our account; staff know", f"tried again at {clock(LATER)}")),
        (
            {"broken_at": timezone.now(), "broken_reason": "502", "probe_at": LATER},
            ("gives no clear answers", "nothing is lost", f"tries it again at {clock(LATER)}"),
        ),
        ({"in_flight": 4}, ("All places at Emulator are taken (4 of 4)", "you are next")),
        ({"moderates": True}, ("safety check, which is asked before each take",)),
        ({}, ("Waiting for a slot: you are next",)),
    ],
)
def test_what_keeps_the_account_back_is_said_in_both_places(amara, account, make_take, of_account, words):
    take = make_take()
    ProviderAccount.objects.filter(pk=account.pk).update(**of_account)
    for page in pages(amara, take):
        for said in words:
            assert said in page


def test_used_up_quota_says_until_when_and_of_which_model(amara, account, make_take):
    take = make_take()
    QuotaWindow.objects.create(account=account, model="sora-2-pro", remaining=0, limit=1, reset_at=LATER)
    assert "takes no more" not in pages(amara, take)[1]
    QuotaWindow.objects.create(account=account, model="sora-2", remaining=0, limit=1, reset_at=LATER)
    for page in pages(amara, take):
        assert f"takes no more sora-2 before {clock(LATER)}" in page


def test_page_says_at_once_what_needs_no_query_and_asks_for_the_rest(amara, account, make_take):
    take = make_take()
    page = f"/a/northlight/takes/{take.public_id}"
    assert "Waiting for a slot" in amara.get(page).content.decode()
    assert 'hx-trigger="load, live"' in amara.get(page).content.decode()
    assert 'hx-trigger="live"' in amara.get(f"{page}/status?was=working").content.decode()
    ProviderAccount.objects.filter(pk=account.pk).update(held_until_at=LATER)
    assert "refuses our account" in amara.get(page).content.decode()


def test_lane_of_a_lost_reply_says_why_nothing_is_sent(cast, amara, make_take):
    take = make_take()
    with cast.at():
        Render.objects.filter(pk=take.pk).update(waits_for_lane=True)
    for page in pages(amara, take):
        assert "never pay twice" in page


def test_place_counts_those_before_it(amara, make_brief, make_take):
    brief = make_brief()
    takes = [make_take(brief) for _ in range(4)]
    row, page = pages(amara, takes[3])
    assert "about 3 go first" in row
    assert "about 3 go first" in page


def test_place_ahead_of_ten_is_next_for_an_agency_that_waits_alone(cast, amara, account, make_take):
    """Another agency's long queue does not stand before it, and its name is nowhere."""
    from tests.renders.queues import client, queue_up

    queue_up(cast, account, client(cast, cast.rivalry, "Harbour"), 10)
    take = make_take()
    row, page = pages(amara, take)
    assert re.search(r"you are next|about 1 go first", row)
    assert "Harbour" not in page + row
    assert "Rivalry" not in page + row


def test_time_is_a_range_once_enough_is_known_and_honest_before(cast, amara, account, make_brief, make_take):
    brief = make_brief()
    take = make_take(brief)
    for _ in range(pace.ENOUGH - 1):
        pace.learn(take, 100.0)
    assert "left" not in pages(amara, take)[0]
    pace.learn(take, 100.0)
    assert "about 1–2 min left" in pages(amara, take)[0]
    ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=1, in_flight=1)
    behind = [make_take(brief) for _ in range(3)][-1]
    assert "about 6–9 min left" in pages(amara, behind)[0]
    sent = make_take(brief, state="rendering", next_action_at=LATER, size="1280x720")
    assert "Too few clips like it" in pages(amara, sent)[1]


def test_queue_and_page_cost_the_same_queries_whatever_waits(amara, make_brief, make_take):
    brief = make_brief()
    take = make_take(brief)

    def count(url):
        answer, found = statements(amara, "get", url)
        assert answer.status_code == 200
        return len(found)

    few = count("/a/northlight/queue/")
    page = f"/a/northlight/takes/{take.public_id}"
    assert count(page) <= 15
    assert count(f"{page}/status?was=working") <= 17
    for _ in range(30):
        make_take(brief)
    assert count("/a/northlight/queue/") == few <= 15
