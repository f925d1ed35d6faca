"""Two people at the same moment, on connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from renders.models import Render
from renders.states import State
from reviews.actions import decisions
from reviews.models import Comment, Decision, Guest, Round, Verdict
from tenants.models import Membership
from tenants.roles import Role
from tests import factories
from tests.cast import Cast, assemble, browser, person
from tests.reviews.helpers import room, shown

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave back; all begin at the same moment."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            answers[place] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.fixture
def scene() -> tuple[Cast, Round]:
    cast = assemble()
    with cast.at():
        return cast, factories.round_of(factories.take(cast), cast.amara)


def _state(cast: Cast) -> State:
    with cast.at():
        return State(Render.objects.get().state)


def test_two_who_decide_at_once_have_one_winner_and_the_loser_reads_the_truth(
    scene: tuple[Cast, Round],
) -> None:
    cast, round_ = scene
    eve = person("eve@northlight.test", "Eve")
    with cast.at():
        Membership.objects.create(user=eve, role=Role.REVIEWER)
    one, two = browser(cast.bruno), browser(eve)
    url = room(round_.render, "/decide")
    yes, no = (
        shown(round_, "yes", verdict="approved"),
        shown(round_, "no", verdict="changes_required", note="No"),
    )

    answers = at_once(lambda: one.post(url, yes), lambda: two.post(url, no))

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    words = "With the client" if answers[0].status_code == 302 else "Changes asked for"
    assert words in loser.content.decode()
    with cast.at():
        decision = Decision.objects.get()
        assert decision.verdict == (
            Verdict.APPROVED if answers[0].status_code == 302 else Verdict.CHANGES_REQUIRED
        )
    assert _state(cast) == (State.CLIENT_REVIEW if answers[0].status_code == 302 else State.CHANGES)


def test_one_form_sent_four_times_at_once_decides_once(scene: tuple[Cast, Round]) -> None:
    cast, round_ = scene
    tabs, data = [browser(cast.bruno) for _ in range(4)], shown(round_, verdict="approved")

    answers = at_once(*(lambda tab=tab: tab.post(room(round_.render, "/decide"), data) for tab in tabs))

    assert [answer.status_code for answer in answers] == [302] * 4
    with cast.at():
        assert Decision.objects.count() == 1


def test_one_form_sent_four_times_at_once_is_one_guest_and_one_decision(scene: tuple[Cast, Round]) -> None:
    cast, round_ = scene
    with cast.at():
        factories.decided(round_, Verdict.APPROVED, cast.bruno)
        _link, token = factories.link(round_, cast.amara)
    data = shown(round_, verdict="approved", name="Clara", email="clara@acme.test")

    answers = at_once(*(lambda: browser().post(f"/p/{token}/decide", data) for _ in range(4)))

    assert [answer.status_code for answer in answers] == [302] * 4
    with cast.at():
        assert Guest.objects.count() == 1
        assert Decision.objects.filter(guest__isnull=False).count() == 1


def test_the_first_comments_of_two_open_one_round(scene: tuple[Cast, Round]) -> None:
    cast, round_ = scene
    with cast.at():
        render = factories.take(cast)
    data = shown(round_)
    data["asset_sha256"] = factories.hashlib.sha256(f"original of {render.pk}".encode()).hexdigest()
    tabs = [browser(cast.bruno) for _ in range(4)]

    answers = at_once(*(
        lambda n=n, tab=tab: tab.post(room(render, "/comment"), {**data, "form_key": str(n), "body": f"Word {n}"})
        for n, tab in enumerate(tabs)
    ))  # fmt: skip

    assert [answer.status_code for answer in answers] == [302] * 4
    with cast.at():
        assert Round.objects.filter(render=render).count() == 1
        assert Comment.objects.filter(round__render=render).count() == 4


def test_many_who_answer_at_once_never_wait_for_each_other_crosswise(scene: tuple[Cast, Round]) -> None:
    """Some are known already, some arrive in the transaction that decides, and the team takes the clip back."""
    cast, round_ = scene
    amara = browser(cast.amara)
    with cast.at():
        factories.decided(round_, Verdict.APPROVED, cast.bruno)
        _link, token = factories.link(round_, cast.amara)
    phones = [browser() for _ in range(8)]
    who = [{"name": f"Guest {n}", "email": "g@acme.test"} for n in range(8)]
    for n in range(4):
        phones[n].post(f"/p/{token}/comment", shown(round_, f"word-{n}", body="Hello", **who[n]))
    forms = [shown(round_, f"form-{n}", verdict="not_relevant", **who[n]) for n in range(7)]
    forms.append(shown(round_, "form-7", verdict="approved", **who[7]))

    answers = at_once(
        lambda: amara.post(room(round_.render, "/take-back"), HTTP_HX_REQUEST="true"),
        *(
            lambda phone=phone, form=form: phone.post(f"/p/{token}/decide", form)
            for phone, form in zip(phones, forms, strict=True)
        ),
    )

    assert {answer.status_code for answer in answers} <= {200, 302, 409}
    with cast.at():
        chain = list(Decision.objects.order_by("seq"))
        assert [decision.seq for decision in chain] == list(range(1, len(chain) + 1))
        assert all(decisions.is_intact(decision) for decision in chain)
