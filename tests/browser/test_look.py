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
    "storyboards": "/a/northlight/storyboards/",
    "new-storyboard": "/a/northlight/storyboards/new",
    "review": "/a/northlight/review/",
    "characters": "/a/northlight/characters/",
    "new-character": "/a/northlight/characters/new",
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
    "policy": "/a/northlight/policy/",
    "rules": "/a/northlight/settings/rules/",
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
    characters = _links(page, "/a/northlight/characters/", r"/a/northlight/characters/chr_\w+")
    more = {f"character-{n}": url for n, url in enumerate(characters)}
    cuts = [cut for url in characters for cut in _links(page, url, rf"{url}/clips/chc_\w+/cut")]
    more |= {f"character-cut-{n}": url for n, url in enumerate(cuts[:1])}
    more |= {f"character-{end}": f"{url}/{end}" for url in characters[:1] for end in ("edit", "takes")}
    more |= {f"take-{n}": url for n, url in enumerate(takes[:3])} | {
        f"room-{n}": url for n, url in enumerate(rooms[:3])
    }
    for room in rooms:
        certificates = _links(page, room, r"/a/northlight/certificates/dec_\w+")
        if certificates:
            more["certificate"] = certificates[0]
    boards = _links(page, "/a/northlight/storyboards/", r"/a/northlight/storyboards/sbd_\w+")
    more |= {f"storyboard-{n}": url for n, url in enumerate(boards[:2])}
    images = [image for take in takes for image in _links(page, take, r"/a/northlight/images/pic_\w+")]
    more |= {f"image-{n}": url for n, url in enumerate(images[:1])}
    cases = _links(page, "/a/northlight/policy/", r"/a/northlight/policy/pca_\w+")
    more |= {f"policy-{n}": url for n, url in enumerate(cases[:3])}
    for name, show, pattern in (
        ("receipt", "deletions", r"/a/northlight/receipts/rct_\w+"),
        ("purge", "requests", r"/a/northlight/retention/requests/prg_\w+"),
    ):
        if found := _links(page, f"/a/northlight/retention/?show={show}", pattern):
            more[name] = found[0]
    portal = _links(page, "/dev/mailbox", r"http://[^\"]+/p/[\w-]+/")
    more |= {f"portal-{n}": url for n, url in enumerate(portal[:2])}
    more |= {f"decide-{n}": f"{url}decide?verdict=approved" for n, url in enumerate(portal[:1])}
    return PAGES | more


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_pages_are_accessible_and_fit(visit, colours):
    page = visit("amara@northlight.test", color_scheme=colours)
    wrong = [f"{name}: {what}" for name, url in _all_pages(page).items() for what in _look(page, url)]
    assert not wrong, "\n".join(wrong)


STAFF_PAGES = (
    "/staff/triage/",
    "/staff/appeals/",
    "/staff/agencies/",
    "/staff/characters/",
    "/staff/images/",
    "/staff/accounts/",
    "/staff/accounts/new",
    "/staff/accounts/emulator/settings",
    "/staff/accounts/emulator/models",
    "/staff/accounts/emulator/drill",
    "/styleguide",
)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_staff_pages_are_accessible_and_fit(visit, colours):
    page = visit("sol@dailies.test", color_scheme=colours)
    cases = _links(page, "/staff/triage/?show=all", r"/staff/triage/pca_\w+")
    agencies = _links(page, "/staff/agencies/", r"/staff/agencies/agy_\w+")
    takes = _links(page, agencies[0], r"/staff/takes/rnd_\w+")
    urls = [*STAFF_PAGES, *cases[:3], *agencies[:1], *takes[:1]]
    wrong = [what for url in urls for what in _look(page, url)]
    assert not wrong, "\n".join(wrong)


def test_platform_tables_keep_the_content_policy(visit):
    page = visit("sol@dailies.test")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for url in ("", "renders/provideraccount/", "renders/modeloffer/", "tenants/user/"):
        page.goto(f"/staff/admin/{url}")
        page.wait_for_load_state("load")
    page.goto("/staff/admin/renders/provideraccount/")
    page.locator("#result_list a").first.click()
    page.wait_for_load_state("load")
    assert not said


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


@pytest.mark.parametrize(("width", "height"), [(360, 740), (375, 667), (412, 915)])
def test_clip_and_its_controls_end_above_the_bar_under_the_thumb(visit, width, height):
    page = visit(viewport={"width": width, "height": height})
    seen = 0
    for url in _links(page, "/dev/mailbox", r"http://[^\"]+/p/[\w-]+/"):
        page.goto(url)
        page.wait_for_load_state("load")
        if not page.locator(".actionbar .btn").count() or not page.locator("dailies-player").count():
            continue
        seen += 1
        page.locator(".player__bar").wait_for()
        controls, bar = page.locator(".player__bar").bounding_box(), page.locator(".actionbar").bounding_box()
        assert controls["y"] + controls["height"] <= bar["y"], page.title()
    assert seen
