"""What people met when they went another way than planned: reload, undo, a won appeal, a clip that is gone."""

import pytest

from renders.actions import assets
from renders.actions.appeals import decide_appeal, make_appeal
from renders.models import PolicyCase, Render
from renders.states import State
from tests import factories
from tests.cast import browser

pytestmark = pytest.mark.django_db


def test_reload_of_an_address_that_takes_a_form_is_answered_in_words(cast):
    answer = browser(cast.amara).get("/a/northlight/spend/budget")
    assert answer.status_code == 405
    assert "only takes a form" in answer.content.decode()
    assert answer["Allow"] == "POST"


def test_undo_brings_a_take_back_to_the_lists_and_leaves_an_archived_one_archived(cast, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    with cast.at():
        listed, archived = factories.take(cast, title="Listed"), factories.take(cast, title="Put away")
        assets.archive_take(render=archived, by=cast.amara)
        for take in (listed, archived):
            assets.delete_take_files(render=take, typed=str(take), by=cast.amara)
            assets.undo_deletion(render=take, by=cast.amara)
        left = list(Render.objects.on_lists())
        files = set(listed.assets.values_list("state", flat=True))
    assert left == [listed]
    assert files == {"stored"}


def test_room_of_a_deleted_clip_says_why_nothing_can_be_decided(cast):
    with cast.at():
        take = factories.take(cast, State.IN_REVIEW)
        assets.delete_take_files(render=take, typed=str(take), by=cast.amara)
    page = browser(cast.bruno).get(f"/a/northlight/review/{take.public_id}").content.decode()
    assert "nothing to decide about" in page
    assert 'value="approved" type="button" aria-disabled="true"' in page


def test_take_that_can_be_brought_back_is_not_called_gone(cast, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    with cast.at():
        take = factories.take(cast)
        assets.delete_take_files(render=take, typed=str(take), by=cast.amara)
    page = browser(cast.amara).get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert "can still be brought back" in page
    assert "were deleted on" not in page


def test_won_appeal_closes_the_case_and_the_pages_agree(cast):
    with cast.at():
        case = factories.refused(cast)
        appeal = make_appeal(case=case, reason="Our own van.", by=cast.amara)
        decide_appeal(appeal=appeal, is_overturned=True, answer="Rightly so.", by=cast.sol)
        assert PolicyCase.objects.get().state == "lifted"
    page = browser(cast.amara).get(f"/a/northlight/policy/{case.public_id}").content.decode()
    assert "Exactly this wording passes now" in page
    assert "Not allowed" not in page
    assert "suggested wording" not in page
    assert case.brief.title not in browser(cast.sol).get("/staff/triage/").content.decode()


def test_only_owner_who_cannot_leave_stays_on_the_page(cast):
    from tenants.models import Membership

    with cast.at():
        mine = Membership.objects.get(user=cast.amara)
    answer = browser(cast.amara).post(f"/a/northlight/members/{mine.public_id}/remove")
    assert answer.url == "/a/northlight/members/"
