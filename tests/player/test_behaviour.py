"""What app.js adds to every page, on the style guide, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from tests.player.site import serving

pytestmark = pytest.mark.browser
NAV = [
    {"key": "home", "label": "Home", "icon": "house", "url": "/home", "count": None, "is_current": False},
    {
        "key": "queue",
        "label": "Queue",
        "icon": "list-video",
        "url": "/queue",
        "count": 12,
        "is_current": True,
    },
    {
        "key": "review",
        "label": "Review",
        "icon": "clapperboard",
        "url": "/review",
        "count": 3,
        "is_current": False,
    },
]
FORM = (
    '<form id="f" method="post" action="/nowhere" hx-post="/nowhere"><button id="send">Send</button></form>'
)


@pytest.fixture(scope="module")
def guide() -> Iterator[str]:
    html = render_to_string("styleguide.html", {"nav": NAV, "csrf_token": "t"})
    queue = "<!doctype html><title>Queue</title><p>Queue</p>"
    pages = {"/": html.replace("</main>", f"{FORM}</main>"), "/queue": queue, "/review": queue}
    with serving(pages, Path(__file__).parent) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, guide: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(guide)
    page.wait_for_load_state("load")
    yield page
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_the_style_guide_has_no_accessibility_findings(
    chromium: Browser, guide: str, theme: str, width: int
) -> None:
    # axe is put into the page as an inline script, which our own policy refuses: only here it may.
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    page.goto(guide)
    found = Axe().run(page).response["violations"]
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()

    assert [(finding["id"], [node["html"][:120] for node in finding["nodes"]]) for finding in found] == []
    assert overflow <= 0


def test_the_theme_switch_is_kept_in_a_cookie_the_server_reads(page: Page) -> None:
    page.locator(".rail [data-set-theme=dark]").click()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "theme"] == ["dark"]


def test_the_palette_finds_a_page_and_goes_there(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("rev")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")


def test_the_palette_says_when_nothing_matches(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")

    assert page.locator(".palette__none").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#palette").is_hidden()


def test_question_mark_lists_the_shortcuts_but_not_while_typing(page: Page) -> None:
    page.locator("#sg-title").press("?")
    assert page.locator("#keys").is_hidden()
    page.locator("h1").click()
    page.keyboard.press("?")

    assert page.locator("#keys").is_visible()
    assert page.locator("[data-player-keys]").is_visible()


def test_copying_an_id_says_that_it_was_copied(page: Page) -> None:
    button = page.locator("#data [data-copy]").first
    button.click()

    assert page.evaluate("navigator.clipboard.readText()") == "rnd_8f3kq2m4p7"
    assert button.get_attribute("aria-label") == "Copied"


def test_an_irreversible_act_waits_for_the_typed_name(page: Page) -> None:
    page.locator("[data-dialog=sg-confirm]").click()
    submit = page.locator("#sg-confirm .btn--danger")
    assert submit.is_disabled()
    page.locator("#sg-confirm-typed").fill("Acme")
    assert submit.is_disabled()
    page.locator("#sg-confirm-typed").fill("Acme Outdoor")

    assert submit.is_enabled()


def test_a_failed_request_keeps_the_page_and_says_so(page: Page) -> None:
    before = page.locator("h1").inner_text()
    page.locator("#send").click()
    toast = page.locator("#toasts .toast[data-tone=danger]")
    toast.wait_for()

    assert page.locator("h1").inner_text() == before
    assert "did not work on our side" in toast.inner_text()
    assert page.locator("#send").get_attribute("aria-busy") is None
    toast.locator("[data-toast-close]").click()
    assert toast.count() == 0


def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("""document.querySelector('#f').outerHTML =
      '<form id="f" method="post" action="/slow"><button id="send">Send</button></form>'""")
    page.evaluate("setTimeout(() => document.querySelector('#send').click(), 0)")
    page.wait_for_timeout(60)
    page.evaluate("setTimeout(() => document.querySelector('#send').click(), 0)")
    page.wait_for_timeout(60)

    assert len(sent) == 1
    assert page.locator("#send").get_attribute("aria-busy") == "true"


def test_a_toast_from_the_server_offers_undo(page: Page) -> None:
    page.evaluate(
        "htmx.trigger(document.body, 'toast', {text: '3 renders cancelled.', tone: 'success', undo: '/undo'})"
    )

    assert page.locator("#toasts [data-undo='/undo']").inner_text() == "Undo"


def test_menus_and_the_phone_s_sheet_open_without_scripts(chromium: Browser, guide: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(guide)
    page.locator("[popovertarget=more-places]").click()

    assert page.locator("#more-places").is_visible()
    assert page.locator(".js-only").first.is_hidden()
    context.close()
