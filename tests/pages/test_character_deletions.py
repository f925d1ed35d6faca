"""Delete the files of a character in the browser: asked by name, undone while it is time, proved. Requirements E26, E27."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from characters.models import Character
from characters.states import State
from renders import tasks
from renders.actions.assets import hold_take
from renders.models import Deletion, VersionCharacter
from tests import characters_kit as kit
from tests import factories
from tests.cast import browser

pytestmark = pytest.mark.django_db
A = "/a/northlight/characters"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def retired(cast):
    with cast.at():
        return kit.character(cast, State.RETIRED)


def url(character, rest=""):
    return f"{A}/{character.public_id}{rest}"


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:400]
    return answer.content.decode()


def test_question_names_the_files_and_what_stays(amara, retired):
    page = text(amara.get(url(retired)))
    assert url(retired, "/delete") in page
    page = text(amara.get(url(retired, "/delete")))
    assert "<strong>3</strong> files go:" in page
    assert "Clip 1: the source" in page
    assert "They are removed for good" in page
    assert "A provider that knows it may keep its own copy" in page
    page = text(amara.post(url(retired, "/delete"), {"confirm": "pip"}), 422)
    assert "Type “Pip” to confirm." in page


def test_deleted_undone_and_back(amara, retired, settings):
    settings.DELETION_UNDO_SECONDS = 7200
    page = text(amara.post(url(retired, "/delete"), {"confirm": "Pip"}, follow=True))
    assert "You can undo it for 2 hours." in page
    assert "The files of this clip were deleted." in page
    assert "Undo the deletion" in page
    assert "Bring it back" not in page, "there is nothing to bring back"
    assert url(retired, "/delete") not in page
    assert "There is no file to delete." in text(amara.get(url(retired, "/delete")))
    page = text(amara.post(url(retired, "/undo-delete"), follow=True))
    assert "Undone: 3 files are back." in page
    assert "Bring it back" in page
    assert "no deletion to undo" in text(amara.post(url(retired, "/undo-delete"), follow=True))


@pytest.mark.django_db(transaction=True)
def test_receipt_is_shown_and_says_what_the_provider_may_keep(cast, amara, retired):
    with cast.at():
        kit.registered(retired, factories.account())
    amara.post(url(retired, "/delete"), {"confirm": "Pip"})
    tasks.purge_character.fn(str(retired.org_id), str(retired.pk))
    page = text(amara.get(url(retired)))
    assert "says which provider may still hold a copy" in page
    with cast.at():
        receipt = Deletion.objects.get().receipt
    page = text(amara.get(f"/a/northlight/receipts/{receipt.public_id}"))
    assert "1 may stay there" in page
    assert "Clip 1: the source" in page
    assert "Signature fits" in page
    listed = text(amara.get("/a/northlight/retention/?show=deletions"))
    assert url(retired) in listed
    assert receipt.public_id[:10] in listed
    fragment = text(amara.get(url(retired, "/deletion")))
    assert "Gone from every place" in fragment


def test_one_that_may_be_used_is_kept(cast, amara):
    with cast.at():
        used = kit.character(cast)
    assert url(used, "/delete") not in text(amara.get(url(used)))
    assert "Retire it first" in text(amara.get(url(used, "/delete")))
    assert "Retire it first" in text(amara.post(url(used, "/delete"), {"confirm": "Pip"}), 422)


def test_dry_run_lists_characters_and_those_that_a_hold_keeps(cast, amara, retired):
    rule = "/a/northlight/retention/rules/character_files?period=30"
    assert "Nothing is past this period now." in text(amara.get(rule))
    with cast.at():
        Character.objects.filter(pk=retired.pk).update(state_at=Now() - timedelta(days=40))
    page = text(amara.get(rule))
    assert "<strong>1</strong> character is past this period." in page
    assert f'href="{url(retired)}"' in page
    with cast.at():
        take = factories.take(cast)
        VersionCharacter.objects.create(
            version=take.brief_version, character=retired, position=1, name="Pip", clip_sha256="0" * 64
        )
        hold_take(render=take, reason="A claim.", by=cast.amara)
    page = text(amara.get(rule))
    assert "Nothing is past this period now." in page
    assert "a take that was made with it is on hold" in page


def test_roles(cast, retired):
    for person in (cast.bruno, cast.fay, cast.vera):
        client = browser(person)
        assert url(retired, "/delete") not in text(client.get(url(retired)))
        for rest in ("/delete", "/undo-delete"):
            assert client.post(url(retired, rest), {"confirm": "Pip"}).status_code == 403
    rival = browser(cast.dmitri)
    for rest in ("/delete", "/undo-delete", "/deletion"):
        assert rival.get(url(retired, rest)).status_code in {404, 405}
