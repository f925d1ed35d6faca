"""From brief to signed clip: what Amara, Bruno and Clara do, and what Dmitri may not find."""

import hashlib
import re
import subprocess
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def _submit_and_watch(page: Page, title: str) -> str:
    """Amara writes a brief, sees its price, submits, and watches the take finish without touching the page."""
    page.goto("/a/northlight/briefs/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Subject").fill("A tin robot waters a row of sunflowers")
    page.get_by_label("Project", exact=True).select_option(label="Acme · Spring launch")
    expect(page.locator(".prompt")).to_have_text("A tin robot waters a row of sunflowers.")
    page.locator("label.segmented__item", has_text="8 s").click()
    expect(page.locator(".price")).to_have_text("$0.80")
    page.locator("label.segmented__item", has_text="4 s").click()
    expect(page.locator(".price")).to_have_text("$0.40")
    page.get_by_role("button", name="Render for $0.40").click()
    page.wait_for_url("**/takes/rnd_*")
    url = page.url
    # Nobody reloads: the status comes by itself, and in the end the page offers the review.
    expect(page.get_by_role("link", name="Open review")).to_be_visible(timeout=60_000)
    return url


def _comment_at_frame(page: Page, words: str) -> None:
    page.get_by_role("link", name="Open review").click()
    page.locator("dailies-player video").wait_for()
    page.wait_for_function("document.querySelector('dailies-player video').readyState >= 2")
    for _ in range(5):
        page.keyboard.press(".")
    expect(page.locator("[data-player-timecode]")).to_have_text("00:00:00:05")
    page.keyboard.press("c")
    page.keyboard.type(words)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#threads")).to_contain_text(words)
    expect(page.locator("#threads .comment__at").first).to_have_text("00:00:00:05")


def _approve_inside(page: Page, review_url: str) -> None:
    page.goto(review_url)
    approve = page.get_by_role("button", name="Approve", exact=True)
    expect(approve).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#decision")).to_contain_text("1 comment is unresolved")
    page.locator("#threads").get_by_role("button", name="Resolve").click()
    expect(approve).not_to_have_attribute("aria-disabled", "true")
    approve.click()
    expect(page.locator("#decision")).to_contain_text("With the client")


def _send_to_client(page: Page, review_url: str) -> None:
    page.goto(review_url)
    sharing = page.locator("#sharing")
    sharing.get_by_label("For whom").fill("Clara")
    sharing.get_by_label("Send it to").fill("clara@acme.test")
    sharing.get_by_label("May download the original").check()
    sharing.get_by_role("button", name="Make the link").click()
    expect(sharing).to_contain_text("Sent to clara@acme.test")


def _link_in_the_mailbox(page: Page, title: str) -> str:
    page.goto("/dev/mailbox")
    mail = page.locator("article", has_text=title).first
    return mail.locator("a[href*='/p/']").get_attribute("href") or ""


def _client_comments_and_approves(phone: Page, link: str) -> None:
    phone.goto(link)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.locator("#composer textarea").fill("We love the robot.")
    phone.get_by_label("Your name").fill("Clara Okafor")
    phone.get_by_label("Your e-mail").fill("clara@acme.test")
    phone.get_by_role("button", name="Send the comment").click()
    expect(phone.locator("#threads")).to_contain_text("We love the robot.")
    phone.get_by_role("link", name="Approve").click()
    phone.get_by_role("button", name="Confirm the decision").click()
    expect(phone.get_by_text("Thank you, it is approved")).to_be_visible()


def test_brief_becomes_a_signed_clip(visit, product, tmp_path):
    title = f"Robot and sunflowers {uuid.uuid4().hex[:6]}"
    amara, bruno = visit("amara@northlight.test"), visit("bruno@northlight.test")
    take_url = _submit_and_watch(amara, title)
    _comment_at_frame(amara, "The watering can jumps here.")
    review_url = amara.url.split("#")[0]
    refusal = amara.locator("#decision")
    expect(refusal).to_contain_text("You asked for this take")
    _approve_inside(bruno, review_url)
    _send_to_client(amara, review_url)
    link = _link_in_the_mailbox(amara, title)
    phone = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    _client_comments_and_approves(phone, link)
    # Amara's comment was for the team only, as comments are unless one says otherwise.
    assert "watering can" not in phone.content()

    phone.get_by_role("link", name="Certificate").first.click()
    certificate_url = phone.url
    hashes = set(re.findall(r"\b[0-9a-f]{64}\b", phone.content()))
    amara.goto(take_url)
    with amara.expect_download() as download:
        amara.get_by_role("link", name="Download original").click()
    file = tmp_path / "original.mp4"
    download.value.save_as(file)
    said = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout.split()[0]
    assert said == hashlib.sha256(file.read_bytes()).hexdigest()
    assert said in hashes

    amara.goto(review_url)
    expect(amara.locator("#decision")).to_contain_text("Clara Okafor")
    team_certificate = amara.get_by_role("link", name="Certificate").first.get_attribute("href")
    dmitri = visit("dmitri@rivalry.test")
    for url in (
        take_url,
        f"{take_url}/status",
        review_url,
        f"{review_url}/threads",
        f"{review_url}/media",
        team_certificate,
    ):
        assert dmitri.goto(url).status == 404, url
    assert "/p/" in certificate_url


def test_internal_note_never_reaches_the_client(visit, product):
    """The demo's discussed take has a note for the team only; the client's pages of its agency do not."""
    amara = visit("amara@northlight.test")
    amara.goto("/dev/mailbox")
    links = [a.get_attribute("href") for a in amara.locator("a[href*='/p/']").all()]
    assert links
    guest = visit()
    for link in links:
        guest.goto(link)
        assert "Budget note for us" not in guest.content()


def test_comment_that_is_half_written_survives_the_way_back(visit, product):
    """Clara types, looks at what approving means, and comes back: her words are there, and gone once they are said."""
    desk = visit("amara@northlight.test")
    link = _link_in_the_mailbox(desk, "Kettle and window")
    phone = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto(link)
    words = f"The steam is lovely {uuid.uuid4().hex[:6]}."
    field = phone.locator("#composer textarea")
    field.fill(words)
    phone.get_by_role("link", name="Ask for changes").click()
    phone.wait_for_url("**/decide?*")
    phone.go_back()
    expect(field).to_have_value(words)
    phone.get_by_label("Your name").fill("Clara Okafor")
    phone.get_by_label("Your e-mail").fill("clara@acme.test")
    phone.get_by_role("button", name="Send the comment").click()
    expect(phone.locator("#threads")).to_contain_text(words)
    expect(field).to_have_value("")
    phone.reload()
    expect(field).to_have_value("")


def test_quick_submit_leaves_no_error_in_the_console(visit):
    """The composer asks for price and prompt while somebody types; leaving the page takes that request along."""
    page = visit("amara@northlight.test")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    def slowly(route):
        page.wait_for_timeout(700)
        route.continue_()

    page.goto("/a/northlight/briefs/new")
    page.route("**/briefs/preview", slowly)
    page.fill("input[name=title]", "Quick quay")
    page.select_option("select[name=project]", index=1)
    page.locator("textarea[name=subject]").press_sequentially("A boat at a quay, in the rain", delay=40)
    page.wait_for_timeout(350)
    page.locator("button[name=do][value=save]").click()
    page.wait_for_url("**/briefs/brf_*")
    page.wait_for_timeout(300)
    assert said == []
