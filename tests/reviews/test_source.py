"""A clip's address ends after five minutes; the player asks for another one and stays where it was."""

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.player.conftest import Room, chromium, site  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser
BREAK = "player.video.src = '/gone.mp4'; player.video.load();"


@pytest.fixture
def room(chromium: Browser, site: str) -> Iterator[Room]:  # noqa: F811
    context = chromium.new_context()
    yield Room(context.new_page(), site)
    context.close()


def _fresh(room: Room, *answers: str | None) -> list[str]:
    """The page's address for fresh addresses gives these, one after the other; None is a refusal."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        src = answers[len(asked)]
        asked.append(route.request.url)
        route.fulfill(status=200 if src else 404, body=json.dumps({"src": src, "sheet": "/sheet.jpg?fresh"}))

    room.page.route("**/fresh", answer)
    room.run("player.setAttribute('refresh', '/fresh');")
    return asked


def _wait(room: Room, script: str) -> None:
    """Until it is so. Asked from here: the page's content policy forbids Playwright's own way."""
    deadline = time.monotonic() + 10
    while not room.run(f"return {script};"):
        assert time.monotonic() < deadline, script
        room.page.wait_for_timeout(50)


def test_a_clip_whose_address_has_ended_goes_on_at_the_same_frame(room: Room) -> None:
    room.open()
    asked = _fresh(room, "/30.mp4?fresh")
    room.seek(37)

    room.run(BREAK)
    _wait(room, "player.video.currentSrc.endsWith('fresh') && player.video.readyState > 1")
    room.settle()

    assert (room.frame, room.picture) == (37, 37)
    assert len(asked) == 1
    assert room.run("return player.part('error').hidden;")
    assert room.run("return player.timeline.sheet.url;") == "/sheet.jpg?fresh"


def test_a_second_failure_at_once_is_said_and_a_person_may_ask_again(room: Room) -> None:
    room.open()
    asked = _fresh(room, "/gone.mp4?fresh", "/30.mp4?again")
    room.seek(12)

    room.run(BREAK)
    _wait(room, "!player.part('error').hidden")
    assert len(asked) == 1
    room.page.click("[data-do=reload]")
    _wait(room, "player.video.currentSrc.endsWith('again') && player.video.readyState > 1")
    room.settle()

    assert room.frame == 12
    assert room.run("return player.part('error').hidden;")


def test_a_refused_address_is_said(room: Room) -> None:
    """The link was withdrawn meanwhile: nothing more is shown."""
    room.open()
    _fresh(room, None)

    room.run(BREAK)

    _wait(room, "!player.part('error').hidden")
