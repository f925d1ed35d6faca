"""Vendored files are the ones that were pinned, and the browser's share stays small."""

import json
import re
import subprocess
import sys

import pytest

from tests.static.files import OWN_CSS, OWN_JS, ROOT, TEMPLATES, VENDOR, gzipped

MANIFEST = json.loads((VENDOR / "VENDOR.json").read_text())


def test_every_vendored_file_has_its_pinned_sha256() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "vendor.py"), "--check"]

    assert subprocess.run(check, capture_output=True, text=True, check=False).stderr == ""


def test_a_changed_file_is_noticed(tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    vendor = __import__("vendor")
    first = MANIFEST["packages"][0]
    changed = {**first, "sha256": dict.fromkeys(first["sha256"], "0" * 64)}

    assert any("differs" in problem for problem in vendor.check({"packages": [changed]}))
    assert any("is not in VENDOR.json" in problem for problem in vendor.check({"packages": [changed]}))


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_each_package_names_version_licence_and_integrity(package: dict) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert package["licence"] in {"0BSD", "MIT", "ISC", "OFL-1.1"}
    assert package["integrity"].startswith("sha512-")
    assert any(name.startswith("licences/") for name in package["files"])


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text()))
    for path in TEMPLATES:
        used = set(re.findall(r"icons(?:\.svg' %\}| \}\})#([\w-]+)\"", path.read_text()))
        assert used <= sprite, f"{path.relative_to(ROOT)} uses {used - sprite}: add it to VENDOR.json"


def test_all_scripts_together_stay_under_60_kb() -> None:
    assert gzipped([*OWN_JS, *VENDOR.glob("*.js")]) <= 60 * 1024


def test_all_styles_together_stay_under_40_kb() -> None:
    assert gzipped(OWN_CSS) <= 40 * 1024
