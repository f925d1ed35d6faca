"""Settings say what is wrong with them, and the sample file explains each of them."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured

from config import checks, env
from config.postgres.settings import databases, owner_database, parse_url

ROOT = Path(settings.BASE_DIR)


def test_a_missing_variable_is_named_with_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is not set\. See \.env\.sample"):
        env.text("SECRET_KEY")


@pytest.mark.parametrize(("read", "value"), [(env.flag, "maybe"), (env.number, "many")])
def test_a_wrong_value_is_shown(read: object, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SETTING", value)
    with pytest.raises(ImproperlyConfigured, match=f"SOME_SETTING is '{value}', but must be"):
        read("SOME_SETTING", 0)  # type: ignore[operator]


def test_the_sample_explains_every_variable_that_is_read() -> None:
    sample = (ROOT / ".env.sample").read_text(encoding="utf-8")
    explained = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", sample, re.M))
    read: set[str] = set()
    for app in ("config", "tenants", "characters", "renders", "reviews"):
        for path in (ROOT / app).rglob("*.py"):
            if "emulator" in path.parts:
                continue  # its own program, with its own command line
            read |= set(
                re.findall(r"env\.(?:text|flag|number|words)\(\s*\"([A-Z0-9_]+)\"", path.read_text("utf-8"))
            )
    assert read - explained == set()


def test_a_database_url_is_taken_apart() -> None:
    address = parse_url("postgresql://me:p%40ss@[::1]:5433/dailies?sslmode=require", variable="DATABASE_URL")
    assert address == {
        "NAME": "dailies",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "::1",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql://host", "postgresql://host:port/name", "dailies"]
)
def test_a_wrong_database_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must look like postgresql://") as caught:
        parse_url(url, variable="DATABASE_URL")
    assert url not in str(caught.value)


def test_a_server_of_ones_own_needs_the_owner_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:x@db/dailies")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    assert databases(tmp_path)["default"]["USER"] == "app"
    with pytest.raises(ImproperlyConfigured, match="DATABASE_OWNER_URL is not"):
        owner_database(tmp_path)


def test_the_emulator_is_refused_in_production(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LAPTOP, settings.EMULATOR_URL = False, "http://127.0.0.1:1/v1"  # type: ignore[attr-defined]
    monkeypatch.delenv("ALLOW_EMULATOR", raising=False)
    assert [found.id for found in checks.emulator_stays_on_laptops(None)] == ["config.E002"]
    monkeypatch.setenv("ALLOW_EMULATOR", "1")
    assert checks.emulator_stays_on_laptops(None) == []


@pytest.mark.django_db
def test_a_role_that_row_security_does_not_bind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.runtime_role_is_fenced(None, ["default"]) == []
    loose = checks._ROLE_RIGHTS.replace("rolsuper", "true", 1)
    monkeypatch.setattr(checks, "_ROLE_RIGHTS", loose)
    found = checks.runtime_role_is_fenced(None, ["default"])
    assert [(type(item), item.id) for item in found] == [(Error, "config.E003")]


def test_moments_that_do_not_say_so_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.datetimes_end_with_at(None) == []
    monkeypatch.setattr(checks, "OUR_APPS", (*checks.OUR_APPS, "sessions"))
    assert [item.id for item in checks.datetimes_end_with_at(None)] == ["config.E001"]
