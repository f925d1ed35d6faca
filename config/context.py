"""What every page's frame needs besides who is looking."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config.nav import nav

THEMES = ("system", "light", "dark")


def shell(request: HttpRequest) -> dict[str, Any]:
    """theme ("system", "light" or "dark"), live_url, and whether this is a laptop."""
    theme = request.COOKIES.get("theme", "system")
    return {
        "theme": theme if theme in THEMES else "system",
        "live_url": settings.LIVE_URL,
        "is_laptop": settings.LAPTOP,
        "nav": SimpleLazyObject(lambda: nav(request)),
    }
