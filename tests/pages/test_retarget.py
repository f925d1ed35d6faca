"""A rehearsal of moving to another provider changes nothing; the move itself keeps the money exact. E30, E32."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renders.actions.accounts import set_up_account
from renders.models import (
    Attempt,
    Budget,
    BudgetPeriod,
    LedgerEntry,
    ModelOffer,
    PriceRow,
    Render,
    RenderEvent,
)
from renders.states import State
from tenants.models import AuditEvent
from tests.cast import browser

pytestmark = pytest.mark.django_db
PAGE = "/staff/accounts/emulator/"


@pytest.fixture
def sol(cast):
    return browser(cast.sol)


@pytest.fixture
def other(account):
    """Another account that has one model, at half the price and without 720x1280 at first."""
    made = set_up_account(
        slug="next",
        name="Next",
        base_url="https://next.test/v1",
        api_key="k",
        webhook_secrets=[],
        dialect="sglang",
    )
    PriceRow.objects.filter(account=made).update(microusd_per_second=50_000)
    return made


def state_of_things():
    return (
        list(Render.objects.values_list("pk", "account_id", "version", "quoted_microusd")),
        list(Attempt.objects.values_list("pk", "status", "reserved_microusd")),
        LedgerEntry.objects.count(),
    )


def money(cast):
    """(reserved, posted) of the agency's period, and the sum of each book."""
    with cast.at():
        period = BudgetPeriod.objects.filter(budget__level="1_agency").get()
        books = {}
        for entry in LedgerEntry.objects.all():
            books[entry.book] = books.get(entry.book, 0) + entry.amount_microusd
    return (period.reserved_microusd, period.posted_microusd), books


def test_rehearsal_shows_what_fits_what_changes_and_the_price_and_changes_nothing(
    sol, cast, other, make_take
):
    make_take()
    ModelOffer.objects.filter(account=other, model="sora-2-pro").update(is_enabled=False)
    with cast.at():
        before = state_of_things()
    page = sol.get(f"{PAGE}drill?to=next").content.decode()
    assert "Fits" in page
    assert "$0.40" in page
    assert "$0.20" in page
    assert "-$0.20" in page
    assert "Next has no remix" in page
    with cast.at():
        assert state_of_things() == before


def test_rehearsal_names_the_nearest_size_and_length(sol, other, make_brief):
    make_brief()
    ModelOffer.objects.filter(account=other).update(sizes=["1280x720"], seconds=[5])
    page = sol.get(f"{PAGE}drill?to=next").content.decode()
    assert "Would change" in page
    assert "size 1280x720 instead of 720x1280" in page
    assert "5 s instead of 4 s" in page


def test_rehearsal_says_what_can_never_go(sol, cast, other, make_take):
    take = make_take(state="in_review")
    again = make_take(brief=take.brief)
    with cast.at():
        Render.objects.filter(pk=again.pk).update(kind="remix", parent=take)
    page = sol.get(f"{PAGE}drill?to=next").content.decode()
    assert "Cannot go" in page
    assert "a clip that its own provider made" in page


def test_moved_take_waits_for_the_other_account_at_its_price_with_one_reservation(
    sol, cast, other, make_take
):
    take = make_take()
    assert money(cast) == ((400_000, 0), {"available": -400_000, "reserved": 400_000})
    answer = sol.post(f"{PAGE}retarget", {"to": "next", "reason": "The service ends in May."}, follow=True)
    assert "1 takes wait for Next now" in answer.content.decode()
    with cast.at():
        moved = Render.objects.get(pk=take.pk)
        first, second = Attempt.objects.filter(render=take).order_by("number")
        assert (moved.account, moved.quoted_microusd, moved.state) == (other, 200_000, State.QUEUED)
        assert moved.price_row.account == other
        assert (first.status, first.settled_microusd) == ("withdrawn", 0)
        assert (second.account, second.status, second.settled_microusd) == (other, "reserved", None)
        event = AuditEvent.objects.filter(action="render.retargeted").get()
        assert event.data["reason"] == "The service ends in May."
        assert (event.data["was_microusd"], event.data["price_microusd"]) == (400_000, 200_000)
        assert "moved from Emulator to Next" in RenderEvent.objects.filter(render=take).latest("version").note
    assert money(cast) == ((200_000, 0), {"available": -200_000, "reserved": 200_000})
    # Again: nothing waits for the old account any more.
    sol.post(f"{PAGE}retarget", {"to": "next", "reason": "Again"})
    assert money(cast) == ((200_000, 0), {"available": -200_000, "reserved": 200_000})


def test_what_does_not_fit_stays_with_its_price_set_aside(sol, cast, other, make_take):
    make_take()
    ModelOffer.objects.filter(account=other).update(sizes=["1280x720"])
    page = sol.post(f"{PAGE}retarget", {"to": "next", "reason": "Ends"}, follow=True).content.decode()
    assert "1 stayed" in page
    assert "It would need size 1280x720 instead of 720x1280" in page
    with cast.at():
        assert Render.objects.get().account.slug == "emulator"
    assert money(cast) == ((400_000, 0), {"available": -400_000, "reserved": 400_000})


def test_dearer_account_is_refused_by_the_budget_and_nothing_moves(sol, cast, other, make_take):
    make_take()
    PriceRow.objects.filter(account=other).update(microusd_per_second=200_000)
    with cast.at():
        Budget.objects.filter(level="1_agency").update(limit_microusd=500_000)
    page = sol.post(f"{PAGE}retarget", {"to": "next", "reason": "Ends"}, follow=True).content.decode()
    assert "1 stayed: This costs $0.80" in page
    with cast.at():
        assert Render.objects.get().account.slug == "emulator"
        assert Attempt.objects.count() == 1
    assert money(cast) == ((400_000, 0), {"available": -400_000, "reserved": 400_000})


def test_take_that_is_being_sent_is_left_alone(sol, cast, other, make_take):
    take = make_take()
    with cast.at():
        Attempt.objects.filter(render=take).update(status="intent")
    page = sol.post(f"{PAGE}retarget", {"to": "next", "reason": "Ends"}, follow=True).content.decode()
    assert "It is being sent." in page
    with cast.at():
        assert Render.objects.get().account.slug == "emulator"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": "next", "reason": " "}, "Say why"),
        ({"to": "emulator", "reason": "x"}, "Choose another account"),
        ({"to": "off", "reason": "x"}, "switched off or has no key"),
    ],
)
def test_move_that_makes_no_sense_is_refused_in_words(sol, cast, other, make_take, fields, words):
    set_up_account(
        slug="off", name="Off", base_url="https://o.test/v1", api_key="k", webhook_secrets=[], is_active=False
    )
    make_take()
    answer = sol.post(f"{PAGE}retarget", fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with cast.at():
        assert Render.objects.get().account.slug == "emulator"


def test_rehearsal_counts_its_queries_whatever_waits(sol, other, make_brief, make_take):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert sol.get(f"{PAGE}drill?to=next").status_code == 200
        return len(found)

    brief = make_brief()
    make_take(brief=brief)
    few = queries()
    for _ in range(4):
        make_take(brief=brief)
    assert queries() == few
    assert sol.get(f"{PAGE}drill").status_code == 200


def test_rehearsal_without_another_account_says_what_to_do(sol, account):
    assert "There is no other account in use" in sol.get(f"{PAGE}drill").content.decode()
