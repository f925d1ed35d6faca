"""A mascot from an upload that breaks two rules to a clip that shows it: what Amara and Bruno do, and nobody else can."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.characters_kit import clip_bytes

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LIST = "/a/northlight/characters/"


def _draft(page: Page, name: str) -> str:
    """Three fields make one."""
    page.goto(LIST)
    page.get_by_role("link", name="New character").click()
    page.get_by_label("Name").fill(name)
    page.locator("label.choice", has_text="Mascot").click()
    page.get_by_label("Client").select_option(label="Acme")
    page.get_by_role("button", name="Make the draft").click()
    page.wait_for_url("**/characters/chr_*")
    return page.url


def _upload(page: Page, content: bytes, name: str = "mascot.mp4") -> None:
    page.get_by_label("Upload a clip").or_(page.get_by_label("Another clip")).set_input_files(
        {"name": name, "mimeType": "video/mp4", "buffer": content}
    )
    page.get_by_role("button", name="Check and keep it").click()
    page.wait_for_load_state()


def _mend(page: Page) -> None:
    """Two rules fail; a piece and a frame make it legal, with what is kept shown all the while."""
    expect(page.locator("#clip .pill")).to_have_text("2 rules broken")
    rules = page.locator(".rules")
    expect(rules).to_contain_text("Measured 6.0 s; needed: 2 to 4 seconds.")
    expect(rules).to_contain_text("Measured 900 × 900; needed: 16:9 or 9:16.")
    page.get_by_role("link", name="Trim and crop").click()
    frame = page.locator("[data-trim=frame]")
    expect(frame).to_be_visible()
    before = frame.bounding_box()
    page.get_by_label("From second").fill("1.5")
    page.get_by_label("Seconds", exact=True).fill("3")
    expect(page.locator("[data-trim=words]")).to_have_text("1.5–4.5 s")
    page.get_by_label("Where the frame sits").fill("100")
    after = frame.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] > before["y"] + 10
    page.get_by_role("button", name="Play the piece").click()
    page.wait_for_function("document.querySelector('[data-trim=video]').currentTime >= 1.5")
    page.get_by_role("button", name="Cut it").click()
    expect(page.locator("#clip .pill")).to_have_text("Every rule holds")
    expect(page.locator("#clip")).to_contain_text("3.0 s · 1280 × 720")


def _describe(page: Page) -> None:
    page.get_by_role("link", name="Fill in look and rights").click()
    page.get_by_label("Look sheet").fill("A teal ball with an orange square.")
    page.locator("[name=dos]").fill("Rolls\nStops gently")
    page.get_by_label("Rights holder").fill("Acme GmbH")
    page.get_by_label("Where the right to use it").fill("Contract 7")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/characters/chr_\w+$"))


def _attest_and_send(page: Page) -> None:
    page.get_by_role("button", name="Send for approval").click()
    # The browser itself asks for one of the two answers.
    expect(page.locator("h1 + .pill")).to_have_text("Draft")
    page.get_by_label("I have watched this clip").check()
    page.get_by_role("button", name="Send for approval").click()
    expect(page.locator("h1 + .pill")).to_have_text("Waiting for approval")
    expect(page.locator("#status-panel")).to_contain_text("somebody else has to approve it")


def _approve(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Approve and register").click()
    # Nobody reloads: the worker registers it, and the page says so.
    expect(page.locator("h1 + .pill")).to_have_text("Ready", timeout=30_000)
    expect(page.get_by_text("Emulator on this machine")).to_be_visible()


def _render_with_it(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="New brief with it").click()
    chosen = page.locator("label.choice--cast", has_text=name).locator("input")
    expect(chosen).to_be_checked()
    page.get_by_label("Title").fill(f"With {name}")
    page.get_by_label("Subject").fill("A ball rolls along a harbour wall")
    page.get_by_label("Project", exact=True).select_option(label="Acme · Spring launch")
    expect(page.locator(".prompt")).to_have_text(f"With {name}. A ball rolls along a harbour wall.")
    page.get_by_role("button", name="Render for $0.40").click()
    page.wait_for_url("**/takes/rnd_*")
    expect(page.get_by_role("link", name="Open review")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_mascot_from_upload_to_an_approved_clip_that_shows_it(visit):
    name = f"Rollo {uuid.uuid4().hex[:6]}"
    amara, bruno = visit("amara@northlight.test"), visit("bruno@northlight.test")
    url = _draft(amara, name)
    _upload(amara, b"%PDF-1.7 not a clip", "mascot.mp4")
    expect(amara.locator("#upload-error")).to_contain_text("This is a PDF.")
    _upload(amara, clip_bytes(900, 900, 6.0, 12))
    _mend(amara)
    _describe(amara)
    _attest_and_send(amara)
    _approve(bruno, url)
    _render_with_it(amara, url, name)
    take_url = amara.url
    amara.goto(url)
    expect(amara.locator("#used")).to_contain_text(f"With {name}, take 1")
    amara.goto(take_url)
    amara.get_by_role("link", name="Open review").click()
    review_url = amara.url.split("#")[0]
    bruno.goto(review_url)
    bruno.get_by_role("button", name="Approve", exact=True).click()
    expect(bruno.locator("#decision")).to_contain_text("With the client")
    dmitri = visit("dmitri@rivalry.test")
    for address in (url, f"{url}/edit", f"{url}/status", f"{url}/takes"):
        assert dmitri.goto(address).status == 404, address


def test_third_character_cannot_be_ticked_and_a_card_plays_on_focus(visit):
    amara = visit("amara@northlight.test")
    amara.goto("/a/northlight/briefs/new")
    boxes = amara.locator("label.choice--cast input:enabled")
    assert boxes.count() >= 2
    for _ in range(2):
        amara.locator("label.choice--cast input:enabled:not(:checked)").first.check()
    assert amara.locator("label.choice--cast input:enabled:not(:checked)").count() == 0
    amara.goto(LIST)
    assert amara.locator("video").count() == 0
    amara.get_by_role("link", name="Pip", exact=True).focus()
    expect(amara.locator("video.clip__playing")).to_have_count(1)
    assert amara.evaluate("document.querySelector('video.clip__playing').muted")
    amara.get_by_role("link", name="Harbour Red").focus()
    expect(amara.locator(".clip:has-text('Pip') video")).to_have_count(0)


def test_nothing_moves_for_who_asked_for_less_motion(visit):
    amara = visit("amara@northlight.test", reduced_motion="reduce")
    amara.goto(LIST)
    amara.get_by_role("link", name="Pip", exact=True).hover()
    amara.wait_for_timeout(800)
    assert amara.locator("video").count() == 0


def test_pages_fit_a_phone(visit):
    phone = visit("amara@northlight.test", viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto(LIST)
    addresses = phone.locator(".clip__link").evaluate_all("links => links.map(a => a.href)")
    for address in [LIST, f"{LIST}new", *addresses[:4]]:
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
