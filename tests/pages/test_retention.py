"""Retention on screen: the schedule, a dry run, holds, deletions with their receipts, requests; and a clip's origin."""

import re

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from renders import tasks
from renders.actions.assets import delete_take_files, hold_take
from renders.actions.purges import ask_purge
from renders.models import Credentials, Deletion, Provenance, Render
from renders.states import State
from reviews.actions.portal import CannotShare
from tenants.models import RetentionChoice
from tests import factories
from tests.cast import browser

A = "/a/northlight"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def old_take(cast):
    with cast.at():
        render = factories.take(cast, State.REJECTED, title="Old harbour")
        Render.objects.filter(pk=render.pk).update(state_at="2020-01-01T00:00Z")
    return render


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.django_db
def test_dry_run_shows_what_would_go_before_anything_is_switched_on(cast, amara, old_take):
    url = f"{A}/retention/rules/rejected_takes"
    page = text(amara.get(url))
    assert "Old harbour, take 1" in page
    assert "this is only a look" in page
    assert "Switch on, after 90 days" in page
    shown = re.search(r'name="shown" value="(\d+)"', page)[1]
    stale = amara.post(url, {"period": "90", "shown": "0", "switch": "on"})
    assert stale.status_code == 409
    assert "By now 1 would go" in text(stale)
    with cast.at():
        assert not RetentionChoice.objects.exists()
    done = amara.post(url, {"period": "90", "shown": shown, "switch": "on"}, follow=True)
    assert "Saved: Rejected takes." in text(done)
    assert "Switch off" in text(done)
    amara.post(url, {"period": "90", "shown": "0", "switch": "off"})
    with cast.at():
        assert RetentionChoice.objects.get().is_on is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "words"),
    [("6", "Choose between"), ("x", "whole number"), ("²", "Choose between"), ("99999999", "Choose between")],
)
def test_period_outside_the_bounds_is_said_in_words(amara, old_take, period, words):
    answer = amara.get(f"{A}/retention/rules/rejected_takes", {"period": period})
    assert answer.status_code == 422
    assert words in text(answer)
    posted = amara.post(f"{A}/retention/rules/rejected_takes", {"period": period, "shown": "1"})
    assert posted.status_code == 422


@pytest.mark.django_db
def test_undo_window_can_be_chosen(cast, amara):
    url = f"{A}/retention/rules/undo_window"
    assert "Set it to 48 hours" in text(amara.get(url, {"period": "48"}))
    amara.post(url, {"period": "48", "shown": "0"})
    assert "48 hours" in text(amara.get(f"{A}/retention/"))


@pytest.mark.django_db
def test_rule_that_is_not_there_is_404(amara):
    assert amara.get(f"{A}/retention/rules/nothing").status_code == 404


@pytest.mark.django_db
def test_hold_is_listed_with_its_owner_and_kept_in_the_dry_run(cast, amara, old_take):
    with cast.at():
        hold_take(render=old_take, reason="<i>Case 7</i>", by=cast.amara)
    page = text(amara.get(f"{A}/retention/?show=holds"))
    assert "&lt;i&gt;Case 7&lt;/i&gt;" in page
    assert "Amara Diallo" in page
    rule = text(amara.get(f"{A}/retention/rules/rejected_takes"))
    assert "held by Amara Diallo" in rule
    assert "Nothing is past this period now" in rule


@pytest.mark.django_db
def test_deletion_can_be_undone_until_its_time_and_is_listed(cast, amara, settings):
    settings.DELETION_UNDO_SECONDS = None
    with cast.at():
        render = factories.take(cast, title="Harbour")
    url = f"{A}/takes/{render.public_id}"
    assert "You can undo it for 24 hours" in text(amara.get(f"{url}/delete"))
    done = text(amara.post(f"{url}/delete", {"confirm": str(render)}, follow=True))
    assert "Undo until" in done
    assert "Can be undone" in text(amara.get(f"{A}/retention/?show=deletions"))
    assert "Undo the deletion" not in text(browser(cast.bruno).get(url))
    back = text(amara.post(f"{url}/undo-delete", follow=True))
    assert "Undone: 5 files are back" in back
    assert "<video" in back
    assert "no deletion to undo" in text(amara.post(f"{url}/undo-delete", follow=True))


@pytest.mark.django_db(transaction=True)
def test_receipt_is_shown_downloaded_and_checked(cast, amara):
    with cast.at():
        render = factories.take(cast, title="Harbour-canary")
        delete_take_files(render=render, typed=str(render), by=cast.amara)
    tasks.purge.fn(str(render.org_id), str(render.pk))
    take = text(amara.get(f"{A}/takes/{render.public_id}"))
    receipt = re.search(rf"{A}/receipts/rct_\w+", take)[0]
    page = text(amara.get(receipt))
    assert "Signature fits" in page
    answer = amara.get(f"{receipt}.json")
    assert "attachment" in answer["Content-Disposition"]
    assert b"canary" not in answer.content
    assert b"Amara" not in answer.content
    for user, status in ((cast.bruno, 200), (cast.fay, 200), (cast.vera, 403), (cast.dmitri, 404)):
        for address in (receipt, f"{receipt}.json"):
            assert browser(user).get(address).status_code == status
    assert browser(cast.dmitri).get(receipt.replace("northlight", "rivalry")).status_code == 404
    assert "receipts/" not in text(browser(cast.vera).get(f"{A}/takes/{render.public_id}"))


@pytest.mark.django_db
def test_purge_of_many_asks_a_second_person(cast, amara, old_take):
    with cast.at():
        project = old_take.brief.project
    page = text(amara.get(f"{A}/retention/requests/new?project={project.public_id}"))
    assert "Old harbour, take 1" in page
    refused = amara.post(f"{A}/retention/requests/new", {"project": project.public_id, "reason": " "})
    assert refused.status_code == 422
    assert "Say why" in text(refused)
    made = amara.post(
        f"{A}/retention/requests/new", {"project": project.public_id, "reason": "Campaign over"}
    )
    url = made.url
    own = text(amara.get(url))
    assert "You asked for it, so somebody else has to approve it" in own
    assert amara.post(f"{url}/approve").status_code == 409
    bruno = browser(cast.bruno)
    assert 'aria-disabled="true"' not in text(bruno.get(url))
    assert "the files of 1 takes go" in text(bruno.post(f"{url}/approve", follow=True))
    again = bruno.post(f"{url}/refuse")
    assert again.status_code == 409
    assert "This request is settled" in text(again)
    with cast.at():
        assert Deletion.objects.get().cause == "bulk"


@pytest.mark.django_db
def test_purge_of_what_a_rule_would_let_go(cast, amara, old_take):
    page = text(amara.get(f"{A}/retention/requests/new?rule=rejected_takes"))
    assert "Rejected takes" in page
    assert "1 take with files" in page
    assert amara.post(f"{A}/retention/requests/new", {"rule": "guests", "reason": "x"}).status_code == 422


@pytest.mark.django_db
def test_roles(cast, old_take):
    with cast.at():
        made = ask_purge(render_ids=[old_take.pk], title="T", reason="R", by=cast.amara)
    request = f"{A}/retention/requests/{made.public_id}"
    for show in ("schedule", "deletions", "holds", "requests", "nonsense"):
        for user, status in (
            (cast.amara, 200),
            (cast.bruno, 200),
            (cast.fay, 200),
            (cast.vera, 403),
            (cast.dmitri, 404),
            (cast.sol, 404),
        ):
            assert browser(user).get(f"{A}/retention/?show={show}").status_code == status
    rule = f"{A}/retention/rules/guests"
    assert browser(cast.fay).post(rule, {"period": "90", "shown": "0"}).status_code == 403
    assert "Switch on" not in text(browser(cast.fay).get(rule))
    for what in ("approve", "refuse"):
        assert browser(cast.fay).post(f"{request}/{what}").status_code == 403
        assert browser(cast.vera).post(f"{request}/{what}").status_code == 403
        assert browser(cast.dmitri).post(f"{request}/{what}").status_code == 404
    assert browser(cast.bruno).get(f"{A}/retention/requests/new").status_code == 403
    assert browser(cast.dmitri).get(request.replace("northlight", "rivalry")).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("show", ["schedule", "deletions", "holds", "requests"])
def test_pages_ask_the_same_whatever_the_number_of_rows(cast, amara, show):
    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert amara.get(f"{A}/retention/?show={show}").status_code == 200
        return len([q for q in found if "SAVEPOINT" not in q["sql"]])

    def fill(n: int) -> None:
        with cast.at():
            for number in range(n):
                render = factories.take(cast, State.REJECTED, title=f"T{number}")
                if number % 2:
                    hold_take(render=render, reason="x", by=cast.amara)
                else:
                    delete_take_files(render=render, typed=str(render), by=cast.amara)
                ask_purge(render_ids=[render.pk], title="x", reason="x", by=cast.amara)

    fill(2)
    few = count()
    fill(8)
    assert count() == few <= 10


@pytest.fixture
def told(cast):
    """told(credentials): a shared take whose original says that of itself."""

    def make(credentials, **fields):
        with cast.at():
            round_ = factories.shared_take(cast, title="Harbour")
            sha256 = round_.render.asset("original").sha256
            made = Provenance.objects.create(
                render=round_.render, asset_sha256=sha256, credentials=credentials, **fields
            )
        return round_, made

    return make


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(Credentials))
def test_take_and_room_say_where_the_clip_comes_from(amara, told, state):
    round_, made = told(state, generator="<b>Maker</b>", signer="Somebody & Co")
    for address in ("takes", "review"):
        page = text(amara.get(f"{A}/{address}/{round_.render.public_id}"))
        assert str(state.label) in page
        assert made.meaning in page
        assert "&lt;b&gt;Maker&lt;/b&gt;" in page
        assert "kept byte for byte" in page
        assert ("say in words why this clip may go out" in page) == (state == Credentials.BROKEN)


@pytest.mark.django_db
def test_broken_credentials_go_to_no_client_before_somebody_has_said_why(cast, amara, told):
    round_, _made = told(Credentials.BROKEN)
    room = f"{A}/review/{round_.render.public_id}"
    assert "Say in words, under Origin" in text(amara.get(room))
    with cast.at(), pytest.raises(CannotShare, match="credentials of this clip are broken"):
        factories.link(round_, cast.amara)
    take = f"{A}/takes/{round_.render.public_id}"
    bruno = browser(cast.bruno)
    assert "Say in a sentence" in text(bruno.post(f"{take}/acknowledge", {"words": " "}, follow=True))
    said = bruno.post(
        f"{take}/acknowledge", {"words": "The lab re-wrapped it; checked by phone.", "next": room}
    )
    assert said.url == room
    page = text(bruno.get(room))
    assert "Bruno Keller took note of it" in page
    assert "checked by phone" in page
    with cast.at():
        fresh = Render.objects.select_related("round").get(pk=round_.render.pk)
        factories.link(fresh.round, cast.amara)


@pytest.mark.django_db
def test_acknowledgement_cannot_lead_elsewhere_and_is_only_for_broken_ones(cast, told):
    round_, _made = told(Credentials.VALID)
    bruno = browser(cast.bruno)
    take = f"{A}/takes/{round_.render.public_id}"
    answer = bruno.post(f"{take}/acknowledge", {"words": "x", "next": "https://evil.test/"})
    assert answer.url == take
    assert "are not broken" in text(bruno.get(take))


@pytest.mark.django_db
def test_visible_mark_is_noted_and_never_touched(cast, told):
    round_, made = told(Credentials.ABSENT)
    bruno = browser(cast.bruno)
    take = f"{A}/takes/{round_.render.public_id}"
    assert "Not looked at" in text(bruno.get(take))
    assert "Noted." in text(bruno.post(f"{take}/watermark", {"watermark": "seen"}, follow=True))
    assert "by Bruno Keller" in text(bruno.get(take))
    assert "Choose whether" in text(bruno.post(f"{take}/watermark", {"watermark": "remove"}, follow=True))
    for user in (cast.fay, cast.vera):
        assert browser(user).post(f"{take}/watermark", {"watermark": "seen"}).status_code == 403
    assert browser(cast.dmitri).post(f"{take}/watermark", {"watermark": "seen"}).status_code == 404
    page = text(bruno.get(take)).lower()
    assert "remove the mark" not in page
    with cast.at():
        made.refresh_from_db()
        assert (made.watermark, made.watermark_by) == ("seen", cast.bruno)


@pytest.mark.django_db
def test_client_reads_nothing_of_signer_or_acknowledgement(cast, told):
    round_, made = told(Credentials.VALID, signer="Signer-canary")
    with cast.at():
        _link, token = factories.link(round_, cast.amara)
        Provenance.objects.filter(pk=made.pk).update(
            acknowledgement="Words-canary", acknowledged_by=cast.bruno, acknowledged_at=Now()
        )
    assert "canary" not in text(browser().get(f"/p/{token}/"))
