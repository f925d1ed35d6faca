"""The storyboard's page: plan, prices, one total, states, and nothing typed is ever lost."""

import re

import pytest

from renders.actions.budgets import set_agency_budget
from renders.actions.orders import set_threshold
from renders.models import Order, Render, Storyboard
from renders.states import State
from renders.storyboard_states import Progress
from renders.tasks import storyboard as worker
from tests.cast import browser

pytestmark = pytest.mark.django_db
NEW = "/a/northlight/storyboards/new"


@pytest.fixture
def first(project):
    return {
        "project": str(project.pk),
        "title": "Voyage",
        "model": "sora-2",
        "size": "720x1280",
        "words": "A ship leaves the harbour",
        "seconds": "4",
    }


@pytest.fixture
def url(cast, first):
    """A storyboard with its first scene."""
    answer = browser(cast.amara).post(NEW, first)
    assert answer.status_code == 302
    return answer["Location"]


def scenes(*wanted, **more):
    """The form's fields for these (words, seconds)."""
    fields = {"count": str(len(wanted)), **more}
    for n, (words, seconds) in enumerate(wanted, start=1):
        fields |= {f"scene-{n}-words": words, f"scene-{n}-seconds": str(seconds)}
    return fields


PLAN = (("A ship leaves the harbour", 4), ("It meets a whale", 8), ("Both sail on", 20))


def board(cast):
    with cast.at():
        return Storyboard.objects.select_related("brief").get()


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_amara_plans_three_scenes_sees_each_price_and_starts_them_with_one_total(cast, url):
    amara = browser(cast.amara)
    page = text(amara.post(url, scenes(PLAN[0], do="add")))
    assert "scene-2-words" in page
    with cast.at():
        assert board(cast).scenes.count() == 1, "adding a field saves nothing"
    preview = text(amara.post(f"{url}/preview", scenes(*PLAN)))
    for words in (
        "Scene 1, 4 s",
        "$0.40",
        "Scene 2, 8 s",
        "$0.80",
        "Scene 3, 20 s",
        "$2.00",
        "$3.20",
        "32 of 120 s",
    ):
        assert words in preview
    assert "88 s and 4 of 6 extensions are left" in preview
    answer = amara.post(url, scenes(*PLAN, do="start", shown_microusd="3200000"))
    assert answer.status_code == 302
    found = board(cast)
    assert found.state == Progress.RUNNING
    with cast.at():
        assert Order.objects.get().total_microusd == 3_200_000
    worker.fn(str(found.org_id), str(found.pk))
    page = text(amara.get(url))
    assert "Queued" in page
    assert "$0.00 paid, $0.40 set aside, $2.80 to go" in page
    assert "Stop after this scene" in page
    queue = text(amara.get("/a/northlight/queue/"))
    assert "scene 1" in queue
    assert url in queue


def test_list_has_it_with_its_length(cast, url):
    browser(cast.amara).post(url, scenes(*PLAN, do="save"))
    page = text(browser(cast.vera).get("/a/northlight/storyboards/"))
    assert "Voyage" in page
    assert ">32<" in page


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ((PLAN[0], ("", 8)), "This field is required"),
        ((PLAN[0], ("On", 5)), "An extension of 5 s is not possible"),
        ((PLAN[0], *[("On", 4)] * 7), "can be extended 6 times"),
        ((("Start", 12), *[("On", 20)] * 6), "8 s are left of 120"),
        ((PLAN[0], ("x" * 4001, 8)), "4,001 characters long and 4,000 fit"),
    ],
)
def test_bad_plan_is_refused_in_words_and_loses_nothing(cast, url, plan, words):
    answer = browser(cast.amara).post(url, scenes(*plan, do="start", shown_microusd="1"))
    page = text(answer)
    assert answer.status_code == 422
    assert words in page
    assert plan[-1][0] in page
    with cast.at():
        assert not Order.objects.exists()
        assert Storyboard.objects.get().scenes.count() == 1, "both or neither"


def test_price_that_was_not_shown_starts_nothing(cast, url):
    answer = browser(cast.amara).post(url, scenes(*PLAN, do="start", shown_microusd="5"))
    assert "The price to go is $3.20 now" in text(answer)
    assert board(cast).state == Progress.PLANNED


def test_budget_that_cannot_carry_it_disables_the_start_and_says_why(cast, url):
    with cast.at():
        set_agency_budget(limit_microusd=1_000_000, by=cast.amara)
    preview = text(browser(cast.amara).post(f"{url}/preview", scenes(*PLAN)))
    assert "What is to go costs $3.20, and $1.00 is left" in preview
    assert re.search(r'value="start"[^>]*disabled', preview)


def test_phrase_that_a_rule_refuses_is_said_with_its_scene(cast, url):
    plan = (PLAN[0], ("Mickey Mouse comes aboard", 8))
    assert "Scene 2, “Mickey Mouse”" in text(browser(cast.amara).post(f"{url}/preview", scenes(*plan)))
    answer = browser(cast.amara).post(url, scenes(*plan, do="start", shown_microusd="1200000"), follow=True)
    assert "Nothing was sent" in text(answer)
    assert "Mickey Mouse comes aboard" in text(answer), "the plan is saved"
    assert board(cast).state == Progress.PLANNED


def test_scene_is_taken_out_and_the_later_ones_move_up(cast, url):
    page = text(browser(cast.amara).post(url, scenes(*PLAN, do="drop:2")))
    assert "It meets a whale" not in page
    assert "Both sail on" in page
    assert "scene-3-words" not in page


def test_approval_shows_every_scene_and_fay_starts_it(cast, url):
    with cast.at():
        set_threshold(above_microusd=1_000_000, by=cast.amara)
    amara, fay = browser(cast.amara), browser(cast.fay)
    assert "Ask for approval of $3.20" in text(amara.post(f"{url}/preview", scenes(*PLAN)))
    amara.post(url, scenes(*PLAN, do="start", shown_microusd="3200000"))
    assert "Withdraw the question" in text(amara.get(url))
    with cast.at():
        order = Order.objects.get()
    assert "Voyage" in text(fay.get("/a/northlight/approvals/"))
    page = text(fay.get(f"/a/northlight/approvals/{order.public_id}"))
    for words in ("It meets a whale", "Both sail on", "3 scenes", "Approve $3.20"):
        assert words in page
    fay.post(
        f"/a/northlight/approvals/{order.public_id}/decide",
        {"verdict": "approved", "shown_digest": order.digest},
    )
    assert board(cast).state == Progress.RUNNING


def test_stop_and_withdraw(cast, url):
    amara = browser(cast.amara)
    amara.post(url, scenes(*PLAN, do="start", shown_microusd="3200000"))
    assert amara.post(f"{url}/stop").status_code == 302
    assert board(cast).state == Progress.STOPPED
    assert "Go on for $3.20" in text(amara.get(url))


def test_sent_scene_stays_whatever_the_form_says(cast, url):
    amara = browser(cast.amara)
    amara.post(url, scenes(*PLAN, do="start", shown_microusd="3200000"))
    found = board(cast)
    worker.fn(str(found.org_id), str(found.pk))
    page = text(amara.get(url))
    assert "It was sent, so it stays." in page
    amara.post(url, scenes(("", 4), ("Other words", 8), PLAN[2], do="save"))
    found = board(cast)
    assert (found.state, found.brief.subject) == (Progress.STOPPED, PLAN[0][0])
    with cast.at():
        assert found.scenes.get(position=2).prompt == "Other words"


def test_failed_scene_is_said_and_gone_on_from_with_other_words(cast, url):
    amara = browser(cast.amara)
    amara.post(url, scenes(*PLAN, do="start", shown_microusd="3200000"))
    found = board(cast)
    worker.fn(str(found.org_id), str(found.pk))
    with cast.at():
        Render.objects.update(state=State.FAILED, failure_class="render_failed", next_action_at=None)
    worker.fn(str(found.org_id), str(found.pk))
    page = text(amara.get(url))
    assert "Scene 1 was not made: The provider failed" in page
    assert "can be changed" in page
    plan = (("A ship stays in the harbour", 4), *PLAN[1:])
    answer = amara.post(url, scenes(*plan, do="start", shown_microusd="3200000"))
    assert answer.status_code == 302
    worker.fn(str(found.org_id), str(found.pk))
    with cast.at():
        assert Render.objects.filter(scene__isnull=False).count() == 2


def test_continuity_is_a_named_item_and_waits_for_two_scenes(cast, url):
    page = text(browser(cast.bruno).get(url))
    for words in ("Continuity", "Lighting", "Characters", "Setting", "once two scenes are made"):
        assert words in page
    answer = browser(cast.bruno).post(f"{url}/continuity", {"item": "lighting"}, follow=True)
    assert "Two scenes have to be made" in text(answer)


def test_brief_becomes_the_first_scene_and_only_once(cast, make_brief):
    brief = make_brief()
    for _ in range(2):
        answer = browser(cast.amara).post(f"/a/northlight/briefs/{brief.public_id}/storyboard")
    page = text(browser(cast.amara).get(answer["Location"]))
    assert "A small white lighthouse" in page
    with cast.at():
        assert Storyboard.objects.count() == 1


def test_who_may_only_look_changes_nothing(cast, url):
    vera = browser(cast.vera)
    page = text(vera.get(url))
    assert "A ship leaves the harbour" in page
    assert "Save the plan</button>" not in page.split("<main")[1].replace("visually-hidden", "")[-4000:]
    assert vera.post(url, scenes(*PLAN, do="save")).status_code == 403
    assert vera.post(f"{url}/stop").status_code == 403
    assert browser(cast.dmitri).get(url.replace("northlight", "rivalry")).status_code == 404


def test_status_says_that_the_page_is_out_of_date_and_keeps_what_is_typed(cast, url):
    amara = browser(cast.amara)
    amara.post(url, scenes(*PLAN, do="start", shown_microusd="3200000"))
    answer = amara.get(f"{url}/status?was=planned")
    assert "It has moved on" in text(answer)
    assert "HX-Refresh" not in answer
    assert "It has moved on" not in text(amara.get(f"{url}/status?was=running"))


def test_page_makes_few_queries(cast, url, django_assert_max_num_queries):
    amara = browser(cast.amara)
    amara.post(url, scenes(*PLAN, do="save"))
    amara.get(url)
    with django_assert_max_num_queries(45):
        amara.get(url)


def test_empty_list_says_what_to_do(cast, project):
    page = text(browser(cast.amara).get("/a/northlight/storyboards/"))
    assert "No storyboard yet" in page
