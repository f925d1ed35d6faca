"""After it was sent there is no cancel: an abandoned take is followed to its end, paid once, and put away."""

import pytest

from renders.actions.renders import CannotCancel, abandon_render, keep_render
from renders.models import AssetState, ProviderAccount
from renders.states import State
from tests.cast import browser
from tests.renders.pipeline import attempts, balance, fresh, invoiced, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


def _abandon(cast, render):
    with cast.at():
        abandon_render(render=render, by=cast.amara)


def test_it_is_made_paid_and_put_away(submit, cast, emulator):
    render = run_until(submit(), State.RENDERING)
    _abandon(cast, render)
    done = run_until(render, State.IN_REVIEW)
    assert done.archived_at is not None
    assert balance(done)["spent"] == PRICE
    assert len(invoiced(emulator, done)) == 1
    assert {asset.state for asset in done.assets.all()} == {AssetState.ARCHIVED}


def test_kept_after_all_it_comes_to_review(submit, cast):
    render = run_until(submit(), State.RENDERING)
    _abandon(cast, render)
    with cast.at():
        keep_render(render=render, by=cast.amara)
    assert run_until(render, State.IN_REVIEW).archived_at is None


def test_what_never_arrived_is_not_sent_again(submit, cast, emulator, fault):
    fault("drop_before", operation="create")
    render = run_until(submit(), State.RECONCILING)
    _abandon(cast, render)
    done = run_until(render, State.CANCELLED)
    assert balance(done) == {"available": 0, "reserved": 0}
    assert (invoiced(emulator, done), len(attempts(done))) == ([], 1)


def test_what_did_arrive_is_found_and_paid(submit, cast, emulator, fault):
    fault("accept_then_drop", operation="create")
    render = run_until(submit(), State.RECONCILING)
    _abandon(cast, render)
    done = run_until(render, State.IN_REVIEW)
    assert (balance(done)["spent"], done.archived_at is not None) == (PRICE, True)


def test_sent_back_by_a_rate_limit_it_ends_unpaid(submit, cast, emulator, fault):
    fault("status", operation="create", status=429, headers={"retry-after": "1"})
    render = step(submit())
    assert render.state == State.QUEUED
    ProviderAccount.objects.update(held_until_at=None)
    with cast.at(), pytest.raises(CannotCancel, match="can be withdrawn"):
        abandon_render(render=render, by=cast.amara)


@pytest.mark.parametrize("state", [State.QUEUED, State.IN_REVIEW])
def test_only_what_was_sent_and_is_not_here_is_abandoned(submit, cast, state):
    render = run_until(submit(), state)
    with cast.at(), pytest.raises(CannotCancel):
        abandon_render(render=render, by=cast.amara)


def test_page_says_it_plainly_and_others_may_not(submit, cast):
    render = run_until(submit(), State.RENDERING)
    page = f"/a/northlight/takes/{render.public_id}"
    assert "cannot be asked to stop" in browser(cast.amara).get(page).content.decode()
    assert browser(cast.bruno).post(f"{page}/abandon").status_code == 403
    assert browser(cast.dmitri).post(f"{page}/abandon").status_code == 404
    assert browser(cast.amara).post(f"{page}/abandon").status_code == 302
    assert fresh(render).abandoned_by_id == cast.amara.pk
    assert "Keep it after all" in browser(cast.amara).get(page).content.decode()
    assert browser(cast.amara).post(f"{page}/keep").status_code == 302
    assert fresh(render).abandoned_at is None
