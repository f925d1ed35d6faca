"""Settings from the environment. An error names the variable, what is wrong with it and where the sample is."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
_HINT = "See .env.sample, which explains every variable."


def _load_dotenv(path: Path) -> None:
    """Read KEY=value lines. What the process's environment already says wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        key, separator, value = line.strip().partition("=")
        if separator and not key.startswith("#"):
            os.environ.setdefault(key.strip(), value.strip().strip("'\""))


_load_dotenv(BASE_DIR / ".env")


def text(name: str, default: str | None = None) -> str:
    """The variable's text. Raises ImproperlyConfigured when it is missing and has no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. {_HINT}")
    return value


def flag(name: str, default: bool) -> bool:
    """The variable as yes or no."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}, but must be 1 or 0. {_HINT}")


def number(name: str, default: int) -> int:
    """The variable as a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}, but must be a whole number. {_HINT}") from None


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list; commas separate."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]
