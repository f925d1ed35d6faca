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


@pytest.fixture
def visit(product: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """visit("amara@northlight.test", viewport=…): a page in which the person is signed in (nobody without one)."""
    contexts: list[BrowserContext] = []

    def start(email: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=product, **({"viewport": DESK} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        if email:
            page.goto("/accounts/login/")
            page.fill("input[name=login]", email)
            page.fill("input[name=password]", PASSWORD)
            page.get_by_role("button", name="Sign In", exact=True).click()
            page.wait_for_url("**/a/**")
        return page

    yield start
    for context in contexts:
        context.close()
