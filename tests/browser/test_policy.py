"""A refusal from the first letter to the outcome, and a switch that stops and releases, by three people in three browsers."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def _write(page: Page, title: str, subject: str) -> None:
    page.goto("/a/northlight/briefs/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Project", exact=True).select_option(label="Acme · Spring launch")
    page.get_by_label("Subject").fill(subject)


def _render(page: Page) -> None:
    page.locator("aside").get_by_role("button", name="Render for $0.40").click()


def _finished(page: Page) -> None:
    expect(page.get_by_role("link", name="Open review")).to_be_visible(timeout=60_000)


def _refused_by_the_provider(page: Page, title: str) -> None:
    """The provider's own moderation blocks a word that our rules let through."""
    _write(page, title, "A counterfeit watch made of biscuits ticks on a plate")
    _render(page)
    page.wait_for_url("**/takes/rnd_*")
    expect(page.locator("#refused")).to_be_visible(timeout=60_000)


def test_refusal_is_marked_mended_with_one_click_and_rendered(visit):
    amara = visit("amara@northlight.test")
    title = f"Balloon {uuid.uuid4().hex[:6]}"
    _write(amara, title, "A parade balloon of M1ckey Mouse over a square")
    expect(amara.locator("#policy-subject mark")).to_have_text("M1ckey Mouse")
    expect(amara.get_by_text("This brief would be refused")).to_be_visible()
    _render(amara)
    # Refused at the door: the draft is saved, the reason and the phrase are there, and no take was made.
    expect(amara.locator("#refused")).to_contain_text("Not allowed")
    expect(amara.locator("#refused mark")).to_have_text("M1ckey Mouse")
    assert "/briefs/brf_" in amara.url
    expect(amara.get_by_label("Title")).to_have_value(title)
    amara.locator("#policy-subject").get_by_role("button", name=re.compile("Use “a cheerful")).click()
    expect(amara.get_by_label("Subject")).to_have_value(
        "A parade balloon of a cheerful cartoon mouse of our own design over a square"
    )
    expect(amara.locator("#policy-subject mark")).to_have_count(0)
    _render(amara)
    amara.wait_for_url("**/takes/rnd_*")
    _finished(amara)


def test_typing_marks_and_unmarks_without_losing_the_place(visit):
    amara = visit("amara@northlight.test")
    _write(amara, "Typing", "A lighthouse")
    subject = amara.get_by_label("Subject")
    subject.press_sequentially(" and Batman")
    expect(amara.locator("#policy-subject mark")).to_have_text("Batman")
    expect(subject).to_be_focused()
    for _ in range(6):
        subject.press("Backspace")
    expect(amara.locator("#policy-subject mark")).to_have_count(0)


def test_provider_refusal_becomes_a_case_an_appeal_and_an_outcome(visit):
    title = f"Biscuit watch {uuid.uuid4().hex[:6]}"
    amara, sol = visit("amara@northlight.test"), visit("sol@dailies.test")
    _refused_by_the_provider(amara, title)
    assert "blocked by our moderation system" not in amara.content()
    amara.locator("#refused").get_by_role("link", name="Appeal").click()
    amara.get_by_label("Appeal: why is the refusal wrong?").fill(
        "The watch is made of biscuits: nothing is forged."
    )
    amara.get_by_role("button", name="Appeal", exact=True).click()
    expect(amara.locator("#refused")).to_contain_text("waits for a second person")
    case_url = amara.url

    sol.goto("/staff/appeals/")
    sol.get_by_role("link", name=title).click()
    expect(sol.locator(".case__said")).to_contain_text("blocked by our moderation system")
    sol.get_by_label("Your answer").fill("We think so too, and have told the provider.")
    sol.get_by_role("button", name="It was wrong").click()
    expect(sol.get_by_text("Decided. The team reads your answer")).to_be_visible()

    amara.goto(case_url)
    expect(amara.locator("#refused")).to_contain_text("The refusal was wrong")
    expect(amara.locator("#refused")).to_contain_text("We think so too")


def test_triage_goes_by_keyboard_and_the_team_takes_the_wording(visit):
    title = f"Biscuit watch {uuid.uuid4().hex[:6]}"
    amara, sol = visit("amara@northlight.test"), visit("sol@dailies.test")
    _refused_by_the_provider(amara, title)
    take_url = amara.url
    sol.goto("/staff/triage/")
    sol.keyboard.press("j")
    sol.keyboard.press("Enter")
    sol.wait_for_url("**/staff/triage/pca_*")
    expect(sol.get_by_role("heading", name=title)).to_be_visible()
    sol.keyboard.press("a")
    expect(sol.get_by_text("taken on by Sol")).to_be_visible()
    here = sol.url
    sol.keyboard.press("d")
    sol.wait_for_url("**?undo=pca_*")
    sol.keyboard.press("u")
    sol.wait_for_url(here)
    expect(sol.get_by_text("taken on by Sol")).to_be_visible()
    sol.keyboard.press("r")
    subject = sol.get_by_label("Subject")
    expect(subject).to_be_focused()
    subject.fill("A watch made of biscuits ticks on a plate")
    sol.get_by_role("button", name="Suggest it to the team").click()
    expect(sol.get_by_text("The wording is with the team")).to_be_visible()
    sol.keyboard.press("?")
    expect(sol.locator("#keys")).to_contain_text("Suggest a wording")

    amara.goto(take_url)
    amara.get_by_role("button", name="Use this wording").click()
    expect(amara.get_by_label("Subject")).to_have_value("A watch made of biscuits ticks on a plate")
    _render(amara)
    amara.wait_for_url("**/takes/rnd_*")
    _finished(amara)


def test_kill_switch_stops_and_releases(visit):
    title = f"Kettle {uuid.uuid4().hex[:6]}"
    amara, sol = visit("amara@northlight.test"), visit("sol@dailies.test")
    sol.goto("/staff/agencies/")
    sol.get_by_role("link", name="Northlight", exact=True).click()
    # The page has another "Why", beside the agency's share.
    sol.locator("#stop-reason").fill("Complaint twelve is being looked at.")
    sol.get_by_role("button", name="Switch generation off").click()
    expect(sol.get_by_text("Generation is off for Northlight")).to_be_visible()
    try:
        _write(amara, title, "A copper kettle hums on a stove")
        expect(amara.locator(".stopped")).to_contain_text("Complaint twelve is being looked at.")
        _render(amara)
        expect(
            amara.locator(".notice", has_text="Generation is switched off for your agency")
        ).to_be_visible()
        expect(amara.get_by_label("Title")).to_have_value(title)
        amara.goto("/a/northlight/review/")
        expect(amara.locator(".stopped")).to_be_visible()
    finally:
        sol.get_by_role("button", name="Switch generation on again").click()
        expect(sol.get_by_text("Generation is on again for Northlight")).to_be_visible()
    _write(amara, title, "A copper kettle hums on a stove")
    expect(amara.locator(".stopped")).to_have_count(0)
    _render(amara)
    amara.wait_for_url("**/takes/rnd_*")
    _finished(amara)


def test_staff_are_led_to_their_second_factor(visit):
    amara = visit("amara@northlight.test")
    assert amara.goto("/staff/triage/").status == 404
    nobody = visit()
    nobody.goto("/staff/triage/")
    assert "/accounts/login/" in nobody.url
