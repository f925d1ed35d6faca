"""An opening image cut with the keyboard alone, a clip that goes on from a last frame, and a storyboard that makes itself."""

import io
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.pictures_kit import drawn

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AMARA = "amara@northlight.test"


def _photo(width: int = 1600, height: int = 1600) -> dict[str, object]:
    out = io.BytesIO()
    drawn(width, height).save(out, "PNG")
    return {"name": "photo.png", "mimeType": "image/png", "buffer": out.getvalue()}


def _brief(page: Page) -> None:
    page.goto("/a/northlight/briefs/new")
    page.get_by_label("Title").fill(f"Opening {uuid.uuid4().hex[:6]}")
    page.get_by_label("Subject").fill("A paper boat drifts along a gutter")
    page.get_by_label("Project", exact=True).select_option(label="Acme · Spring launch")
    page.get_by_label("Size").select_option("1280x720")


def test_image_is_cut_with_the_keyboard_rendered_and_continued_from(visit):
    page = visit(AMARA)
    _brief(page)
    page.get_by_label("Upload an image").set_input_files(_photo())  # type: ignore[arg-type]
    page.get_by_role("button", name="Check and add it").press("Enter")
    expect(page.locator("#brief-picture")).to_contain_text("has 1600 × 1600 pixels")
    frame, slider = page.locator("[data-crop=frame]"), page.get_by_label("From top to bottom")
    before = frame.bounding_box()
    slider.focus()
    page.keyboard.press("Home")
    after = frame.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] < before["y"], "the frame follows the slider"
    page.get_by_label("Closer, in percent").press("End")
    expect(page.locator("[data-crop=words]")).to_contain_text("it will look soft")
    page.get_by_label("Closer, in percent").press("Home")
    # What was typed elsewhere is still there after every answer of the server.
    page.get_by_role("button", name="Cut to 1280 × 720").press("Enter")
    expect(page.locator("#brief-picture")).to_contain_text("It is the clip’s first frame, 1280 × 720.")
    expect(page.get_by_label("Subject")).to_have_value("A paper boat drifts along a gutter")
    page.get_by_label("No real person can be recognised").check()
    page.get_by_role("button", name="Render for $0.40").click()
    page.wait_for_url("**/takes/rnd_*")
    expect(page.get_by_role("link", name="Open review")).to_be_visible(timeout=60_000)
    expect(page.locator(".opening__small")).to_be_visible()
    page.get_by_role("button", name="Continue from last frame").click()
    page.wait_for_url("**/briefs/brf_*")
    expect(page.locator("#brief-picture")).to_contain_text("Last frame of Opening")
    expect(page.get_by_role("button", name="Render for $0.40")).to_be_enabled()


def test_another_size_asks_for_the_cut_again_in_place(visit):
    page = visit(AMARA, viewport=PHONE)
    _brief(page)
    page.get_by_label("Upload an image").set_input_files(_photo(1280, 720))  # type: ignore[arg-type]
    page.get_by_role("button", name="Check and add it").click()
    expect(page.locator("#brief-picture")).to_contain_text("It is the clip’s first frame")
    page.get_by_label("Size").select_option("720x1280")
    expect(page.locator("#brief-picture")).to_contain_text("has 1280 × 720 pixels, and the clip 720 × 1280")
    expect(page.locator("button[value=submit]")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Cut to 720 × 1280").click()
    expect(page.locator("button[value=submit]")).not_to_have_attribute("aria-disabled", "true")


def test_storyboard_is_planned_started_once_and_makes_itself(visit):
    page = visit(AMARA)
    page.goto("/a/northlight/storyboards/new")
    page.get_by_label("Title").fill(f"Voyage {uuid.uuid4().hex[:6]}")
    page.get_by_label("Project").select_option(label="Acme · Spring launch")
    page.get_by_label("First scene").fill("A small ship leaves the harbour")
    page.get_by_role("button", name="Plan the next scenes").click()
    page.wait_for_url("**/storyboards/sbd_*")
    page.get_by_role("button", name="Add a scene").click()
    second = page.locator("li.card", has=page.get_by_role("heading", name=re.compile("Scene 2")))
    second.get_by_label("What happens").fill("It meets a whale; same light, same ship")
    expect(page.get_by_role("button", name="Start for $0.80")).to_be_enabled()
    second.get_by_label("Seconds").select_option("8")
    page.get_by_role("button", name="Start for $1.20").click()
    # Nobody touches the page: both scenes follow each other.
    states = page.locator("#states")
    expect(states).to_contain_text("All scenes made", timeout=90_000)
    expect(states).to_contain_text("$1.20 paid, $0.00 set aside, $0.00 to go")
    page.reload()
    page.get_by_label("Lighting").select_option(label="Breaks at scene 2")
    page.locator("form", has=page.get_by_label("Lighting")).get_by_role("button", name="Note it").click()
    expect(page.locator("main")).to_contain_text("Amara Diallo")
