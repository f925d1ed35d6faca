"""A long talk: its first threads at once, the others when somebody goes there, and nothing lost on the way."""

import re

import pytest

from reviews.models import Round
from reviews.threads import WINDOW
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown, statements, text_of

THREADS = 2 * WINDOW + 10


@pytest.fixture
def talk(cast: Cast, in_review: Round) -> list[str]:
    """Ids of the threads, in the order of their frames."""
    with cast.at():
        made = [
            factories.said(in_review, cast.amara, body=f"Word {n}.", frame_in=n // 2) for n in range(THREADS)
        ]
    return [comment.public_id for comment in made]


def _said(page: str) -> list[str]:
    return re.findall(r'<article class="comment"? ?[^>]*data-comment="(cmt_\w+)"', page)


def _marked(page: str) -> list[str]:
    return re.findall(r'data-comment-id="(cmt_\w+)"', page)


def _windows(page: str) -> list[str]:
    return re.findall(r'data-window hx-get="([^"]+)"', page)


def test_the_room_says_the_first_and_marks_them_all(cast: Cast, in_review: Round, talk: list[str]) -> None:
    page = text_of(browser(cast.bruno).get(room(in_review.render)))

    assert _said(page) == talk[:WINDOW]
    assert _marked(page) == talk
    assert f"{THREADS} open of {THREADS}" in page


def test_each_window_comes_alone_and_together_they_are_the_talk(
    cast: Cast, in_review: Round, talk: list[str]
) -> None:
    bruno = browser(cast.bruno)
    page = text_of(bruno.get(room(in_review.render)))
    found = _said(page)
    for address in _windows(page):
        part = text_of(bruno.get(address.replace("&amp;", "&"), **HTMX))
        assert "threads-title" not in part
        found += _said(part)

    assert found == talk


def test_without_scripts_a_link_leads_on(cast: Cast, in_review: Round, talk: list[str]) -> None:
    bruno = browser(cast.bruno)
    link = re.search(r'href="([^"]+)#threads"', text_of(bruno.get(room(in_review.render))))[1]
    page = text_of(bruno.get(link.replace("&amp;", "&")))

    assert set(talk[WINDOW : 2 * WINDOW]) <= set(_said(page))


def test_what_is_open_stays_open_when_something_changes(
    cast: Cast, in_review: Round, talk: list[str]
) -> None:
    opened = {"open": [talk[0], talk[-1]], "show": "all"}
    bruno = browser(cast.bruno)
    after_live = text_of(bruno.get(room(in_review.render, "/threads"), opened, **HTMX))
    resolve = room(in_review.render, f"/comments/{talk[WINDOW]}/resolve")
    after_act = text_of(bruno.post(resolve, {"open": [talk[-1]]}, **HTMX))

    assert _said(after_live) == [*talk[:WINDOW], *talk[2 * WINDOW :]]
    assert talk[-1] in after_act
    assert f'id="c-{talk[WINDOW]}"' in after_act, "the thread that was touched is shown"


def test_a_new_word_far_down_is_shown_to_its_writer(cast: Cast, in_review: Round, talk: list[str]) -> None:
    form = shown(in_review, body="Down here.", frame_in="99", frame_out="99")
    bruno = browser(cast.bruno)
    answer = text_of(bruno.post(room(in_review.render, "/comment"), form, **HTMX))
    assert "Down here." in answer

    plain = bruno.post(room(in_review.render, "/comment"), {**form, "form_key": "2", "body": "And here."})
    assert "And here." in text_of(bruno.get(plain.url.partition("#")[0]))


def test_a_window_that_is_gone_brings_the_talk_as_it_is(
    cast: Cast, in_review: Round, talk: list[str]
) -> None:
    for odd in ("cmt_1111111111111111111111", "cmt_", "x", ""):
        answer = browser(cast.bruno).get(room(in_review.render, f"/threads/window?from={odd}"), **HTMX)
        assert answer.headers["HX-Retarget"] == "#threads"
        assert _said(text_of(answer)) == talk[:WINDOW]


def test_an_answer_opens_under_a_thread_far_down(cast: Cast, in_review: Round, talk: list[str]) -> None:
    page = text_of(browser(cast.bruno).get(room(in_review.render, f"?reply={talk[-1]}")))

    assert 'id="reply-form"' in page


def test_filters_count_all_and_show_theirs(cast: Cast, in_review: Round, talk: list[str]) -> None:
    with cast.at():
        note = factories.said(in_review, cast.amara, frame_in=110, shared=False)
    page = text_of(browser(cast.bruno).get(room(in_review.render, "?show=team")))

    assert _marked(page) == [note.public_id]
    assert "Word 1." not in page


def test_a_longer_talk_takes_no_more_statements(cast: Cast, in_review: Round, talk: list[str]) -> None:
    bruno = browser(cast.bruno)
    _response, found = statements(bruno, "get", room(in_review.render))

    assert len(found) <= 13
