"""Every page in both colours and at three widths: nothing sticks out, nothing that axe objects to, no console error."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = {
    "home": "/a/northlight/",
    "briefs": "/a/northlight/briefs/",
    "composer": "/a/northlight/briefs/new",
    "queue": "/a/northlight/queue/",
    "review": "/a/northlight/review/",
    "spend": "/a/northlight/spend/",
    "members": "/a/northlight/members/",
    "audit": "/a/northlight/audit/",
    "retention": "/a/northlight/retention/",
    "deletions": "/a/northlight/retention/?show=deletions",
    "holds": "/a/northlight/retention/?show=holds",
    "requests": "/a/northlight/retention/?show=requests",
    "retention-rule": "/a/northlight/retention/rules/undecided_takes?period=14",
    "purge-new": "/a/northlight/retention/requests/new",
    "people": "/a/northlight/retention/people/",
    "verify": "/verify",
    "project": "/a/northlight/projects/new",
    "mailbox": "/dev/mailbox",
    "not-found": "/a/northlight/nothing",
    "two-step": "/accounts/2fa/",
}


def _links(page: Page, where: str, pattern: str) -> list[str]:
    page.goto(where)
    return sorted(set(re.findall(pattern, page.content())))


def _objections(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {n['html'][:120]}" for v in found for n in v["nodes"]]


def _look(page: Page, url: str) -> list[str]:
    """What is wrong with a page."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # axe's own styles, which the content policy refuses, are reported late: into the next page's time. That our
        # templates hold none is tested in tests/static.
        if message.type == "error" and "404" not in message.text and "inline style" not in message.text:
            said.append(message.text[:200])

    page.on("console", listen)
    page.goto(url)
    page.wait_for_load_state("load")
    # From here on it is axe whose styles the content policy refuses.
    page.remove_listener("console", listen)
    wrong = [f"says in the console: {text}" for text in said] + _objections(page)
    for width in (1440, 390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            wrong.append(f"{url} is {wide} px wide in a window of {width}")
    return wrong


def _all_pages(page: Page) -> dict[str, str]:
    takes = _links(page, "/a/northlight/queue/", r"/a/northlight/takes/rnd_\w+")
    rooms = _links(page, "/a/northlight/review/?show=all", r"/a/northlight/review/rnd_\w+")
    more = {f"take-{n}": url for n, url in enumerate(takes[:3])} | {
        f"room-{n}": url for n, url in enumerate(rooms[:3])
    }
    for room in rooms:
        certificates = _links(page, room, r"/a/northlight/certificates/dec_\w+")
        if certificates:
            more["certificate"] = certificates[0]
    for name, show, pattern in (
        ("receipt", "deletions", r"/a/northlight/receipts/rct_\w+"),
        ("purge", "requests", r"/a/northlight/retention/requests/prg_\w+"),
    ):
        for url in _links(page, f"/a/northlight/retention/?show={show}", pattern)[:1]:
            more[name] = url
    portal = _links(page, "/dev/mailbox", r"http://[^\"]+/p/[\w-]+/")
    more |= {f"portal-{n}": url for n, url in enumerate(portal[:2])}
    more |= {f"decide-{n}": f"{url}decide?verdict=approved" for n, url in enumerate(portal[:1])}
    return PAGES | more


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_pages_are_accessible_and_fit(visit, colours):
    page = visit("amara@northlight.test", color_scheme=colours)
    wrong = [f"{name}: {what}" for name, url in _all_pages(page).items() for what in _look(page, url)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_signed_out_pages_are_accessible_and_fit(visit, colours):
    page = visit(color_scheme=colours)
    urls = ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")
    wrong = [what for url in urls for what in _look(page, url)]
    assert not wrong, "\n".join(wrong)


def test_style_guide_is_for_staff(visit):
    nobody, amara = visit(), visit("amara@northlight.test")
    nobody.goto("/styleguide")
    assert nobody.url.endswith("/accounts/login/?next=/styleguide")
    assert amara.goto("/styleguide").status == 404
