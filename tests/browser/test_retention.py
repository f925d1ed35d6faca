"""From deletion to a receipt that is checked offline; and from deletion back, while it is time."""

import re
import subprocess
import sys

import httpx
import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def _set_window(page: Page, hours: int) -> None:
    """As an owner does it, on the page of the rule."""
    page.goto("/a/northlight/retention/")
    page.get_by_role("link", name="Undo window").click()
    page.get_by_label("Try another period, in hours").fill(str(hours))
    page.get_by_role("button", name="Try it").click()
    words = "1 hour" if hours == 1 else f"{hours} hours"
    page.get_by_role("button", name=f"Set it to {words}").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")


def _delete(page: Page, title: str) -> None:
    page.goto("/a/northlight/queue/")
    page.get_by_role("link", name=title, exact=True).first.click()
    page.get_by_role("button", name="Files of this take").click()
    page.get_by_role("link", name="Delete files…").click()
    dialog = page.locator("#delete-dialog")
    dialog.get_by_role("textbox").fill(f"{title}, take 1")
    dialog.get_by_role("button", name=re.compile("Delete")).click()


def test_deletion_is_undone_and_then_proved(visit, product, tmp_path):
    amara = visit("amara@northlight.test")
    title = "Fox-shaped teapot"
    _set_window(amara, 24)
    _delete(amara, title)
    card = amara.locator("#deletion")
    expect(card).to_contain_text("Undo until")
    expect(amara.locator("video")).to_have_count(0)
    card.get_by_role("button", name="Undo the deletion").click()
    expect(amara.locator("video")).to_have_count(1)
    expect(amara.locator("#deletion")).to_contain_text("taken back")

    _set_window(amara, 0)
    try:
        _delete(amara, title)
        # Nobody reloads: the worker's last word comes by itself.
        expect(card.get_by_role("link", name="Receipt")).to_be_visible(timeout=60_000)
    finally:
        url = amara.url
        _set_window(amara, 24)
    amara.goto(url)
    amara.locator("#deletion").get_by_role("link", name="Receipt").click()
    expect(amara.locator(".certificate")).to_contain_text("Signature fits")
    with amara.expect_download() as download:
        amara.get_by_role("link", name="Download the receipt").click()
    receipt = tmp_path / "receipt.json"
    download.value.save_as(receipt)

    # Offline: the file, the public key, and no database.
    pem = tmp_path / "keys.pem"
    pem.write_bytes(httpx.get(f"{product}/signing-keys.pem").content)
    environment = {"PATH": "/usr/bin", "LAPTOP": "1", "DATA_DIR": str(tmp_path / "none")}
    command = [sys.executable, "manage.py", "verify_receipt", str(receipt), "--public-key", str(pem)]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Genuine and unchanged" in done.stdout
    receipt.write_text(receipt.read_text().replace('"original"', '"proxy"'))
    assert (
        subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True).returncode == 1
    )

    nobody = visit()
    nobody.goto("/verify")
    nobody.get_by_label("The receipt").set_input_files(receipt)
    nobody.get_by_role("button", name="Check it").click()
    expect(nobody.get_by_role("alert")).to_contain_text("It proves nothing")
    dmitri = visit("dmitri@rivalry.test")
    assert dmitri.goto(amara.url).status == 404


def test_many_takes_wait_for_a_second_person(visit):
    amara, bruno = visit("amara@northlight.test"), visit("bruno@northlight.test")
    amara.goto("/a/northlight/retention/?show=requests")
    amara.get_by_role("link", name="Acme, Spring launch: first takes").click()
    approve = amara.get_by_role("button", name="Approve the purge")
    expect(approve).to_have_attribute("aria-disabled", "true")
    expect(amara.locator("#why-not")).to_contain_text("somebody else has to approve it")
    bruno.goto(amara.url)
    expect(bruno.get_by_role("button", name="Approve the purge")).not_to_have_attribute(
        "aria-disabled", "true"
    )
