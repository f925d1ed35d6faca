"""The passcode: five wrong ones lock the link, however they come."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from reviews.actions import portal
from reviews.models import PortalLink, Round
from tenants.models import AuditEvent
from tests import factories
from tests.cast import Cast, assemble, browser
from tests.reviews.helpers import text_of

RIGHT, WRONG = {"passcode": "teapot"}, {"passcode": "kettle"}


@pytest.fixture
def locked(cast: Cast, shared: Round) -> tuple[PortalLink, str]:
    with cast.at():
        return factories.link(shared, cast.amara, passcode="teapot", may_download=True)


def test_watching_needs_the_passcode_and_only_once(cast: Cast, locked: tuple[PortalLink, str]) -> None:
    _link, token = locked
    phone = browser()

    for path in ("", "media", "download", "decide"):
        answer = phone.get(f"/p/{token}/{path}")
        assert answer.url == f"/p/{token}/enter", path
    assert phone.post(f"/p/{token}/enter", WRONG).status_code == 422
    assert phone.post(f"/p/{token}/enter", RIGHT).url == f"/p/{token}/"
    assert "<dailies-player" in text_of(phone.get(f"/p/{token}/"))
    assert browser().get(f"/p/{token}/media").status_code == 302


def test_the_page_that_asks_says_nothing_of_the_take(cast: Cast, locked: tuple[PortalLink, str]) -> None:
    page = text_of(browser().get(f"/p/{locked[1]}/enter"))

    assert "Lighthouse" not in page
    assert "Acme" not in page


def test_after_five_wrong_ones_the_right_one_is_refused(cast: Cast, locked: tuple[PortalLink, str]) -> None:
    link, token = locked

    answers = [text_of(browser().post(f"/p/{token}/enter", WRONG)) for _ in range(5)]
    sixth = browser().post(f"/p/{token}/enter", RIGHT)

    assert all("is not right" in answer for answer in answers[:4])
    assert "Try again in 15 minutes" in answers[4]
    assert sixth.status_code == 422
    assert "Too many wrong passcodes" in text_of(sixth)
    with cast.at():
        link.refresh_from_db()
        assert link.failed_attempts == 5
        assert AuditEvent.objects.filter(action="link.locked").count() == 1


def test_the_count_survives_what_rolls_the_rest_back(cast: Cast, locked: tuple[PortalLink, str]) -> None:
    """No exception leaves try_passcode, so that no transaction around it undoes the count."""
    link, _token = locked
    with cast.at():
        with transaction.atomic():
            assert portal.try_passcode(link, "kettle")
        link.refresh_from_db()
        assert link.failed_attempts == 1


def test_a_lock_ends_and_the_next_one_is_longer(cast: Cast, locked: tuple[PortalLink, str]) -> None:
    link, _token = locked
    with cast.at():
        told = []
        for _ in range(4):
            for _ in range(5):
                words = portal.try_passcode(link, "kettle")
            told.append(words)
            PortalLink.objects.update(locked_until_at=timezone.now() - timedelta(seconds=1))
        assert portal.try_passcode(link, "teapot") == ""
        link.refresh_from_db()

    assert [words.split(" in ")[1].split(",")[0] for words in told] == ["15 minutes", "30 minutes", "60 minutes", "2 hours"]  # fmt: skip
    assert (link.failed_attempts, link.locked_until_at) == (0, None)


def test_a_thousand_tries_are_ten_evaluations_at_most(
    cast: Cast, locked: tuple[PortalLink, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[str] = []
    monkeypatch.setattr(portal, "check_password", lambda given, _hash: bool(evaluated.append(given)))
    with cast.at():
        for n in range(1000):
            portal.try_passcode(locked[0], f"guess {n}")

    assert len(evaluated) == 5


def test_a_new_passcode_ends_what_the_old_one_opened(cast: Cast, locked: tuple[PortalLink, str]) -> None:
    link, token = locked
    phone = browser()
    phone.post(f"/p/{token}/enter", RIGHT)
    with cast.at():
        PortalLink.objects.filter(pk=link.pk).update(passcode_hash=portal.make_password("other"))

    assert phone.get(f"/p/{token}/").url == f"/p/{token}/enter"


@pytest.mark.django_db(transaction=True)
def test_trying_in_parallel_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = assemble()
    with cast.at():
        link, _token = factories.link(factories.shared_take(cast), cast.amara, passcode="teapot")
    evaluated: list[str] = []
    monkeypatch.setattr(portal, "check_password", lambda given, _hash: bool(evaluated.append(given)))
    barrier = threading.Barrier(16)

    def guess(number: int) -> None:
        try:
            barrier.wait(10)
            with cast.at():
                portal.try_passcode(link, f"guess {number}")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(evaluated) == 5
