"""What the content policy would refuse, and what would break once file names carry hashes, is refused here first."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.static.files import OWN_CSS, OWN_JS, ROOT, STATIC, TEMPLATES

FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]+\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]+\son[a-z]+\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\b(?:src=|type=\"application/json\"))", re.IGNORECASE),
    "a javascript: address": re.compile(r"(?:href|src|action)\s*=\s*[\"']?javascript:", re.IGNORECASE),
    "evaluated htmx": re.compile(r"\bhx-on\b|hx-(?:vals|headers)\s*=\s*['\"]js:|\bhx-\w+=['\"][^'\"]*\[[^'\"]*\]['\"] .*filter", re.IGNORECASE),
    "a file of another host": re.compile(r"<(?:script|link|img|video|source)\b[^>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE),
}  # fmt: skip


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_holds_nothing_that_the_content_policy_refuses(path: Path) -> None:
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    found = {what for what, pattern in FORBIDDEN.items() if pattern.search(text)}

    assert found == set()


@pytest.mark.parametrize("path", sorted((ROOT / "templates/components").glob("*.html")), ids=_name)
def test_each_component_compiles_and_says_how_to_use_it(path: Path) -> None:
    get_template(f"components/{path.name}")

    assert path.read_text().startswith("{% comment %}")


@pytest.mark.parametrize("path", OWN_CSS, ids=_name)
def test_every_address_in_a_stylesheet_is_a_file_beside_it(path: Path) -> None:
    """Manifest storage rewrites relative url()s and fails on a missing one; absolute ones would escape it."""
    for address in re.findall(r"url\(\"?([^)\"]+)\"?\)", path.read_text()):
        assert (path.parent / address).resolve().is_file(), f"{address} is missing"


@pytest.mark.parametrize("path", OWN_JS, ids=_name)
def test_every_import_of_a_module_is_a_file_beside_it(path: Path) -> None:
    for address in re.findall(
        r"(?:^import|^\} from|from)\s+\"(\.[^\"]+)\"", path.read_text(), flags=re.MULTILINE
    ):
        assert (path.parent / address).resolve().is_file(), f"{address} is missing"


def test_every_stylesheet_is_reached_from_the_entry() -> None:
    imported = set(re.findall(r'@import url\("([^"]+)"\)', (STATIC / "css/app.css").read_text()))
    present = {path.relative_to(STATIC / "css").as_posix() for path in OWN_CSS} - {"app.css", "error.css"}

    assert imported == present
