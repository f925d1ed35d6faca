"""The queue, the take's page and the spend page."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from renders import pace
from renders.models import Attempt, Provenance, Render
from renders.states import FailureClass, State
from tests import factories
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
QUEUE = "/a/northlight/queue/"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


def _queries(client, url):
    answer, found = statements(client, "get", url)
    assert answer.status_code == 200
    return len(found)


def test_queue_counts_its_queries_whatever_the_number_of_rows(amara, make_brief, make_take):
    brief = make_brief()
    make_take(brief, state="in_review")
    few = _queries(amara, QUEUE)
    for _ in range(40):
        make_take(brief, state="in_review")
    assert _queries(amara, QUEUE) == few <= 15


@pytest.mark.parametrize("url", ["", "briefs/", "queue/", "review/", "spend/", "members/", "audit/"])
def test_no_page_makes_more_than_15_queries(amara, make_brief, make_take, url):
    brief = make_brief()
    for state in ("queued", "in_review", "client_review", "deliverable", "changes"):
        make_take(
            brief, state=state, **({"next_action_at": "2099-01-01T00:00Z"} if state == "queued" else {})
        )
    assert _queries(amara, f"/a/northlight/{url}") <= 15


def test_take_page_makes_few_queries(amara, make_take):
    assert _queries(amara, f"/a/northlight/takes/{make_take(state='in_review').public_id}") <= 15


def test_filters_and_paging(cast, amara, make_brief, make_take):
    brief, other = make_brief("Boats"), make_brief("Kettle")
    for _ in range(52):
        make_take(brief)
    make_take(other, state="failed", failure_class=FailureClass.RENDER_FAILED)
    page = amara.get(QUEUE).content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    rest = amara.get(QUEUE + older).content.decode()
    ids = re.findall(r"row-(rnd_\w+)", page + rest)
    assert len(ids) == len(set(ids)) == 53
    assert "Kettle" in amara.get(QUEUE + "?show=failed").content.decode()
    assert "Boats" not in amara.get(QUEUE + "?show=failed").content.decode()
    assert "No take fits" in amara.get(QUEUE + "?q=nothing+like+it").content.decode()
    assert "Boats" in amara.get(f"{QUEUE}?client={cast.acme.public_id}").content.decode()
    for odd in ("?client=rubbish", "?show=rubbish", "?before=rubbish", "?client=cli_" + "z" * 22):
        assert amara.get(QUEUE + odd).status_code == 200


_BEFORE_THE_QUEUE = {State.AWAITING_APPROVAL, State.DECLINED}


def test_page_of_each_state_says_where_it_stands(amara, make_brief, make_take):
    brief = make_brief()
    for state in set(State) - _BEFORE_THE_QUEUE:
        due = {"next_action_at": "2099-01-01T00:00Z"}
        working = state in {"queued", "submitting", "reconciling", "rendering", "downloading", "stored"}
        take = make_take(brief, state=state.value, **(due if working else {}))
        page = amara.get(f"/a/northlight/takes/{take.public_id}")
        assert page.status_code == 200
        assert str(state.label) in page.content.decode()


@pytest.mark.parametrize("state", sorted(_BEFORE_THE_QUEUE))
def test_page_of_a_take_that_is_not_in_the_queue_yet_says_so(cast, amara, state):
    with cast.at():
        take = factories.take(cast, state, files=False)
    page = amara.get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert str(state.label) in page


@pytest.mark.parametrize("failure", list(FailureClass))
def test_every_failure_is_told_in_the_teams_words(cast, amara, make_take, failure):
    from renders.messages import MESSAGES

    take = make_take(state="failed", failure_class=failure)
    with cast.at():
        Attempt.objects.update(error={"message": "raw-words-of-the-provider"})
    page = amara.get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert str(MESSAGES[failure].team).split("'")[0][:40] in page.replace("&#x27;", "'")
    assert str(MESSAGES[failure].family) in page
    assert "raw-words-of-the-provider" not in page


def test_rate_limit_is_shown_as_delay_not_as_failure(amara, make_take):
    take = make_take(
        state="queued",
        next_action_at="2099-01-01T00:00Z",
        delayed_until_at="2099-01-01T14:32Z",
        failure_class=FailureClass.RATE_LIMITED,
    )
    page = amara.get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert "Delayed by the provider, next try 14:32" in page
    assert 'data-tone="danger"' not in page


def test_retries_that_were_made_and_are_left_are_shown(amara, make_take):
    """C22: while it waits for its next try, and once it has ended; nothing where nothing failed."""
    waiting = make_take(
        next_action_at="2099-01-01T00:00Z", retry_count=1, failure_class=FailureClass.UNREACHABLE
    )
    page = amara.get(f"/a/northlight/takes/{waiting.public_id}").content.decode()
    assert "retry 1 of 3 is next, 2 left after it. None is paid." in page
    over = make_take(state="failed", retry_count=3, failure_class=FailureClass.UNREACHABLE)
    page = amara.get(f"/a/northlight/takes/{over.public_id}").content.decode()
    assert "It was tried 4 times, as often as its account allows. Nothing is paid." in page
    for other in (make_take(), make_take(state="in_review")):
        page = amara.get(f"/a/northlight/takes/{other.public_id}").content.decode()
        assert "retry " not in page
        assert "It was tried" not in page


def test_withdrawing_gives_back_and_says_so(cast, amara, make_take):
    take = make_take()
    page = amara.post(f"/a/northlight/takes/{take.public_id}/cancel", follow=True)
    assert b"Withdrawn" in page.content
    again = amara.post(f"/a/northlight/takes/{take.public_id}/cancel", follow=True)
    assert b"ended already" in again.content


def test_sent_take_cannot_be_withdrawn_and_the_button_says_why(amara, make_take):
    take = make_take(state="rendering", next_action_at="2099-01-01T00:00Z")
    url = f"/a/northlight/takes/{take.public_id}"
    assert b"cannot be asked to stop" in amara.get(url).content
    assert b"cannot be asked to stop" in amara.post(f"{url}/cancel", follow=True).content


def test_again_makes_the_next_take_of_the_same_version(cast, amara, make_take):
    take = make_take(state="failed", failure_class=FailureClass.RENDER_FAILED)
    form = {"submit_key": "again-1", "shown_microusd": "400000"}
    answer = amara.post(f"/a/northlight/takes/{take.public_id}/again", form)
    assert amara.post(f"/a/northlight/takes/{take.public_id}/again", form).url == answer.url
    with cast.at():
        new = Render.objects.get(take=2)
    assert (new.parent_id, new.brief_version_id) == (take.pk, take.brief_version_id)
    stale = amara.post(f"/a/northlight/takes/{take.public_id}/again", {"shown_microusd": "1"}, follow=True)
    assert b"Look at it again" in stale.content


def test_status_fragment_asks_for_the_whole_page_when_the_work_is_over(amara, make_take):
    take = make_take(state="in_review")
    answer = amara.get(f"/a/northlight/takes/{take.public_id}/status?was=working")
    assert answer.headers["HX-Refresh"] == "true"
    assert b"<html" not in answer.content


def test_roles_and_rivals(cast, make_take):
    take = make_take(state="in_review")
    urls = [
        QUEUE,
        f"{QUEUE}{take.public_id}",
        *(f"/a/northlight/takes/{take.public_id}{end}" for end in ("", "/status")),
    ]
    for url in urls:
        assert browser(cast.vera).get(url).status_code == 200
        assert browser(cast.dmitri).get(url).status_code == 404
        assert browser(cast.sol).get(url).status_code == 404
        assert browser().get(url).status_code == 302
        assert browser(cast.dmitri).get(url.replace("northlight", "rivalry")).status_code in {200, 404}
    for end in ("/cancel", "/again"):
        assert browser(cast.vera).post(f"/a/northlight/takes/{take.public_id}{end}").status_code == 403
        assert browser(cast.dmitri).post(f"/a/northlight/takes/{take.public_id}{end}").status_code == 404
        assert browser(cast.dmitri).post(f"/a/rivalry/takes/{take.public_id}{end}").status_code == 404
    assert browser(cast.dmitri).get(f"/a/rivalry/takes/{take.public_id}").status_code == 404


@pytest.mark.parametrize("odd", ["rnd_", "rnd_" + "1" * 21, "rnd_" + "z" * 22, "rnd_" + "1" * 22, "x"])
def test_odd_ids_are_not_found(amara, account, odd):
    assert amara.get(f"/a/northlight/takes/{odd}").status_code == 404


def test_spend_page_shows_the_month_and_sets_the_budget(cast, amara, make_take):
    make_take()
    page = amara.get("/a/northlight/spend/").content.decode()
    assert "$0.40" in page
    answer = amara.post("/a/northlight/spend/budget", {"limit": "12.50"}, follow=True)
    assert b"$12.50" in answer.content
    for bad in ("", "-1", "abc", "1e400", "0.001", "99999999999"):
        refused = amara.post("/a/northlight/spend/budget", {"limit": bad})
        assert refused.status_code == 422
    assert browser(cast.bruno).get("/a/northlight/spend/").status_code == 403
    assert browser(cast.fay).post("/a/northlight/spend/budget", {"limit": "5"}).status_code == 302
    assert browser(cast.dmitri).get("/a/northlight/spend/").status_code == 404


def _took(take, *durations):
    for seconds in durations:
        pace.learn(take, seconds)


def test_late_take_says_so_once_enough_is_known(cast, amara, make_brief, make_take):
    brief = make_brief()
    late = make_take(
        brief,
        state="rendering",
        next_action_at="2099-01-01T00:00Z",
        state_at=timezone.now() - timedelta(seconds=100),
    )
    url = f"/a/northlight/takes/{late.public_id}"
    words = "Taking longer than usual; nothing is lost"
    _took(late, 20, 22, 25, 30)
    assert words not in amara.get(url).content.decode(), "four clips are not enough to call anything late"
    _took(late, 28)
    page = amara.get(url).content.decode()
    assert words in page
    assert "s left" not in page
    _took(late, 1000, 900)
    assert words not in amara.get(url).content.decode(), "within what such clips may take"


def test_take_that_is_with_the_provider_says_what_can_still_be_done(amara, make_take):
    take = make_take(state="rendering", next_action_at="2099-01-01T00:00Z")
    page = amara.get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert "cannot be asked to stop: it is made and paid all the same" in page
    assert "Abandon it" in page
    assert "Withdraw it unsent" not in page


def test_ledger_speaks_as_finance_does(cast, make_take):
    make_take()
    page = browser(cast.fay).get("/a/northlight/spend/").content.decode()
    assert "<th>Ledger account</th>" in page
    assert ">Book<" not in page


def test_origin_says_in_words_what_the_checker_found(cast, amara, make_take):
    take = make_take(state="in_review")
    with cast.at():
        Provenance.objects.create(
            render=take,
            asset_sha256="0" * 64,
            credentials="broken",
            problems=["assertion.bmffHash.mismatch", "odd.code"],
        )
    page = amara.get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert ">Picture or sound was changed after it was signed.<" in page
    assert "The checker found a fault that it calls “odd.code”." in page
    assert ">assertion.bmffHash" not in page
