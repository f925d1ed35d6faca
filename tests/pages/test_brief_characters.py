"""Characters in the composer: two at most, the unusable ones shown with their reason. Requirement B21."""

import pytest

from characters.models import Character
from characters.states import State
from renders.models import Brief, Render, VersionCharacter
from tests import characters_kit as kit
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
NEW = "/a/northlight/briefs/new"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def known(cast, account):
    """known("Pip"): registered with the account that takes new renders."""

    def make(name, **fields):
        with cast.at():
            character = kit.character(cast, name=name, **fields)
            kit.registered(character, account)
            return character

    return make


def form(project, *characters, do="save", **more):
    return {
        "title": "Quay",
        "project": str(project.pk),
        "subject": "A boat",
        "model": "sora-2",
        "size": "1280x720",
        "seconds": "4",
        "do": do,
        "shown_microusd": "400000",
        "characters": [character.public_id for character in characters],
        **more,
    }


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:300]
    return answer.content.decode()


def test_composer_without_characters_says_nothing_of_them(amara, project):
    assert "cast-title" not in text(amara.get(NEW))


def test_unusable_ones_are_shown_disabled_with_the_reason(cast, amara, project, known):
    known("Pip")
    with cast.at():
        kit.character(cast, State.VALIDATED, name="Fish")
        kit.character(cast, name="Stranger")
        kit.character(cast, State.DRAFT, name="Sketch")
        kit.character(cast, State.REVOKED, name="Gone")
    known("Late", rights_until="2020-01-31")
    page = text(amara.get(NEW))
    for words in (
        "Fish waits for the approval",
        "Emulator does not know Stranger yet",
        "ended on 31 Jan 2020",
    ):
        assert words in page
    assert "Sketch" not in page
    assert "Gone" not in page
    card = page[page.index('class="choices"') : page.index("</fieldset>")]
    assert card.count('type="checkbox"') == 4
    assert card.count(" disabled") == 3
    # Who can be used comes first.
    assert card.index("Pip") < card.index("Fish")


def test_third_is_refused_and_nothing_of_the_form_is_lost(amara, project, known, cast):
    three = [known(name) for name in ("Pip", "Zed", "Kit")]
    page = text(amara.post(NEW, form(project, *three)), 422)
    assert "A video takes 2 characters at most, and 3 are chosen." in page
    assert page.count(" checked") >= 3
    assert 'value="Quay"' in page
    with cast.at():
        assert not Brief.objects.exists()


@pytest.mark.parametrize("do", ["save", "submit"])
def test_one_that_may_not_be_used_is_refused_by_the_form(cast, amara, project, do):
    with cast.at():
        fish = kit.character(cast, State.VALIDATED, name="Fish")
        gone = kit.character(cast, State.REVOKED, name="Gone")
    assert "Fish waits for the approval" in text(amara.post(NEW, form(project, fish, do=do)), 422)
    assert "The rights to Gone were revoked" in text(amara.post(NEW, form(project, gone, do=do)), 422)
    with cast.at():
        assert not Render.objects.exists()


def test_two_are_kept_in_the_draft_and_frozen_by_the_submit(cast, amara, project, known):
    pip, zed = known("Pip"), known("Zed")
    answer = amara.post(NEW, form(project, zed, pip))
    with cast.at():
        brief = Brief.objects.get()
        assert [link.character.name for link in brief.cast.select_related("character")] == ["Zed", "Pip"]
    page = text(amara.get(answer.url))
    assert "With Zed and Pip. A boat." in page
    amara.post(answer.url, form(project, pip, do="submit", submit_key="k1"))
    with cast.at():
        [row] = VersionCharacter.objects.all()
        render = Render.objects.get()
        assert (row.name, render.brief_version.composed_prompt) == ("Pip", "With Pip. A boat.")
    taken = text(amara.get(f"/a/northlight/takes/{render.public_id}"))
    assert pip.public_id in taken
    assert render.public_id in text(amara.get(f"/a/northlight/characters/{pip.public_id}"))


def test_preview_shows_the_sentence_that_is_put_in(amara, project, known):
    pip = known("Pip")
    preview = "/a/northlight/briefs/preview"
    assert "With Pip. A boat." in text(amara.post(preview, form(project, pip)))
    said = form(project, pip, subject="Pip in a boat")
    assert "With Pip" not in text(amara.post(preview, said))


def test_link_from_a_character_opens_the_composer_with_it(amara, project, known):
    pip = known("Pip")
    page = text(amara.get(f"{NEW}?character={pip.public_id}"))
    assert f'value="{pip.public_id}" checked' in page
    assert text(amara.get(f"{NEW}?character=nonsense&character=chr_x"))


def test_one_that_was_revoked_since_is_shown_and_refused_in_its_draft(cast, amara, project, known):
    pip = known("Pip")
    url = amara.post(NEW, form(project, pip)).url
    with cast.at():
        Character.objects.update(state=State.REVOKED)
    page = text(amara.get(url))
    assert "The rights to Pip were revoked" in page
    assert "The rights to Pip were revoked" in text(amara.post(url, form(project, pip, do="submit")), 422)
    with cast.at():
        assert not Render.objects.exists()


def test_rivals_characters_are_not_offered_and_not_accepted(cast, amara, project, account):
    with cast.at(cast.rivalry):
        theirs = kit.character(cast, name="Copper", by=cast.dmitri)
        kit.registered(theirs, account)
    assert "Copper" not in text(amara.get(NEW))
    assert "not one of the available choices" in text(amara.post(NEW, form(project, theirs)), 422)


def test_composer_is_flat_in_characters(amara, project, known):
    known("Pip")
    _answer, few = statements(amara, "get", NEW)
    for number in range(8):
        known(f"Thing {number}")
    _answer, many = statements(amara, "get", NEW)
    assert len(many) == len(few)


class TestSearch:
    """An agency with more characters than a composer shows."""

    @pytest.fixture
    def many(self, cast, account):
        with cast.at():
            made = [kit.character(cast, name=f"Thing {number:02}") for number in range(61)]
            made.append(kit.character(cast, name="Zebra"))
            for character in made:
                kit.registered(character, account)
        return made

    def _shown(self, page):
        page = page[page.index('id="cast-choices"') :]
        return [
            name for name in ("Thing 00", "Thing 59", "Thing 60", "Zebra") if f"<bdi>{name}</bdi>" in page
        ]

    def test_few_need_no_search(self, amara, project, known):
        known("Pip")
        assert "cast_query" not in text(amara.get(NEW))

    def test_what_is_not_shown_is_said_and_found(self, amara, project, many):
        page = text(amara.get(NEW))
        assert self._shown(page) == ["Thing 00", "Thing 59"]
        assert "The first 60 are shown; find the others by name." in page
        part = text(amara.post("/a/northlight/briefs/cast", form(project, cast_query="zEb")))
        assert self._shown(part) == ["Zebra"]
        assert "<html" not in part
        assert "1 character with “<bdi>zEb</bdi>” in its name" in part
        nobody = text(amara.post("/a/northlight/briefs/cast", form(project, cast_query="Nobody")))
        assert self._shown(nobody) == []
        assert "0 characters with" in nobody

    def test_usable_ones_are_not_pushed_out_by_those_that_wait(self, cast, amara, project, known):
        known("Zebra")
        with cast.at():
            for number in range(61):
                kit.character(cast, State.VALIDATED, name=f"Thing {number:02}")
        assert self._shown(text(amara.get(NEW)))[-1:] == ["Zebra"]

    def test_chosen_ones_stay_whatever_is_looked_for(self, amara, project, many):
        part = text(amara.post("/a/northlight/briefs/cast", form(project, many[60], cast_query="zeb")))
        assert self._shown(part) == ["Thing 60", "Zebra"]
        assert f'value="{many[60].public_id}" checked' in part
        assert part.index("Thing 60") < part.index("Zebra")

    @pytest.mark.parametrize("do", ["find", "enter"])
    def test_without_scripts_the_page_comes_back_as_typed(self, cast, amara, project, many, do):
        """Enter presses the form's first button: whoever looks for a character must not spend by it."""
        page = text(amara.post(NEW, form(project, many[0], do=do, cast_query="zeb", submit_key="k")))
        assert self._shown(page) == ["Thing 00", "Zebra"]
        assert 'value="Quay"' in page
        assert "A boat" in page
        with cast.at():
            assert not Brief.objects.exists()
            assert not Render.objects.exists()

    def test_enter_without_a_search_renders(self, cast, amara, project, known):
        known("Pip")
        assert amara.post(NEW, form(project, do="enter", submit_key="k")).status_code == 302
        with cast.at():
            assert Render.objects.count() == 1

    def test_rivals_are_not_found(self, cast, amara, project, many, account):
        with cast.at(cast.rivalry):
            kit.registered(kit.character(cast, name="Copper", by=cast.dmitri), account)
        part = text(amara.post("/a/northlight/briefs/cast", form(project, cast_query="Copper")))
        assert "0 characters with" in part
        assert 'type="checkbox"' not in part
        assert browser(cast.dmitri).post("/a/northlight/briefs/cast").status_code == 404
        assert browser(cast.vera).post("/a/northlight/briefs/cast").status_code == 403
