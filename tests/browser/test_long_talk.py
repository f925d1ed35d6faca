"""A room in which much was said: the talk comes in windows, and whoever looks for a word finds it."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WORDS = 66


def _say_much(page: Page, room: str) -> None:
    """Many comments, each at a frame of its own, sent as the form sends them."""
    page.goto(room)
    fields = {
        name: page.locator(f"#composer [name={name}]").input_value()
        for name in ("csrfmiddlewaretoken", "asset_sha256")
    }
    for n in range(WORDS):
        form = {
            **fields,
            "form_key": f"{room[-8:]}-{n}",
            "body": f"Word number {n}.",
            "frame_in": str(n),
            "frame_out": str(n),
            "team_only": "on",
        }
        answer = page.request.post(f"{room}/comment", form=form, headers={"Referer": page.url})
        assert answer.ok, answer.text()


def test_a_link_to_a_word_far_down_opens_its_window(visit, product):
    amara = visit("amara@northlight.test")
    amara.goto("/a/northlight/review/")
    # Any take will do but the discussed one: other journeys delete, approve and send the others.
    rooms = amara.locator("a[href*='/review/rnd_']").filter(has_not_text="Paper boats")
    room = rooms.first.get_attribute("href")
    _say_much(amara, room)
    amara.goto(room)
    expect(amara.locator("#threads")).to_contain_text("Word number 0.")
    expect(amara.locator("[data-window]")).to_have_count(1)
    last = amara.locator(f"[data-window] [data-frame-in='{WORDS - 1}']").get_attribute("data-comment-id")
    assert f"Word number {WORDS - 1}." not in amara.content()

    amara.goto("about:blank")
    amara.goto(f"{room}#c={last}")
    row = amara.locator(f"#c-{last}")
    expect(row).to_contain_text(f"Word number {WORDS - 1}.")
    expect(row).to_have_attribute("data-current", "")
    expect(amara.locator("[data-player-timecode]")).to_have_text(re.compile(r"00:00:02:05"))

    row.get_by_role("button", name="Resolve").click()
    expect(amara.locator(f"#c-{last}")).to_contain_text("Resolved")
