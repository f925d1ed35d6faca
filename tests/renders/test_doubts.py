"""A request that nobody could clear up: two people decide, its price is kept until then, and it is paid once."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from renders.actions.resolutions import CannotResolve, confirm, propose, refuse
from renders.models import ProviderAccount, Remedy, Render, Resolution
from renders.states import State
from tests.cast import browser, person
from tests.renders.pipeline import attempts, balance, fresh, in_threads, invoiced, run_until

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


@pytest.fixture
def noor(cast):
    return person("noor@dailies.test", "Noor", is_staff=True)


@pytest.fixture
def doubtful(submit, account, fault):
    """doubtful("accept_then_drop"): a take that needs a person, for its provider cannot list."""

    def make(kind):
        ProviderAccount.objects.filter(pk=account.pk).update(capability_overrides={"can_list": False})
        fault(kind, operation="create")
        return run_until(submit(), State.NEEDS_HUMAN)

    return make


def _propose(cast, render, remedy, **fields):
    with cast.at():
        return propose(render=render, remedy=remedy, reason="Looked in its console", by=cast.sol, **fields)


def _confirm(cast, resolution, by):
    with cast.at():
        return confirm(resolution=Resolution.objects.get(pk=resolution.pk), by=by)


def test_price_stays_set_aside_and_nothing_is_sent_again(doubtful, emulator):
    render = doubtful("accept_then_drop")
    assert balance(render) == {"available": -PRICE, "reserved": PRICE}
    assert len(invoiced(emulator, render)) == 1
    assert render.next_action_at is None


def test_adopted_id_is_rendered_to_its_end_and_paid_once(doubtful, cast, noor, emulator):
    render = doubtful("accept_then_drop")
    (line,) = invoiced(emulator, render)
    _confirm(cast, _propose(cast, render, Remedy.ADOPT, video_id=line["video_id"]), noor)
    done = run_until(render, State.STORED)
    assert balance(done)["spent"] == PRICE
    assert len(invoiced(emulator, done)) == 1


def test_declared_absent_it_is_sent_again_under_the_same_reservation(doubtful, cast, noor, emulator):
    render = doubtful("drop_before")
    assert invoiced(emulator, render) == []
    _confirm(cast, _propose(cast, render, Remedy.ABSENT), noor)
    assert [a.status for a in attempts(render)] == ["not_accepted", "reserved"]
    done = run_until(render, State.STORED)
    assert len(invoiced(emulator, done)) == 1
    assert balance(done) == {"available": -PRICE, "reserved": 0, "spent": PRICE}


@pytest.mark.parametrize(("remedy", "spent"), [(Remedy.PAID, PRICE), (Remedy.UNPAID, 0)])
def test_written_off_it_ends_with_the_money_as_decided(doubtful, cast, noor, remedy, spent):
    render = doubtful("accept_then_drop")
    _confirm(cast, _propose(cast, render, remedy), noor)
    assert fresh(render).state == State.LOST
    assert (balance(render)["reserved"], balance(render).get("spent", 0)) == (0, spent)


def test_who_proposes_never_carries_it_out_also_not_by_sql(doubtful, cast):
    made = _propose(cast, doubtful("accept_then_drop"), Remedy.PAID)
    with pytest.raises(CannotResolve, match="second person"):
        _confirm(cast, made, cast.sol)
    with cast.at(), pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.update(verdict="confirmed", decided_by=cast.sol, decided_at=timezone.now())


def test_id_of_another_take_is_refused(doubtful, submit, cast, noor, account, brief):
    other = run_until(submit(), State.IN_REVIEW)
    taken = attempts(other)[-1].provider_video_id
    render = doubtful("accept_then_drop")
    made = _propose(cast, render, Remedy.ADOPT, video_id=taken)
    with pytest.raises(CannotResolve, match="belongs to another take"):
        _confirm(cast, made, noor)
    assert fresh(render).state == State.NEEDS_HUMAN


def test_full_account_says_try_again(doubtful, cast, noor, account):
    render = doubtful("accept_then_drop")
    made = _propose(cast, render, Remedy.ADOPT, video_id=f"video_{uuid.uuid4().hex}")
    ProviderAccount.objects.filter(pk=account.pk).update(max_in_flight=0)
    with pytest.raises(CannotResolve, match="no free slot"):
        _confirm(cast, made, noor)


def test_two_confirmations_at_once_act_once(doubtful, cast, noor, emulator):
    render = doubtful("drop_before")
    made = _propose(cast, render, Remedy.ABSENT)

    def act(_number):
        try:
            _confirm(cast, made, noor)
        except CannotResolve:
            return "refused"
        return "done"

    assert in_threads(6, act) == {"done": 1, "refused": 5}
    assert len(attempts(render)) == 2


def test_proposal_can_be_taken_back_and_another_made(doubtful, cast):
    render = doubtful("accept_then_drop")
    made = _propose(cast, render, Remedy.PAID)
    with pytest.raises(CannotResolve, match="already"):
        _propose(cast, render, Remedy.UNPAID)
    with cast.at():
        refuse(resolution=made, by=cast.sol)
    assert _propose(cast, render, Remedy.UNPAID)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"remedy": "nonsense", "reason": "x"}, "Choose what"),
        ({"remedy": Remedy.PAID, "reason": "  "}, "Say what you found"),
        ({"remedy": Remedy.PAID, "reason": "x" * 501}, "500 fit"),
        ({"remedy": Remedy.ADOPT, "reason": "x"}, "Give the provider"),
        ({"remedy": Remedy.PAID, "reason": "x", "video_id": "video_1"}, "adoption only"),
    ],
)
def test_bad_proposals_are_refused_in_words(doubtful, cast, fields, words):
    render = doubtful("accept_then_drop")
    with cast.at(), pytest.raises(CannotResolve, match=words):
        propose(render=render, by=cast.sol, **fields)


def test_staff_clear_it_up_in_the_browser_and_nobody_else_sees_it(doubtful, cast, noor):
    render = doubtful("accept_then_drop")
    url = f"/staff/doubts/{render.public_id}"
    sol, second = browser(cast.sol), browser(noor)
    assert "Lighthouse" in sol.get("/staff/doubts/").content.decode()
    for who in (cast.amara, cast.dmitri):
        assert browser(who).get("/staff/doubts/").status_code == 404
        assert browser(who).get(url).status_code == 404
        assert browser(who).post(f"{url}/do", {"do": "propose"}).status_code == 404
    answer = sol.post(f"{url}/do", {"do": "propose", "remedy": "adopt", "reason": "It is in the console"})
    assert answer.status_code == 422
    assert "It is in the console" in answer.content.decode()
    assert sol.post(f"{url}/do", {"do": "propose", "remedy": "paid", "reason": "Billed"}).status_code == 302
    assert sol.post(f"{url}/do", {"do": "confirm"}).status_code == 422
    assert second.post(f"{url}/do", {"do": "confirm"}).status_code == 302
    page = second.get(url).content.decode()
    assert "Cleared up" in page
    assert "Billed" in page
    with cast.at():
        assert Render.objects.get().state == State.LOST
