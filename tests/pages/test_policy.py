"""What a team sees of a refusal: in the composer, on the take, in its own list; the wording and the appeal."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renders.actions import appeals, cases
from renders.models import Appeal, Brief, LedgerEntry, PolicyCase, PolicyEvent, Render, Suggestion
from renders.states import FailureClass
from renders.triage import record_refusal
from tests import factories
from tests.cast import browser, person

pytestmark = pytest.mark.django_db
A = "/a/northlight"
RAW = "raw-provider-words-canary"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


def form(project, **changes) -> dict[str, str]:
    return {
        "project": str(project.pk),
        "title": "Balloon",
        "subject": "A balloon of Mickey Mouse over the square",
        "camera": "Slow tilt up",
        "model": "sora-2",
        "size": "720x1280",
        "seconds": "4",
        "submit_key": "key-of-the-form",
        "shown_microusd": "400000",
        **changes,
    }


@pytest.fixture
def case(cast, account) -> PolicyCase:
    with cast.at():
        return factories.refused(cast)


@pytest.fixture
def blocked_take(cast, make_take) -> Render:
    """A take whose result the provider blocked."""
    take = make_take(state="failed", failure_class=FailureClass.POLICY_OUTPUT)
    with cast.at():
        render = Render.objects.select_related("brief__project", "brief_version").get(pk=take.pk)
        detail = {"code": "moderation_blocked", "message": RAW}
        record_refusal(render, FailureClass.POLICY_OUTPUT, detail=detail)
        attempt = render.attempts.get()
        attempt.error = detail
        attempt.save()
    return render


def test_preview_marks_the_phrase_under_its_field_and_offers_words(amara, project):
    page = amara.post(f"{A}/briefs/preview", form(project)).content.decode()
    assert 'id="policy-subject" hx-swap-oob="true"' in page
    assert '<mark class="hits__mark">Mickey Mouse</mark>' in page
    assert "Use “a cheerful cartoon mouse of our own design”" in page
    assert "This brief would be refused" in page
    assert page.count("hx-swap-oob") == 9
    clean = amara.post(f"{A}/briefs/preview", form(project, subject="A tin mouse")).content.decode()
    assert "hits__mark" not in clean
    assert "would be refused" not in clean


def test_preview_of_a_text_refused_everywhere_says_how_many_more_there_are(amara, project):
    text = "Mickey Mouse, " * 80
    page = amara.post(f"{A}/briefs/preview", form(project, subject=text)).content.decode()
    assert page.count('<mark class="hits__mark">') == page.count('value="mend:subject:') == 50
    assert "50 phrases are marked below their fields" in page
    assert "… and 30 more places that are refused" in page


def test_markup_in_a_brief_stays_text(amara, project):
    text = "<script>alert(1)</script> Mickey Mouse <img src=x onerror=alert(1)>"
    page = amara.post(f"{A}/briefs/preview", form(project, subject=text)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_one_click_replaces_the_phrase_and_keeps_everything_typed(amara, project, cast):
    choice = "mend:subject:13:character/mickey-mouse"
    page = amara.post(
        f"{A}/briefs/new", form(project, do=choice, title="", reviewer_notes="Mind the sky")
    ).content.decode()
    assert "A balloon of a cheerful cartoon mouse of our own design over the square" in page
    for kept in ("Slow tilt up", "Mind the sky", "key-of-the-form"):
        assert kept in page
    assert "hits__mark" not in page
    with cast.at():
        assert not Brief.objects.exists()
        assert not PolicyEvent.objects.exists()


@pytest.mark.parametrize(
    "choice", ["mend:", "mend:subject", "mend:subject:99:x", "mend:id:0:x", "mend:title:0:x"]
)
def test_choice_that_fits_nothing_changes_nothing(amara, project, choice):
    answer = amara.post(f"{A}/briefs/new", form(project, do=choice))
    assert answer.status_code == 200
    assert "A balloon of Mickey Mouse over the square" in answer.content.decode()


def test_refused_submit_saves_the_draft_and_says_what_and_why(amara, project, cast):
    answer = amara.post(f"{A}/briefs/new", form(project, do="submit"), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[0][0].startswith(f"{A}/briefs/brf_")
    for words in ("Refused by policy", "Not allowed", "Mickey Mouse", "The draft is saved.", "Appeal"):
        assert words in page
    with cast.at():
        assert Brief.objects.get().camera == "Slow tilt up"
        assert not Render.objects.exists()
        assert not LedgerEntry.objects.exists()
        assert PolicyEvent.objects.count() == 1
    again = amara.post(answer.redirect_chain[0][0], form(project, do="submit"))
    assert again.status_code == 302
    with cast.at():
        assert PolicyEvent.objects.count() == 1
        assert PolicyCase.objects.get().seen_count == 2


def test_draft_with_a_phrase_can_be_saved(amara, project, cast):
    assert amara.post(f"{A}/briefs/new", form(project, do="save")).status_code == 302
    with cast.at():
        assert Brief.objects.count() == 1
        assert not PolicyEvent.objects.exists()


def test_panel_goes_when_the_wording_was_changed(amara, case):
    url = f"{A}/briefs/{case.brief.public_id}"
    assert "Refused by policy" in amara.get(url).content.decode()
    case.brief.subject = "A balloon of a tin mouse"
    with_scope = case.brief
    from tenants.scope import org_transaction

    with org_transaction(case.org_id):
        with_scope.save()
    assert "Refused by policy" not in amara.get(url).content.decode()


def test_refused_take_says_the_class_and_offers_the_appeal(amara, blocked_take):
    page = amara.get(f"{A}/takes/{blocked_take.public_id}").content.decode()
    assert "moderation blocked the result" in page
    assert "Appeal" in page
    assert RAW not in page


def test_raw_provider_words_are_for_staff_only(cast, amara, blocked_take):
    with cast.at():
        case = PolicyCase.objects.get()
    urls = ["", "queue/", "policy/", f"policy/{case.public_id}", f"takes/{blocked_take.public_id}"]
    urls += [f"briefs/{blocked_take.brief.public_id}", "audit/"]
    for user in (cast.amara, cast.bruno, cast.vera):
        for url in urls:
            assert RAW not in browser(user).get(f"{A}/{url}").content.decode(), (user.email, url)
    assert RAW in browser(cast.sol).get(f"/staff/triage/{case.public_id}").content.decode()


def test_list_is_the_agencys_own(amara, cast, case):
    page = amara.get(f"{A}/policy/").content.decode()
    assert "Lighthouse at dusk" in page
    assert "Copyrighted character" in page
    assert "Nothing was refused" in browser(cast.dmitri).get("/a/rivalry/policy/").content.decode()


def test_team_takes_the_suggested_wording_with_one_click(amara, cast, case):
    with cast.at():
        case = PolicyCase.objects.select_related("brief__project").get()
        cases.suggest_wording(
            case=case, texts={"subject": "A balloon of a tin mouse"}, answer="Ours is nicer.", by=cast.sol
        )
        suggestion = Suggestion.objects.get()
    page = amara.get(f"{A}/policy/{case.public_id}").content.decode()
    assert "A balloon of a tin mouse" in page
    assert "Ours is nicer." in page
    answer = amara.post(f"{A}/policy/{case.public_id}/take", {"suggestion": suggestion.public_id})
    assert answer.url == f"{A}/briefs/{case.brief.public_id}"
    with cast.at():
        assert Brief.objects.get(pk=case.brief_id).subject == "A balloon of a tin mouse"
        assert Suggestion.objects.get().taken_by == cast.amara
        assert not Render.objects.exists()


def test_withdrawn_or_foreign_wording_cannot_be_taken(amara, cast, case):
    url = f"{A}/policy/{case.public_id}/take"
    for value in ("", "psg_nonsense", case.public_id):
        assert amara.post(url, {"suggestion": value}).url == f"{A}/policy/{case.public_id}"
    with cast.at():
        assert Brief.objects.get(pk=case.brief_id).subject == "A balloon of Mickey Mouse"


def test_appeal_needs_a_reason_and_its_answer_is_read_by_the_team(amara, cast, case):
    url = f"{A}/policy/{case.public_id}"
    empty = amara.post(f"{url}/appeal", {"reason": " "})
    assert empty.status_code == 422
    assert "Say why the refusal is wrong" in empty.content.decode()
    assert amara.post(f"{url}/appeal", {"reason": "Our own mouse since 1962."}).status_code == 302
    page = amara.get(url).content.decode()
    assert "waits for a second person" in page
    assert "An appeal is waiting" in page
    browser(cast.sol).post(
        f"/staff/triage/{case.public_id}/appeal", {"verdict": "overturned", "answer": "Licence seen."}
    )
    page = amara.get(url).content.decode()
    assert "The refusal was wrong" in page
    assert "Licence seen." in page
    assert "Exactly this wording passes now" in page


def test_roles(cast, case):
    url = f"{A}/policy/{case.public_id}"
    for user in (cast.bruno, cast.vera):
        page = browser(user).get(url)
        assert page.status_code == 200
        assert "appeal-reason" not in page.content.decode()
        assert browser(user).post(f"{url}/appeal", {"reason": "x"}).status_code == 403
        assert browser(user).post(f"{url}/take", {}).status_code == 403
        assert browser(user).get(f"{A}/settings/rules/").status_code == 403
    assert browser(cast.fay).get(url).status_code == 403
    assert "/policy/" not in browser(cast.fay).get(f"{A}/spend/").content.decode()
    for user in (cast.dmitri, cast.sol):
        assert browser(user).get(url).status_code == 404
        assert browser(user).post(f"{url}/appeal", {"reason": "x"}).status_code == 404
    assert browser(cast.dmitri).get(url.replace("northlight", "rivalry")).status_code == 404
    with cast.at():
        assert not Appeal.objects.exists()


def test_pages_count_their_queries(cast, amara, case):
    with cast.at():
        for number in range(12):
            factories.refused(cast, f"Mickey Mouse {number}", title=f"Brief {number}")
    for url, most in ((f"{A}/policy/", 10), (f"{A}/policy/{case.public_id}", 12)):
        with CaptureQueriesContext(connection) as found:
            assert amara.get(url).status_code == 200
        assert len([q for q in found if "SAVEPOINT" not in q["sql"]]) <= most, url


def test_banner_is_on_every_page_of_the_team_while_generation_is_off(cast, amara, account):
    pages = ("", "briefs/", "queue/", "review/", "policy/", "spend/", "members/", "settings/", "audit/")
    for page in pages:
        assert "Generation is switched off." not in amara.get(f"{A}/{page}").content.decode()
    browser(cast.sol).post(
        f"/staff/agencies/{cast.northlight.public_id}/switch", {"do": "stop", "reason": "Complaint twelve."}
    )
    for page in pages:
        text = amara.get(f"{A}/{page}").content.decode()
        assert "Generation is switched off." in text, page
        assert "Complaint twelve." in text, page
    assert "Complaint twelve." not in browser(cast.dmitri).get("/a/rivalry/").content.decode()


def test_submit_while_generation_is_off_keeps_what_was_typed(cast, amara, project):
    browser(cast.sol).post(
        f"/staff/agencies/{cast.northlight.public_id}/switch", {"do": "stop", "reason": "Complaint twelve."}
    )
    answer = amara.post(f"{A}/briefs/new", form(project, subject="A tin mouse", do="submit"))
    assert answer.status_code == 422
    assert "Generation is switched off for your agency: Complaint twelve." in answer.content.decode()
    assert "Slow tilt up" in answer.content.decode()


def test_reviewer_is_asked_about_brand_and_rights_before_approving(cast, account):
    with cast.at():
        render = factories.take(cast)
        factories.round_of(render, cast.amara)
    page = browser(cast.bruno).get(f"{A}/review/{render.public_id}").content.decode()
    assert "could it mislead somebody, or touch a person, a brand or a right?" in page


class TestWonAgainstTheProvider:
    """Staff agree with the team; the provider's rule stands all the same."""

    @pytest.fixture
    def won(self, cast, blocked_take):
        with cast.at():
            case = PolicyCase.objects.get()
            appeal = appeals.make_appeal(case=case, reason="There is nothing in it.", by=cast.amara)
            noor = person("noor@dailies.test", "Noor Haddad", is_staff=True)
            appeals.decide_appeal(appeal=appeal, is_overturned=True, answer="We agree.", by=noor)
        return case

    def _form(self, page, take):
        action = f'action="{A}/takes/{take.public_id}/again"'
        start = page.index(action, page.index('id="refused"'))
        return dict(re.findall(r'name="(\w+)" value="([^"]+)"', page[start : page.index("</form>", start)]))

    def test_says_what_the_team_can_do_now_and_does_it_with_one_click(self, cast, amara, won, blocked_take):
        for address in (f"{A}/policy/{won.public_id}", f"{A}/takes/{blocked_take.public_id}"):
            page = amara.get(address).content.decode()
            assert "only the provider can lift it" in page
            assert "send it again as it is, or say it in other words" in page
            assert "may charge for it all the same" in page
            assert "Send it again as it is, for $0.40" in page
            # Nothing beside it that says the contrary.
            assert "will be blocked again" not in page
            assert "appealed for and decided" not in page
            data = self._form(page, blocked_take)
        again = amara.post(f"{A}/takes/{blocked_take.public_id}/again", data)
        with cast.at():
            take = Render.objects.exclude(pk=blocked_take.pk).get()
            assert take.state == "queued"
            assert again.url == f"{A}/takes/{take.public_id}"

    def test_points_to_the_wording_that_staff_suggest(self, cast, amara, won):
        with cast.at():
            Suggestion.objects.create(
                case=won, brief=won.brief, texts={"subject": "A tin lighthouse"}, made_by=cast.sol
            )
        page = amara.get(f"{A}/policy/{won.public_id}").content.decode()
        assert "or use the suggested wording below" in page
        assert "Use this wording" in page
        assert "Change the wording" not in page

    def test_reviewers_read_it_and_have_no_button(self, cast, won):
        page = browser(cast.bruno).get(f"{A}/policy/{won.public_id}").content.decode()
        assert "only the provider can lift it" in page
        assert "Send it again as it is, for" not in page
