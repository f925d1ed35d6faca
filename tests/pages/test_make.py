"""The page that makes something from a take: what it offers, what it refuses, and that nothing typed is lost."""

import uuid

import pytest

from renders.models import Attempt, PolicyEvent, ProviderAccount, Render
from renders.states import Kind, State
from tests.cast import browser
from tests.reviews.helpers import statements
from tests.walks import walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(cast, make_take):
    """A finished take whose clip the provider still has."""
    made = make_take(state="in_review")
    with cast.at():
        Attempt.objects.filter(render=made).update(
            provider_video_id=f"video_{uuid.uuid4().hex}", status="completed"
        )
    return made


def _url(take, what="edit"):
    return f"/a/northlight/takes/{take.public_id}/make?what={what}"


def _send(person, take, what, **data):
    fields = {"do": "submit", "submit_key": uuid.uuid4().hex, "count": "1", **data}
    return browser(person).post(_url(take, what), fields)


@pytest.mark.parametrize(
    ("what", "fields", "price"),
    [
        ("edit", {"subject": "The sky turns pink"}, 400_000),
        ("remix", {"subject": "By night"}, 400_000),
        ("extend", {"subject": "A boat comes in", "seconds": "8"}, 800_000),
    ],
)
def test_amara_makes_each_kind_at_the_price_she_saw(cast, take, what, fields, price):
    answer = _send(cast.amara, take, what, shown_microusd=str(price), **fields)
    assert answer.status_code == 302
    with cast.at():
        made = Render.objects.get(kind=what)
    assert (made.parent_id, made.quoted_microusd, made.state) == (take.pk, price, State.QUEUED)
    assert made.public_id in answer["Location"]
    page = browser(cast.amara).get(answer["Location"]).content.decode()
    assert "Made from" in page


def test_each_tab_shows_its_price_before_anything_is_typed(cast, take):
    assert "Render for $0.40" in browser(cast.amara).get(_url(take)).content.decode()
    assert "Render for $0.40" in browser(cast.amara).get(_url(take, "extend")).content.decode()


def test_preview_follows_the_form(cast, take):
    url = f"/a/northlight/takes/{take.public_id}/make/preview?what=extend"
    answer = browser(cast.amara).post(url, {"subject": "On", "seconds": "12", "count": "3"})
    assert "Render for $3.60" in answer.content.decode()


def test_extension_says_how_much_is_left_and_disables_what_does_not_fit(cast, take):
    with cast.at():
        Render.objects.filter(pk=take.pk).update(
            kind=Kind.EXTEND, parent=take, extensions=5, clip_seconds=110
        )
    page = browser(cast.amara).get(_url(take, "extend")).content.decode()
    assert "10 s are left; 5 of 6 extensions are used" in page
    assert page.count("More than what is left") == 3


def test_limits_of_a_chain_are_data_with_the_day_they_were_verified(cast, take):
    assert "Verified on 22 Mar 2026" in browser(cast.amara).get(_url(take, "extend")).content.decode()
    ProviderAccount.objects.update(max_chain_seconds=60, max_extensions=3)
    page = browser(cast.amara).get(_url(take, "extend")).content.decode()
    assert "56 s are left; 0 of 3 extensions are used" in page


def test_seventh_extension_is_refused_with_the_way_on(cast, take):
    with cast.at():
        Render.objects.filter(pk=take.pk).update(kind=Kind.EXTEND, parent=take, extensions=6, clip_seconds=28)
    page = browser(cast.amara).get(_url(take, "extend")).content.decode()
    assert "can be extended 6 times" in page
    assert "Start a new clip from its last frame" in page
    answer = _send(cast.amara, take, "extend", subject="On", seconds="4", shown_microusd="400000")
    assert answer.status_code == 422
    with cast.at():
        assert Render.objects.count() == 1


def test_other_price_than_shown_is_refused_and_the_words_stay(cast, take):
    answer = _send(cast.amara, take, "edit", subject="The sky turns pink", shown_microusd="1")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "The price is $0.40 now" in page
    assert "The sky turns pink" in page


def test_empty_prompt_is_refused(cast, take):
    answer = _send(cast.amara, take, "edit", subject="  ", shown_microusd="400000")
    assert answer.status_code == 422
    with cast.at():
        assert Render.objects.count() == 1


def test_refused_words_are_recorded_and_spend_nothing(cast, take):
    answer = _send(cast.amara, take, "edit", subject="Add Mickey Mouse", shown_microusd="400000")
    assert answer.status_code == 422
    assert "Mickey Mouse" in answer.content.decode()
    with cast.at():
        assert Render.objects.count() == 1
        assert PolicyEvent.objects.count() == 1


def test_remix_of_a_dropped_clip_says_what_to_do_instead(cast, take):
    with cast.at():
        Attempt.objects.filter(render=take).update(provider_deleted_at="2026-01-01T00:00Z")
    page = browser(cast.amara).get(_url(take, "remix")).content.decode()
    assert "Edit it instead" in page
    assert "disabled" in page


def test_final_take_is_offered_for_a_chosen_one_only(cast, take):
    page = browser(cast.amara).get(_url(take, "final")).content.decode()
    assert "Approve it in its review first" in page
    with cast.at():
        walk(Render.objects.filter(pk=take.pk), State.DELIVERABLE)
    page = browser(cast.amara).get(_url(take, "final")).content.decode()
    assert "$0.80 more than the draft" in page
    answer = _send(cast.amara, take, "final", tier="sora-2-pro|720x1280", shown_microusd="1200000")
    assert answer.status_code == 302
    with cast.at():
        made = Render.objects.get(is_final=True)
        assert (made.parent_id, made.model, made.brief_version_id) == (
            take.pk,
            "sora-2-pro",
            take.brief_version_id,
        )


def test_suggestion_mends_the_prompt(cast, take):
    page = browser(cast.amara).post(
        _url(take), {"do": "submit", "subject": "Add Mickey Mouse", "shown_microusd": "400000"}
    )
    button = page.content.decode().split('value="mend:')[1].split('"')[0]
    answer = browser(cast.amara).post(_url(take), {"do": f"mend:{button}", "subject": "Add Mickey Mouse"})
    assert answer.status_code == 200
    assert ">Add Mickey Mouse<" not in answer.content.decode()


@pytest.mark.parametrize(("who", "status"), [("bruno", 403), ("vera", 403), ("fay", 403), ("dmitri", 404)])
def test_who_may_not_make_anything(cast, take, who, status):
    assert browser(getattr(cast, who)).get(_url(take)).status_code == status
    assert _send(getattr(cast, who), take, "edit", subject="x", shown_microusd="400000").status_code == status


def test_unfinished_take_offers_nothing(cast, make_take):
    page = browser(cast.amara).get(_url(make_take(state="queued"))).content.decode()
    assert "this take is not finished" in page


def test_page_makes_few_queries(cast, take):
    assert len(statements(browser(cast.amara), "get", _url(take, "extend"))[1]) <= 22


def test_account_without_extensions_says_so(cast, take):
    ProviderAccount.objects.update(max_extensions=0)
    assert "can be extended 0 times" in browser(cast.amara).get(_url(take, "extend")).content.decode()
