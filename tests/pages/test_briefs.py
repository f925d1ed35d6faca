"""Composing a brief, seeing its price, submitting it."""

import re

import pytest

from renders.actions.budgets import set_agency_budget
from renders.models import Brief, BriefVersion, LedgerEntry, PriceRow, ProviderAccount, Render
from tests.cast import browser

pytestmark = pytest.mark.django_db
NEW = "/a/northlight/briefs/new"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def filled(project):
    return {
        "project": str(project.pk),
        "title": "Lighthouse",
        "subject": "A small white lighthouse",
        "model": "sora-2",
        "size": "720x1280",
        "seconds": "4",
        "submit_key": "form-1",
        "shown_microusd": "400000",
        "do": "submit",
    }


def _count(cast, model):
    with cast.at():
        return model.objects.count()


def test_amara_submits_three_fields_and_gets_a_queued_take(cast, amara, filled):
    answer = amara.post(NEW, filled)
    assert answer.status_code == 302
    with cast.at():
        render = Render.objects.select_related("brief_version").get()
        assert answer.url.endswith(f"/takes/{render.public_id}")
        assert (render.state, render.quoted_microusd, render.take) == ("queued", 400_000, 1)
        assert render.brief_version.composed_prompt == "A small white lighthouse."
        assert render.next_action_at is not None
        assert sum(LedgerEntry.objects.values_list("amount_microusd", flat=True)) == 0


def test_the_same_form_twice_is_one_take(cast, amara, filled):
    assert amara.post(NEW, filled).url == amara.post(NEW, filled).url
    assert _count(cast, Render) == _count(cast, Brief) == 1


def test_saving_spends_nothing(cast, amara, filled):
    assert amara.post(NEW, {**filled, "do": "save"}).status_code == 302
    assert (_count(cast, Brief), _count(cast, Render), _count(cast, LedgerEntry)) == (1, 0, 0)


def test_new_brief_starts_with_720p_and_the_shortest_length(amara, project):
    page = amara.get(NEW).content.decode()
    assert re.search(r'value="sora-2" checked', page)
    assert re.search(r'value="4" checked', page)
    assert "Render for $0.40" in page


BAD = [
    ({"title": ""}, "required"),
    ({"subject": ""}, "required"),
    ({"project": ""}, "required"),
    ({"project": "not-a-uuid"}, "valid"),
    ({"project": "00000000-0000-0000-0000-000000000000"}, "valid choice"),
    ({"title": "x" * 121}, "120"),
    ({"subject": "x" * 4001}, "4000"),
    ({"model": "sora-9"}, "sora-9"),
    ({"size": "3840x2160"}, "3840x2160"),
    ({"seconds": "5"}, "5"),
    ({"seconds": "abc"}, "abc"),
    ({"seconds": "9" * 30}, "valid"),
    ({"size": "1792x1024"}, "does not render 1792x1024"),
    ({"shown_microusd": "1"}, "The price is $0.40 now"),
    ({"shown_microusd": "-1"}, "The price is $0.40 now"),
    ({"shown_microusd": "9" * 60}, "The price is $0.40 now"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_bad_input_is_refused_in_words_and_loses_nothing(cast, amara, filled, change, words):
    typed = {**filled, "camera": "Slow push-in, 35 mm", **change}
    answer = amara.post(NEW, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Slow push-in, 35 mm" in page
    assert (_count(cast, Brief), _count(cast, Render)) == (0, 0)


def test_nul_byte_is_refused_in_words(amara, filled):
    answer = amara.post(NEW, {**filled, "subject": "a\x00b"})
    assert answer.status_code == 400
    assert b"Nothing was saved" in answer.content


def test_prompt_of_many_long_fields_is_refused_before_it_costs(cast, amara, filled):
    long = dict.fromkeys(
        ("subject", "setting", "action", "camera", "lighting", "motion", "audio"), "x" * 4000
    )
    answer = amara.post(NEW, {**filled, **long, "brand_constraints": "x" * 4000, "safety_tags": "y" * 900})
    assert answer.status_code == 422
    assert b"too long" in answer.content
    assert _count(cast, LedgerEntry) == 0


def test_budget_refusal_keeps_the_form_and_says_who_helps(cast, amara, filled):
    with cast.at():
        set_agency_budget(limit_microusd=100_000, by=cast.amara)
    answer = amara.post(NEW, filled)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "$0.10 is left" in page
    assert "A small white lighthouse" in page
    assert (_count(cast, Brief), _count(cast, Render)) == (0, 0)


def test_preview_shows_prompt_and_price_as_the_form_changes(amara, filled):
    answer = amara.post(
        "/a/northlight/briefs/preview", {**filled, "model": "sora-2-pro", "seconds": "12", "audio": "Waves"}
    )
    page = answer.content.decode()
    assert "$3.60" in page
    assert "Sound: Waves." in page
    assert "<html" not in page


def test_preview_compares_what_is_longer_or_larger_with_the_least(amara, filled):
    """C17, for all takes of the submit."""
    least = {**filled, "model": "sora-2-pro", "size": "1280x720", "seconds": "4"}
    url = "/a/northlight/briefs/preview"
    assert "+$" not in amara.post(url, least).content.decode()
    raised = {**least, "size": "1792x1024", "seconds": "12"}
    page = amara.post(url, raised).content.decode()
    assert "+$4.00 compared with 4 s" in page
    assert "+$2.40 compared with 1280x720" in page
    page = amara.post(url, {**raised, "count": "2"}).content.decode()
    assert "+$8.00 compared with 4 s" in page


def test_preview_of_an_illegal_pair_names_the_nearest(amara, filled):
    answer = amara.post("/a/northlight/briefs/preview", {**filled, "size": "1024x1792"})
    assert b"Nearest: 720x1280" in answer.content


def test_submitting_a_changed_brief_makes_a_new_version_and_keeps_the_old(cast, amara, filled):
    amara.post(NEW, filled)
    with cast.at():
        brief = Brief.objects.get()
    url = f"/a/northlight/briefs/{brief.public_id}"
    amara.post(url, {**filled, "submit_key": "form-2"})
    amara.post(url, {**filled, "submit_key": "form-3", "subject": "A red lighthouse"})
    with cast.at():
        versions = list(BriefVersion.objects.order_by("number").values_list("number", "subject"))
        takes = list(Render.objects.order_by("take").values_list("take", "brief_version__number"))
    assert versions == [(1, "A small white lighthouse"), (2, "A red lighthouse")]
    assert takes == [(1, 1), (2, 1), (3, 2)]


def test_without_a_provider_account_the_page_says_so(amara, project):
    ProviderAccount.objects.update(is_active=False)
    assert b"No provider account is set up" in amara.get(NEW).content


def test_without_a_price_the_page_says_so(amara, filled):
    PriceRow.objects.all().delete()
    answer = amara.post(NEW, filled)
    assert answer.status_code == 422
    assert b"There is no price for" in answer.content


def test_roles(cast, filled, make_brief):
    brief = make_brief()
    for user in (cast.bruno, cast.fay, cast.vera):
        assert browser(user).get("/a/northlight/briefs/").status_code == 200
        assert browser(user).get(NEW).status_code == 403
        assert browser(user).post(NEW, filled).status_code == 403
    dmitri = browser(cast.dmitri)
    for url in ("/a/northlight/briefs/", NEW, f"/a/northlight/briefs/{brief.public_id}"):
        assert dmitri.get(url).status_code == 404
        assert dmitri.post(url, filled).status_code in {404, 405}
    # Another agency's brief and project under one's own agency.
    assert dmitri.get(f"/a/rivalry/briefs/{brief.public_id}").status_code == 404
    assert browser().get(NEW).status_code == 302


def test_project_of_another_agency_is_no_choice(cast, filled, project):
    from renders.actions.briefs import create_project
    from tenants.actions.agencies import add_client

    with cast.at(cast.rivalry):
        create_project(client=add_client(name="Umbra", by=cast.dmitri), name="Night", by=cast.dmitri)
    answer = browser(cast.dmitri).post("/a/rivalry/briefs/new", filled)
    assert answer.status_code == 422
    assert b"Lighthouse" in answer.content


def test_search_and_paging_of_the_list(amara, make_brief):
    for number in range(35):
        make_brief(f"Shot {number:02}")
    first = amara.get("/a/northlight/briefs/")
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")
    second = amara.get("/a/northlight/briefs/" + older)
    titles = re.findall(r"Shot \d\d", first.content.decode()) + re.findall(
        r"Shot \d\d", second.content.decode()
    )
    assert len(set(titles)) == 35
    assert re.findall(r"Shot \d\d", amara.get("/a/northlight/briefs/?q=shot+07").content.decode()) == [
        "Shot 07"
    ]
    assert amara.get("/a/northlight/briefs/?before=rubbish").status_code == 200


def test_key_never_reaches_a_page(amara, filled, project, make_take):
    render = make_take()
    for url in (NEW, "/a/northlight/queue/", f"/a/northlight/takes/{render.public_id}"):
        assert b"sk-canary" not in amara.get(url).content


def test_project_form(cast, amara, account):
    assert amara.get(NEW).url == "/a/northlight/projects/new"
    url = "/a/northlight/projects/new"
    assert b"Choose a client, or name a new one" in amara.post(url, {"name": "Autumn"}).content
    assert amara.post(url, {"name": "Autumn", "new_client": "Harbour Tea"}).status_code == 302
    again = amara.post(url, {"name": "autumn", "client": str(cast.acme.pk)})
    assert again.status_code == 302, "another client may have a project of that name"
    assert b"already" in amara.post(url, {"name": "Autumn", "client": str(cast.acme.pk)}).content


def test_missing_budget_is_said_once_and_keeps_what_was_typed(cast, project):
    from renders.models import Budget, Render

    with cast.at():
        Budget.objects.all().delete()
    amara = browser(cast.amara)
    url = "/a/northlight/briefs/new"
    assert amara.get(url).content.decode().count("has no budget yet") == 1
    data = {
        "title": "Quay",
        "project": project.pk,
        "subject": "A boat",
        "model": "sora-2",
        "size": "1280x720",
    }
    answer = amara.post(url, data | {"seconds": "4", "do": "submit", "shown_microusd": "400000"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("has no budget yet") == 1
    assert "Nothing was rendered" in page
    assert 'value="Quay"' in page
    with cast.at():
        assert not Render.objects.exists()
