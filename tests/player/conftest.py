"""A page with one player on a clip that can be read back, in a real browser."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.player.clip import write_clip, write_sheet
from tests.player.site import serving

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FRAMES = 90
COMMENTS = [("cmt_a", 12, 12), ("cmt_b", 40, 55), ("cmt_c", 80, 80)]


def page_html(clip: str, rate: Fraction) -> str:
    player = render_to_string(
        "components/player.html",
        {
            "src": clip, "fps_num": rate.numerator, "fps_den": rate.denominator, "frames": FRAMES, "title": "Take 3",
            "sheet": "/sheet.jpg", "sheet_columns": 4, "sheet_rows": 3, "sheet_fps": 3.75, "waveform": "/sheet.jpg",
            "markers": "#notes", "comment_input": "#words", "may_draw": True, "width": 320, "height": 180,
        },
    )  # fmt: skip
    notes = "".join(
        f'<li data-comment="{key}"><a href="#f={first}" data-frame-in="{first}" data-frame-out="{last}" data-comment-id="{key}">{key}</a></li>'
        for key, first, last in COMMENTS
    )
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Room</title>
    <link rel="stylesheet" href="/static/css/app.css"><script type="module" src="/static/js/player.js"></script></head>
    <body data-icons="/static/vendor/icons.svg"><main><h1>Room</h1>{player}<ol id="notes">{notes}</ol>
    <form data-player-frame><label>Words <textarea id="words"></textarea></label> <b data-player-timecode></b></form>
    </main></body></html>"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    files = tmp_path_factory.mktemp("clips")
    write_clip(files / "30.mp4", frames=FRAMES, rate=Fraction(30))
    assert write_sheet(files / "sheet.jpg", frames=FRAMES, every=8, columns=4) == 3
    write_clip(files / "2997.mp4", frames=FRAMES, rate=Fraction(30000, 1001))
    pages = {
        "/30": page_html("/30.mp4", Fraction(30)),
        "/2997": page_html("/2997.mp4", Fraction(30000, 1001)),
    }
    with serving(pages, files) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        sentence = f"{CHROMIUM} is not there: install Chromium, or set CHROMIUM to its path, to run the player's tests."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


class Room:
    """What a reviewer does, and what can be read off the screen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def open(self, place: str = "", clip: str = "/30") -> "Room":
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}{clip}{place}")
        self.page.wait_for_selector("dailies-player[data-ready]")
        self.settle()
        return self

    def run(self, script: str) -> Any:
        return self.page.evaluate(
            f"(() => {{ const player = document.querySelector('dailies-player'); {script} }})()"
        )

    def press(self, *keys: str) -> "Room":
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()
        return self

    def seek(self, frame: int) -> "Room":
        self.run(f"player.seekFrame({frame});")
        self.settle()
        return self

    def settle(self) -> None:
        """Until no seek is under way, a frame was painted, and the throttled events had their turn."""
        self.page.evaluate(
            """async () => {
              const player = document.querySelector('dailies-player');
              const pause = (ms) => new Promise((done) => setTimeout(done, ms));
              do { await pause(30); } while (player.video.seeking || player.transport.wanted !== null);
              await pause(110);
            }"""
        )

    @property
    def frame(self) -> int:
        return int(self.run("return player.currentFrame;"))

    @property
    def picture(self) -> int:
        """The number that the shown picture itself carries, whatever the player believes."""
        return self.read("player.video")

    def read(self, source: str) -> int:
        return int(
            self.run(
                f"""const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 180;
                const context = canvas.getContext('2d'); context.drawImage({source}, 0, 0, 320, 180);
                let number = 0;
                for (let bit = 0; bit < 8; bit++)
                  number = number * 2 + (context.getImageData(bit * 40 + 20, 45, 1, 1).data[0] > 127 ? 1 : 0);
                return number;"""
            )
        )

    @property
    def label(self) -> str:
        return self.page.locator("[data-show=now]").inner_text()

    @property
    def hash(self) -> str:
        return str(self.page.evaluate("location.hash"))

    def field(self, name: str) -> str:
        return self.page.locator(f"form [name={name}]").input_value()


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """One for the module: the clip and the scripts are fetched once, not once per test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def room(context: BrowserContext, site: str) -> Iterator[Room]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield Room(page, site).open()
    page.evaluate("localStorage.clear()")
    page.close()
    assert [error for error in errors if "404" not in error] == []
