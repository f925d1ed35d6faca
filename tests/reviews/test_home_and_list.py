"""The first page and the list of takes in review."""

import pytest

from renders.ledger import current_month
from renders.models import Budget, BudgetPeriod
from renders.states import FailureClass, State
from reviews.models import Round, StageKind, Verdict
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import text_of

HOME, LIST = "/a/northlight/", "/a/northlight/review/"


def test_a_fresh_agency_is_shown_the_way(cast: Cast) -> None:
    amara, vera = (text_of(browser(who).get(HOME)) for who in (cast.amara, cast.vera))

    assert 'href="/a/northlight/projects/new"' in amara
    assert "Start the first project" in amara
    assert "Start the first project" not in vera
    with cast.at():
        factories.brief(cast)
    assert "Write the first brief" in text_of(browser(cast.amara).get(HOME))


@pytest.fixture
def busy(cast: Cast, shared: Round) -> None:
    """One with Acme, one for the team, one turned back, one failed, one under way."""
    with cast.at():
        factories.take(cast, title="For the team")
        factories.take(cast, State.CHANGES, title="Turned back")
        factories.take(cast, State.FAILED, title="Did not work", failure_class=FailureClass.POLICY_OUTPUT)
        factories.take(cast, State.RENDERING, title="Under way")


def test_one_sentence_says_how_things_stand(cast: Cast, busy: None) -> None:
    page = text_of(browser(cast.vera).get(HOME))

    assert (
        "1 clip waits for Acme, 1 waits for the team, 1 needs changes, 1 is under way, 1 failed this week."
        in page
    )


def test_the_sentence_begins_with_what_it_speaks_of(cast: Cast) -> None:
    with cast.at():
        for _ in range(2):
            factories.take(cast)

    assert "2 clips wait for the team." in text_of(browser(cast.vera).get(HOME))


@pytest.mark.parametrize(("who", "sees", "does_not"), [
    ("bruno", {"For the team"}, {"Turned back", "Did not work"}),
    ("amara", {"Turned back", "Did not work", "refused by policy"}, {"For the team"}),
    ("vera", {"Nothing waits for you"}, {"For the team", "Turned back", "Did not work"}),
])  # fmt: skip
def test_each_sees_what_waits_for_them(
    cast: Cast, busy: None, who: str, sees: set[str], does_not: set[str]
) -> None:
    now = text_of(browser(getattr(cast, who)).get(f"{HOME}home/now"))

    assert {words for words in sees if words in now} == sees
    assert {words for words in does_not if words in now} == set()


def test_the_clients_answer_comes_first(cast: Cast, shared: Round) -> None:
    with cast.at():
        link, _token = factories.link(shared, cast.amara)
        factories.decided(shared, Verdict.APPROVED, factories.clara(link), kind=StageKind.CLIENT)

    now = text_of(browser(cast.amara).get(f"{HOME}home/now"))

    assert "<bdi>Clara Okafor</bdi>, for the client" in now
    assert shared.render.public_id in now


def test_spend_is_for_who_may_see_it(cast: Cast, shared: Round) -> None:
    with cast.at():
        BudgetPeriod.objects.create(
            budget=Budget.objects.get(),
            starts_on=current_month(),
            reserved_microusd=400_000,
            posted_microusd=1_000_000,
        )

    pages = {who: text_of(browser(getattr(cast, who)).get(HOME)) for who in ("amara", "fay", "bruno", "vera")}

    for who in ("amara", "fay"):
        assert "$1.40 of $1,000.00" in pages[who]
    for who in ("bruno", "vera"):
        assert "$1.40" not in pages[who]


@pytest.mark.parametrize(("show", "titles"), [
    ("team", {"For the team"}),
    ("client", {"Lighthouse at dusk"}),
    ("changes", {"Turned back"}),
    ("approved", set()),
    ("all", {"For the team", "Lighthouse at dusk", "Turned back"}),
    ("nonsense", {"For the team"}),
])  # fmt: skip
def test_tabs(cast: Cast, busy: None, show: str, titles: set[str]) -> None:
    page = text_of(browser(cast.vera).get(LIST, {"show": show}))

    assert {
        t for t in ("For the team", "Lighthouse at dusk", "Turned back") if f"{t}, take 1" in page
    } == titles
    assert "Did not work" not in page
    assert (not titles) == ("Nothing is signed off yet" in page)


def test_cards_count_open_comments_and_load_no_clip(cast: Cast, in_review: Round) -> None:
    with cast.at():
        for n in range(3):
            top = factories.said(in_review, cast.bruno, shared=bool(n))
            factories.said(in_review, cast.amara, parent=top)
        factories.rounds_resolve(top, cast.bruno)

    page = text_of(browser(cast.vera).get(LIST))

    assert "2 open comments" in page
    assert "data-scrub=" in page
    assert "<video" not in page


def test_pages_follow_each_other_without_gaps(cast: Cast) -> None:
    import re

    with cast.at():
        brief = factories.brief(cast)
        made = {factories.take(cast, brief=brief, files=False).public_id for _ in range(30)}
    vera, url, seen = browser(cast.vera), LIST, []
    for _ in range(2):
        page = text_of(vera.get(url))
        seen.append(set(re.findall(r"/review/(rnd_\w+)", page)))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        url = LIST + older.group(1).replace("&amp;", "&") if older else ""

    assert [len(found) for found in seen] == [24, 6]
    assert seen[0] | seen[1] == made
    assert not url
