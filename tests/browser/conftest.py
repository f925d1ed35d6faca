"""A browser in front of the whole product."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from config.up.banner import PASSWORD
from tests.stack import Stack

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def product(request: pytest.FixtureRequest) -> str:
    """Address of a running product whose demo's story is told to the end; PRODUCT_URL names one that runs already."""
    if "PRODUCT_URL" in os.environ:
        return os.environ["PRODUCT_URL"]
    stack: Stack = request.getfixturevalue("stack")
    stack.wait_for("demo_complete", 180)
    return stack.url


# A one-time code works once in its half minute, so staff sign in once a run.
_signed_in: dict[str, Any] = {}


def _show_code(page: Page, email: str) -> None:
    """Type the code that this machine's mailbox shows for the demo's staff."""
    page.wait_for_url("**/2fa/authenticate/**")
    mailbox = page.context.new_page()
    mailbox.goto("/dev/mailbox")
    code = mailbox.locator(f"[data-code-of='{email}']").inner_text()
    mailbox.close()
    page.fill("input[name=code]", code)
    page.locator("form", has=page.locator("input[name=code]")).get_by_role("button").first.click()
    page.wait_for_url("**/staff/**")
    _signed_in[email] = page.context.storage_state()


@pytest.fixture
def visit(product: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """visit("amara@northlight.test", viewport=…): a page in which the person is signed in (nobody without one)."""
    contexts: list[BrowserContext] = []

    def start(email: str = "", **options: Any) -> Page:
        if email in _signed_in:
            options = {"storage_state": _signed_in[email], **options}
        context = browser.new_context(base_url=product, **({"viewport": DESK} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        if email and email not in _signed_in:
            page.goto("/accounts/login/")
            page.fill("input[name=login]", email)
            page.fill("input[name=password]", PASSWORD)
            page.get_by_role("button", name="Sign In", exact=True).click()
            if email.endswith("@dailies.test"):
                _show_code(page, email)
            else:
                page.wait_for_url("**/a/**")
        return page

    yield start
    for context in contexts:
        context.close()
