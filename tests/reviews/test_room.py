"""The room: say, answer, tick off, take back; nothing typed is lost."""

import pytest
from django.test import Client as Browser

from renders.models import AssetKind
from renders.states import State
from reviews.actions import rounds
from reviews.models import Comment, Round, Visibility
from tenants.models import AuditEvent
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import HTMX, room, shown, text_of


@pytest.fixture
def bruno(cast: Cast) -> Browser:
    return browser(cast.bruno)


def test_the_room_shows_clip_verdicts_and_where_it_came_from(
    cast: Cast, in_review: Round, bruno: Browser
) -> None:
    page = text_of(bruno.get(room(in_review.render)))

    for words in ("Approve", "Approve with changes", "Ask for changes", "Not relevant"):
        assert f"<span>{words}</span>" in page
    with cast.at():
        original = in_review.render.asset(AssetKind.ORIGINAL)
    for fact in (
        "sora-2",
        "1280x720",
        original.sha256,
        in_review.render.params_digest,
        "A small lighthouse.",
    ):
        assert fact in page
    assert 'frames="120"' in page
    assert 'fps-num="30"' in page
    assert 'sheet-columns="8"' in page
    assert f'refresh="{room(in_review.render, "/media")}"' in page


def test_a_take_without_a_clip_has_no_room(cast: Cast, bruno: Browser) -> None:
    with cast.at():
        queued = factories.take(cast, State.RENDERING)

    assert bruno.get(room(queued)).status_code == 404


def test_the_first_comment_opens_the_round(cast: Cast, bruno: Browser) -> None:
    with cast.at():
        render = factories.take(cast)
    sha256 = factories.hashlib.sha256(f"original of {render.pk}".encode()).hexdigest()

    response = bruno.post(
        room(render, "/comment"), {"asset_sha256": sha256, "form_key": "k", "body": "Here", "frame_in": "61"}
    )

    with cast.at():
        comment = Comment.objects.get()
        assert response.url == f"{room(render)}?from={comment.public_id}#c={comment.public_id}"
        assert (comment.frame_in, comment.frame_out, comment.author) == (61, None, cast.bruno)
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"review.opened", "comment.added"}


@pytest.mark.parametrize(("typed", "place"), [
    ({}, (None, None)),
    ({"frame_in": "10", "frame_out": "20"}, (10, 20)),
    ({"frame_in": "10", "frame_out": "10"}, (10, None)),
    ({"frame_in": "10", "whole": "on"}, (None, None)),
    ({"timecode": "61"}, (61, None)),
    ({"timecode": "0:02"}, (60, None)),
    ({"timecode": "0:01 – 0:02", "frame_in": "5"}, (30, 60)),
    ({"timecode": "00:00:02:01"}, (61, None)),
])  # fmt: skip
def test_a_comment_lands_where_it_was_put(
    cast: Cast, in_review: Round, bruno: Browser, typed: dict[str, str], place: tuple[int | None, int | None]
) -> None:
    assert (
        bruno.post(room(in_review.render, "/comment"), shown(in_review, body="x", **typed)).status_code == 302
    )

    with cast.at():
        comment = Comment.objects.get()
        assert (comment.frame_in, comment.frame_out) == place


@pytest.mark.parametrize(("typed", "words"), [
    ({"body": "   "}, "required"),
    ({"body": "x" * 4001}, "4000"),
    ({"timecode": "9:99"}, "is not a time"),
    ({"timecode": "120"}, "ends at frame 119"),
    ({"timecode": "0:02-0:01"}, "ends before it begins"),
    ({"frame_in": "120"}, "outside it"),
    ({"frame_in": "20", "frame_out": "10"}, "ends before it begins"),
    ({"frame_out": "10"}, "no beginning"),
])  # fmt: skip
@pytest.mark.parametrize("extra", [{}, HTMX])
def test_what_is_wrong_comes_back_in_words_with_what_was_typed(
    cast: Cast,
    in_review: Round,
    bruno: Browser,
    typed: dict[str, str],
    words: str,
    extra: dict[str, str],
) -> None:
    data = shown(in_review, **{"body": "Keep these words", **typed})

    response = bruno.post(room(in_review.render, "/comment"), data, **extra)

    page = text_of(response)
    assert response.status_code == 422
    assert words in page
    if "body" not in typed:
        assert "Keep these words" in page
    if "timecode" in typed:
        assert typed["timecode"] in page
    assert ("<html" in page) == (not extra)
    with cast.at():
        assert not Comment.objects.exists()


def test_a_comment_on_other_bytes_is_409_and_keeps_the_words(
    cast: Cast, in_review: Round, bruno: Browser
) -> None:
    data = {**shown(in_review, body="Keep these words"), "asset_sha256": "0" * 64}

    response = bruno.post(room(in_review.render, "/comment"), data)

    assert response.status_code == 409
    assert "is not the one that is here now" in text_of(response)
    assert "Keep these words" in text_of(response)


def test_the_same_form_twice_is_one_comment(cast: Cast, in_review: Round, bruno: Browser) -> None:
    data = shown(in_review, body="Once")

    first, second = (bruno.post(room(in_review.render, "/comment"), data) for _ in range(2))

    assert first.url == second.url
    with cast.at():
        assert Comment.objects.count() == 1


def test_only_the_team_sees_a_comment_unless_the_writer_says_otherwise(
    cast: Cast, in_review: Round, bruno: Browser
) -> None:
    assert 'name="team_only" checked' in text_of(bruno.get(room(in_review.render)))
    bruno.post(room(in_review.render, "/comment"), shown(in_review, "a", body="Inside", team_only="on"))
    bruno.post(room(in_review.render, "/comment"), shown(in_review, "b", body="For all"))

    with cast.at():
        found = dict(Comment.objects.values_list("body", "visibility"))
    assert found == {"Inside": Visibility.TEAM, "For all": Visibility.SHARED}


def test_an_answer_is_as_visible_as_what_it_answers(cast: Cast, in_review: Round, bruno: Browser) -> None:
    with cast.at():
        inside = factories.said(in_review, cast.amara, shared=False, frame_in=5)

    bruno.post(
        room(in_review.render, "/comment"),
        shown(in_review, body="Agreed", parent=inside.public_id, frame_in="7"),
    )

    with cast.at():
        reply = Comment.objects.get(body="Agreed")
        assert (reply.parent, reply.visibility, reply.frame_in) == (inside, Visibility.TEAM, None)


def test_an_answer_with_nothing_in_it_opens_its_form_again(
    cast: Cast, in_review: Round, bruno: Browser
) -> None:
    with cast.at():
        top = factories.said(in_review, cast.amara)
    data = shown(in_review, body=" ", parent=top.public_id)

    response = bruno.post(room(in_review.render, "/comment"), data, **HTMX)

    assert response.status_code == 422
    assert 'id="reply-error"' in text_of(response)
    assert f'value="{top.public_id}"' in text_of(response)


def test_htmx_gets_the_part_that_changed(cast: Cast, in_review: Round, bruno: Browser) -> None:
    with cast.at():
        top = factories.said(in_review, cast.amara)

    new = bruno.post(room(in_review.render, "/comment"), shown(in_review, "a", body="New"), **HTMX)
    answer = bruno.post(
        room(in_review.render, "/comment"), shown(in_review, "b", body="Yes", parent=top.public_id), **HTMX
    )

    assert 'id="discussion"' in text_of(new)
    assert "<html" not in text_of(new)
    assert 'id="composer"' not in text_of(answer)
    assert 'id="threads"' in text_of(answer)
    assert "review-changed" in new["HX-Trigger"]


def test_resolving_and_opening_again(cast: Cast, in_review: Round, bruno: Browser) -> None:
    with cast.at():
        top = factories.said(in_review, cast.amara)
    at = room(in_review.render, f"/comments/{top.public_id}")

    for _ in range(2):  # a second click changes nothing
        assert bruno.post(f"{at}/resolve").status_code == 302
    with cast.at():
        top.refresh_from_db()
        assert top.resolved_by == cast.bruno
        assert AuditEvent.objects.filter(action="comment.resolved").count() == 1
    bruno.post(f"{at}/reopen", **HTMX)
    with cast.at():
        top.refresh_from_db()
        assert (top.resolved_at, top.resolved_by) == (None, None)


def test_one_deletes_ones_own_words_only_and_only_unanswered(
    cast: Cast, in_review: Round, bruno: Browser
) -> None:
    with cast.at():
        others, mine, answered = (
            factories.said(in_review, who) for who in (cast.amara, cast.bruno, cast.bruno)
        )
        factories.said(in_review, cast.amara, "Answer", parent=answered)

    toasts = {
        comment: bruno.post(room(in_review.render, f"/comments/{comment.public_id}/delete"), **HTMX)[
            "HX-Trigger"
        ]
        for comment in (others, mine, answered)
    }

    assert "Only who wrote a comment" in toasts[others]
    assert "answered already" in toasts[answered]
    with cast.at():
        assert list(Comment.objects.exclude(deleted_at=None)) == [mine]


@pytest.mark.parametrize(("show", "expected"), [
    ("all", {"open", "done", "inside", "client"}),
    ("open", {"open", "inside", "client"}),
    ("team", {"inside"}),
    ("client", {"client"}),
    ("nonsense", {"open", "done", "inside", "client"}),
])  # fmt: skip
def test_threads_can_be_filtered(
    cast: Cast, shared: Round, bruno: Browser, show: str, expected: set[str]
) -> None:
    with cast.at():
        link, _token = factories.link(shared, cast.amara)
        factories.said(shared, cast.amara, "word-open")
        done = factories.said(shared, cast.amara, "word-done")
        factories.rounds_resolve(done, cast.bruno)
        factories.said(shared, cast.amara, "word-inside", shared=False)
        factories.said(shared, factories.clara(link), "word-client")

    page = text_of(bruno.get(room(shared.render, f"/threads?show={show}")))

    assert {word for word in ("open", "done", "inside", "client") if f"word-{word}" in page} == expected


def test_markup_in_a_comment_is_text(cast: Cast, in_review: Round, bruno: Browser) -> None:
    with cast.at():
        factories.said(in_review, cast.amara, "<img src=x onerror=alert(1)>{{ 7|add:7 }}")

    page = text_of(bruno.get(room(in_review.render)))

    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;{{ 7|add:7 }}" in page


def test_fresh_addresses_are_of_this_take_only(cast: Cast, in_review: Round, bruno: Browser) -> None:
    answer = bruno.get(room(in_review.render, "/media"))

    assert answer["Cache-Control"] == "private, no-store"
    assert bruno.get(answer.json()["src"]).getvalue() == f"proxy of {in_review.render.pk}".encode()
    assert bruno.get(answer.json()["sheet"]).getvalue() == f"hover_sheet of {in_review.render.pk}".encode()
    original = bruno.get(room(in_review.render, "/original"))
    assert bruno.get(original.url).getvalue() == f"original of {in_review.render.pk}".encode()


def test_a_clip_without_a_review_copy_is_reviewed_as_it_came(cast: Cast, bruno: Browser) -> None:
    with cast.at():
        render = factories.take(cast, files=False)
        factories.file(render, AssetKind.ORIGINAL)

    assert "<dailies-player" in text_of(bruno.get(room(render)))


def test_a_take_whose_files_are_gone_keeps_its_talk(cast: Cast, bruno: Browser) -> None:
    with cast.at():
        render = factories.take(cast, State.DELIVERABLE, files=False)

    page = text_of(bruno.get(room(render)))

    assert "was deleted" in page
    assert "<dailies-player" not in page
    assert 'id="composer"' not in page


def test_the_action_itself_refuses_a_parent_that_the_writer_cannot_read(
    cast: Cast, in_review: Round, shared: Round
) -> None:
    """The pages look first; whoever calls the action next must not have to."""
    with cast.at():
        link, _token = factories.link(shared, cast.amara)
        elsewhere = factories.said(in_review, cast.bruno)
        inside = factories.said(shared, cast.bruno, shared=False)
        sha256 = factories.asset_hash(shared.render)
        for parent in (elsewhere, inside):
            with pytest.raises(rounds.CannotComment):
                rounds.add_comment(
                    round_=shared, body="?", by=factories.clara(link), shown_sha256=sha256, parent=parent
                )
