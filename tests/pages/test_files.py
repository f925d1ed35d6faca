"""Archive, hold and delete on the take's page, and every page when the files are gone."""

import pytest
from django.urls import reverse

from renders.actions import assets as actions
from renders.models import AssetKind
from renders.states import State
from reviews.models import StageKind, Verdict
from tenants import storage
from tests import factories
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
A = "/a/northlight"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def take(cast):
    with cast.at():
        return factories.take(cast, State.IN_REVIEW, title="Harbour")


def post(client, take, what, **data):
    return client.post(f"{A}/takes/{take.public_id}/{what}", data, follow=True)


def page(client, path):
    answer = client.get(f"{A}/{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_archived_take_leaves_the_lists_and_a_filter_shows_it(amara, take):
    assert "Archived." in post(amara, take, "archive").content.decode()
    for path in ("queue/", "queue/?show=review", "review/", "review/?show=all", ""):
        assert "Harbour" not in page(amara, path), path
    for path in ("queue/?show=archived", "review/?show=archived"):
        assert "Harbour" in page(amara, path), path
    assert "Archived on" in page(amara, f"takes/{take.public_id}")
    assert "Back on the lists." in post(amara, take, "restore").content.decode()
    assert "Harbour" in page(amara, "queue/")


def test_archived_take_waits_for_nobody(cast, amara, take):
    assert "Harbour" in browser(cast.bruno).get(f"{A}/").content.decode()
    post(amara, take, "archive")
    home = browser(cast.bruno).get(f"{A}/").content.decode()
    assert "Harbour" not in home
    assert "Nothing waits for anybody" in home
    assert 'class="nav__count"' not in home


def test_hold_shows_who_and_why_and_disables_deletion(amara, take):
    refused = amara.post(f"{A}/takes/{take.public_id}/hold", {"reason": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    text = post(amara, take, "hold", reason="<b>Case 12</b>").content.decode()
    assert "&lt;b&gt;Case 12&lt;/b&gt;" in text
    assert "Release the hold first" in text
    assert "delete-dialog" not in text
    assert "On hold" in page(amara, "queue/")
    answer = amara.post(f"{A}/takes/{take.public_id}/delete", {"confirm": str(take)})
    assert answer.status_code == 422
    assert "Release the hold first" in answer.content.decode()
    post(amara, take, "release")
    assert "delete-dialog" in page(amara, f"takes/{take.public_id}")


def test_deletion_asks_for_the_name_and_works_without_scripts(amara, take):
    url = f"{A}/takes/{take.public_id}/delete"
    assert "Type <strong>Harbour, take 1</strong>" in amara.get(url).content.decode()
    wrong = amara.post(url, {"confirm": "Harbour"})
    assert wrong.status_code == 422
    assert "to confirm" in wrong.content.decode()
    done = amara.post(url, {"confirm": "Harbour, take 1"}, follow=True).content.decode()
    assert "The files are deleted" in done
    # Nobody can decide about a clip that is not there.
    assert "Harbour" not in page(amara, "review/")
    assert "Harbour" in page(amara, "review/?show=archived")


def test_pages_stand_when_the_files_are_gone(cast, amara):
    with cast.at():
        round_ = factories.shared_take(cast, title="Harbour")
        link, token = factories.link(round_, cast.amara, may_download=True)
        decision = factories.decided(round_, Verdict.APPROVED, factories.clara(link), kind=StageKind.CLIENT)
        render, original = round_.render, round_.render.asset(AssetKind.ORIGINAL)
        media = reverse("renders:media", args=[storage.signed_name(original.pk)])
    assert browser().get(media).status_code == 200
    with cast.at():
        actions.archive_take(render=render, by=cast.amara)
        actions.delete_take_files(render=render, typed=str(render), by=cast.amara)
    gone = browser().get(media)
    assert gone.status_code == 404
    assert "This file was deleted on" in gone.content.decode()
    assert browser().head(media).status_code == 404
    text = page(amara, f"takes/{render.public_id}")
    assert "files of this take were deleted" in text
    assert original.sha256 in text
    assert "<video" not in text
    for path in ("", "queue/?show=archived", "review/?show=archived", f"briefs/{render.brief.public_id}"):
        assert "<video" not in page(amara, path)
    room = page(amara, f"review/{render.public_id}")
    assert "was deleted" in room
    certificate = page(amara, f"certificates/{decision.public_id}")
    assert original.sha256 in certificate
    assert "Record intact" in certificate
    portal = browser().get(f"/p/{token}/")
    assert portal.status_code == 200
    assert "This clip was removed" in portal.content.decode()


def test_roles(cast, take):
    for what in ("archive", "restore", "hold", "release", "delete"):
        url = f"{A}/takes/{take.public_id}/{what}"
        for user in (cast.bruno, cast.fay, cast.vera):
            assert browser(user).post(url).status_code == 403, what
        for user in (cast.dmitri, cast.sol):
            assert browser(user).post(url).status_code == 404, what
        assert browser(cast.dmitri).post(url.replace("northlight", "rivalry")).status_code == 404
    assert "take-menu" not in browser(cast.bruno).get(f"{A}/takes/{take.public_id}").content.decode()


def test_take_page_counts_its_queries(cast, amara, take):
    post(amara, take, "hold", reason="Case")
    _answer, found = statements(amara, "get", f"/a/northlight/takes/{take.public_id}")
    assert len(found) <= 15


def test_client_sees_no_word_of_the_hold(cast):
    with cast.at():
        round_ = factories.shared_take(cast)
        _link, token = factories.link(round_, cast.amara)
        actions.hold_take(render=round_.render, reason="Case-canary", by=cast.amara)
    assert "Case-canary" not in browser().get(f"/p/{token}/").content.decode()
