"""Triage, appeals, agencies and take-downs by the platform's staff."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renders.actions import appeals, cases
from renders.models import Allowance, Appeal, CaseState, PolicyCase, PolicyMove, Render, Suggestion
from renders.states import State
from tenants import storage
from tenants.models import Agency, AuditEvent
from tests import factories
from tests.cast import browser, person

pytestmark = pytest.mark.django_db
LIST = "/staff/triage/"


@pytest.fixture
def sol(cast):
    return browser(cast.sol)


@pytest.fixture
def noor(db):
    return person("noor@dailies.test", "Noor Haddad", is_staff=True)


@pytest.fixture
def case(cast, account) -> PolicyCase:
    with cast.at():
        return factories.refused(cast)


def url(case, act="") -> str:
    return f"{LIST}{case.public_id}" + (f"/{act}" if act else "")


def now(cast, case) -> PolicyCase:
    with cast.at():
        return PolicyCase.objects.select_related("decided_by", "assigned_to").get(pk=case.pk)


def _queries(client, address) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len([q for q in found if "SAVEPOINT" not in q["sql"]])


def test_only_staff_come_in(cast, case):
    addresses = [LIST, url(case), url(case, "dismiss"), url(case, "appeal"), "/staff/appeals/"]
    addresses += ["/staff/agencies/", f"/staff/agencies/{cast.northlight.public_id}"]
    addresses += [f"/staff/agencies/{cast.northlight.public_id}/switch", "/staff/admin/"]
    for address in addresses:
        for user in (cast.amara, cast.bruno, cast.dmitri):
            assert browser(user).get(address).status_code == 404, address
            assert browser(user).post(address).status_code == 404, address
        assert browser().get(address).url.startswith("/accounts/login/")


def test_list_shows_every_agencys_cases_and_filters(cast, sol, case):
    with cast.at(cast.rivalry):
        from tenants.actions.agencies import add_client

        cast.acme = add_client(name="Umbra", by=cast.dmitri)
        cast.amara = cast.dmitri
        factories.refused(cast, "Darth Vader waters a bonsai", title="Rival brief")
    page = sol.get(LIST).content.decode()
    assert "Lighthouse at dusk" in page
    assert "Rival brief" in page
    page = sol.get(f"{LIST}?agency=rival").content.decode()
    assert "Rival brief" in page
    assert "Lighthouse at dusk" not in page
    assert "Rival brief" not in sol.get(f"{LIST}?kind=provider_output").content.decode()
    assert "Rival brief" not in sol.get(f"{LIST}?show=decided").content.decode()


def test_case_shows_evidence_with_the_phrase_marked(sol, case):
    page = sol.get(url(case)).content.decode()
    assert '<mark class="hits__mark">Mickey Mouse</mark>' in page
    assert "character/mickey-mouse" in page
    assert "A balloon of a cheerful cartoon mouse of our own design" in page


def test_assign_dismiss_and_undo(cast, sol, case):
    sol.post(url(case, "assign"))
    assert (now(cast, case).state, now(cast, case).assigned_to) == (CaseState.ASSIGNED, cast.sol)
    sol.post(url(case, "dismiss"), {"answer": "It is a known mouse."})
    found = now(cast, case)
    assert (found.state, found.decided_by, found.answer) == (
        CaseState.DISMISSED,
        cast.sol,
        "It is a known mouse.",
    )
    sol.post(url(case, "undo"))
    found = now(cast, case)
    assert (found.state, found.decided_by, found.decided_at) == (CaseState.ASSIGNED, None, None)
    with cast.at():
        assert PolicyMove.objects.count() == 3
        assert AuditEvent.objects.filter(action__startswith="policy_case.").count() == 3
    assert sol.post(url(case, "undo")).status_code == 422


def test_next_case_opens_by_itself_with_the_way_back(cast, sol, case):
    with cast.at():
        other = factories.refused(cast, "Darth Vader naps", title="Second")
    answer = sol.post(url(other, "dismiss"))
    assert answer.url == f"{url(case)}?undo={other.public_id}"
    page = sol.get(answer.url).content.decode()
    assert f'action="{url(other)}/undo"' in page
    last = sol.post(url(case, "dismiss"))
    assert last.url == f"{LIST}?undo={case.public_id}"
    assert f'action="{url(case)}/undo"' in sol.get(last.url).content.decode()
    assert "/undo" not in sol.get(f"{LIST}?undo=pca_/../../a/northlight").content.decode()


def test_case_that_somebody_else_has_taken_on_is_not_the_next(cast, sol, case, noor):
    with cast.at():
        other = factories.refused(cast, "Darth Vader naps", title="Second")
        cases.assign_case(case=case, by=noor)
    assert sol.post(url(other, "dismiss")).url.startswith(f"{LIST}?undo=")


def test_wording_becomes_a_suggestion_and_nothing_is_spent(cast, sol, case):
    sol.post(url(case, "rewrite"), {"subject": "A balloon of a tin mouse", "answer": "Try this."})
    with cast.at():
        suggestion = Suggestion.objects.get()
        assert suggestion.texts == {"subject": "A balloon of a tin mouse"}
        assert not Render.objects.exists()
    assert now(cast, case).state == CaseState.REWRITTEN
    sol.post(url(case, "undo"))
    with cast.at():
        assert not Suggestion.objects.get().is_open


@pytest.mark.parametrize(
    ("text", "reason"),
    [("A balloon of Mickey Mouse", "own wording"), ("A balloon of Donald Duck", "would be refused as well")],
)
def test_wording_that_does_not_help_is_refused_and_kept(sol, case, text, reason):
    answer = sol.post(url(case, "rewrite"), {"subject": text})
    assert answer.status_code == 422
    assert reason in answer.content.decode()


def test_escalation_needs_words(cast, sol, case):
    assert sol.post(url(case, "escalate"), {"answer": ""}).status_code == 422
    sol.post(url(case, "escalate"), {"answer": "Legal has to say."})
    assert now(cast, case).state == CaseState.ESCALATED
    assert (
        "Legal has to say." in sol.get(f"{LIST}?show=escalated").content.decode()
        or "Escalated" in sol.get(f"{LIST}?show=escalated").content.decode()
    )


def test_decided_case_is_not_decided_again(cast, sol, case, noor):
    sol.post(url(case, "dismiss"))
    answer = browser(noor).post(url(case, "escalate"), {"answer": "Again"})
    assert answer.status_code == 422
    assert "Sol decided this case" in answer.content.decode()


def test_precedents_are_decided_cases_about_the_same_rule(cast, sol, case):
    with cast.at():
        other = factories.refused(cast, "Mickey Mouse naps", title="Earlier one")
        cases.dismiss_case(case=other, answer="Known mouse.", by=cast.sol)
    page = sol.get(url(case)).content.decode()
    assert "Earlier one" in page
    assert "Known mouse." in page


def test_appeal_is_never_decided_by_who_decided_the_case(cast, sol, case, noor):
    sol.post(url(case, "dismiss"))
    with cast.at():
        appeals.make_appeal(case=now(cast, case), reason="Our mouse", by=cast.amara)
    answer = sol.post(url(case, "appeal"), {"verdict": "upheld", "answer": "No"})
    assert answer.status_code == 422
    assert "A second person has to decide" in answer.content.decode()
    sol.post(url(case, "undo"))
    assert sol.post(url(case, "appeal"), {"verdict": "upheld", "answer": "No"}).status_code == 422
    done = browser(noor).post(url(case, "appeal"), {"verdict": "upheld", "answer": "It is the mouse."})
    assert done.status_code == 302
    with cast.at():
        appeal = Appeal.objects.get()
        assert (appeal.verdict, appeal.decided_by) == ("upheld", noor)
        assert not Allowance.objects.exists()
    again = sol.post(url(case, "appeal"), {"verdict": "overturned", "answer": "x"})
    assert again.status_code == 422


def test_staff_member_of_the_team_cannot_decide_their_own_appeal(cast, case, noor):
    with cast.at():
        appeal = appeals.make_appeal(case=case, reason="Mine", by=noor)
        with pytest.raises(appeals.CannotDecideAppeal, match="You made this appeal"):
            appeals.decide_appeal(appeal=appeal, is_overturned=True, answer="Yes", by=noor)


def test_appeal_needs_an_answer_and_is_in_the_list(cast, sol, case):
    with cast.at():
        appeals.make_appeal(case=case, reason="Our own mouse since 1962", by=cast.amara)
    assert "Our own mouse since 1962" in sol.get("/staff/appeals/").content.decode()
    assert sol.post(url(case, "appeal"), {"verdict": "overturned", "answer": " "}).status_code == 422
    assert sol.post(url(case, "appeal"), {"verdict": "nonsense", "answer": "x"}).status_code == 404
    sol.post(url(case, "appeal"), {"verdict": "overturned", "answer": "Licence seen."})
    assert "Our own mouse" not in sol.get("/staff/appeals/").content.decode()
    assert "Our own mouse" in sol.get("/staff/appeals/?show=decided").content.decode()
    with cast.at():
        event = AuditEvent.objects.get(action="appeal.overturned")
        assert event.actor == f"user:{cast.sol.pk}"
        assert event.data["allowed"] == ["character/mickey-mouse"]


def test_pages_ask_few_statements_whatever_the_number_of_rows(cast, sol, case):
    counts = {}
    for rows in (1, 30):
        with cast.at():
            for number in range(rows):
                made = factories.refused(
                    cast, f"Mickey Mouse {rows} {number}", title=f"Brief {rows} {number}"
                )
                if number % 2:
                    cases.dismiss_case(case=made, answer="", by=cast.sol)
                else:
                    appeals.make_appeal(case=made, reason="x", by=cast.amara)
        pages = (LIST, f"{LIST}?show=all", url(case), "/staff/appeals/", "/staff/agencies/")
        counts[rows] = {page: _queries(sol, page) for page in pages}
    assert counts[1] == counts[30]
    assert max(counts[30].values()) <= 10, counts[30]


def test_keyset_pages_hold_every_case_once(cast, sol, case):
    with cast.at():
        for number in range(55):
            factories.refused(cast, f"Mickey Mouse {number}", title=f"Brief-{number:02d}-")
    first = sol.get(LIST).content.decode()
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = sol.get(LIST + older).content.decode()
    seen = [first.count(f"Brief-{n:02d}-") + second.count(f"Brief-{n:02d}-") for n in range(55)]
    assert seen == [1] * 55


class TestAgencies:
    PAGE = "/staff/agencies/"

    def test_list_says_health_limit_spend_and_refusals(self, cast, sol, case):
        page = sol.get(self.PAGE).content.decode()
        for words in ("Northlight", "Rivalry", "Refusals waiting", "Healthy", "$1,000.00"):
            assert words in page
        assert "Rivalry" not in sol.get(f"{self.PAGE}?q=north").content.decode()
        assert "No agency fits" in sol.get(f"{self.PAGE}?show=stopped").content.decode()

    def test_dry_run_switch_off_and_on(self, cast, sol, make_take):
        take, sent = make_take(), make_take(state="rendering", next_action_at="2099-01-01T00:00Z")
        address = f"{self.PAGE}{cast.northlight.public_id}"
        page = sol.get(address).content.decode()
        assert "Stops 1 render that waits; 1 in flight will still be paid." in page
        assert "What is in flight costs $0.40." in page
        refused = sol.post(f"{address}/switch", {"do": "stop", "reason": ""})
        assert refused.status_code == 422
        assert "Say why" in refused.content.decode()
        sol.post(f"{address}/switch", {"do": "stop", "reason": "Complaint twelve."})
        with cast.at():
            assert Render.objects.get(pk=take.pk).state == State.HELD
            assert Render.objects.get(pk=sent.pk).state == State.RENDERING
        page = sol.get(address).content.decode()
        assert "Switched off by Sol" in page
        assert "Switched off" in sol.get(f"{self.PAGE}?show=stopped").content.decode()
        amara = browser(cast.amara).get("/a/northlight/audit/").content.decode()
        assert "generation.stopped" in amara
        sol.post(f"{address}/switch", {"do": "resume"})
        with cast.at():
            assert Render.objects.get(pk=take.pk).state == State.QUEUED
            assert not Agency.objects.get(pk=cast.northlight.pk).is_stopped

    def test_paused_take_says_why_and_can_be_withdrawn(self, cast, sol, make_take):
        take = make_take()
        sol.post(f"{self.PAGE}{cast.northlight.public_id}/switch", {"do": "stop", "reason": "Complaint."})
        amara = browser(cast.amara)
        page = amara.get(f"/a/northlight/takes/{take.public_id}").content.decode()
        assert "Paused: generation is switched off for your agency" in page
        assert amara.post(f"/a/northlight/takes/{take.public_id}/cancel").status_code == 302
        with cast.at():
            assert Render.objects.get(pk=take.pk).state == State.CANCELLED


class TestTakeDown:
    def test_hides_it_everywhere_and_brings_it_back(self, cast, sol):
        with cast.at():
            round_ = factories.shared_take(cast)
            render = round_.render
            _link, token = factories.link(round_, cast.amara, may_download=True)
            asset = render.asset("original")
        media = f"/media/{storage.signed_name(asset.pk)}"
        amara = browser(cast.amara)
        pages = {
            f"/a/northlight/takes/{render.public_id}": amara,
            f"/a/northlight/review/{render.public_id}": amara,
            f"/p/{token}/": browser(),
        }
        for address, visitor in pages.items():
            assert "<video" in visitor.get(address).content.decode(), address
        assert browser().get(media).status_code == 200
        address = f"/staff/takes/{render.public_id}"
        assert sol.post(address, {"do": "down", "reason": ""}).status_code == 422
        sol.post(address, {"do": "down", "reason": "Court order 7."})
        for page, visitor in pages.items():
            text = visitor.get(page).content.decode()
            assert "<video" not in text, page
            assert "aken down by the platform" in text or "not shown at the moment" in text, page
        gone = browser().get(media)
        assert (gone.status_code, b"taken down" in gone.content) == (404, True)
        assert "Court order 7." in amara.get(f"/a/northlight/takes/{render.public_id}").content.decode()
        assert "Court order" not in browser().get(f"/p/{token}/").content.decode()
        with cast.at():
            event = AuditEvent.objects.get(action="take.taken_down")
            assert (event.actor, event.subject) == (f"user:{cast.sol.pk}", render.public_id)
        sol.post(address, {"do": "restore"})
        for page, visitor in pages.items():
            assert "<video" in visitor.get(page).content.decode(), page
        assert browser().get(media).status_code == 200

    def test_take_without_files_cannot_be_taken_down(self, cast, sol, make_take):
        answer = sol.post(f"/staff/takes/{make_take().public_id}", {"do": "down", "reason": "x"})
        assert answer.status_code == 422
        assert "no file" in answer.content.decode()


def test_page_after_a_decision_names_the_case_that_was_decided(cast, sol, case):
    with cast.at():
        other = factories.refused(cast, "Darth Vader naps", title="Second <brief>")
    answer = sol.post(url(other, "dismiss"))
    page = sol.get(answer.url).content.decode()
    toast = page[page.index('id="toasts"') : page.index("</div>\n", page.index("toast__text"))]
    assert "Dismissed: “Second &lt;brief&gt;” (Northlight)." in toast
    bar = page[page.index('class="undo-bar"') : page.index("</form>", page.index('class="undo-bar"'))]
    assert "Dismissed: “<bdi>Second &lt;brief&gt;</bdi>”, <bdi>Northlight</bdi>." in bar
    assert f'action="{url(other)}/undo"' in bar
    # Once it is open again there is nothing to take back.
    sol.post(url(other, "undo"))
    assert "undo-bar" not in sol.get(answer.url).content.decode()


def test_decided_ones_name_who_decided_and_not_who_had_taken_them_on(cast, sol, case, noor):
    with cast.at():
        cases.assign_case(case=case, by=noor)
    assert "with <bdi>Noor Haddad</bdi>" in sol.get(LIST).content.decode()
    sol.post(url(case, "dismiss"))
    page = sol.get(f"{LIST}?show=decided").content.decode()
    assert "by <bdi>Sol</bdi>" in page
    assert "Noor Haddad" not in page
