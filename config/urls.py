"""Every address of the product. The apps name their own."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from config import health
from config.live_ticket import live_ticket
from config.metrics import metrics
from config.staff_admin import staff_admin_urls
from config.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics, name="metrics"),
    path("a/<slug:agency>/live/ticket", live_ticket, name="live-ticket"),
    path("styleguide", styleguide, name="styleguide"),
    path("staff/admin/", staff_admin_urls()),
    path("accounts/", include("allauth.urls")),
    *[
        path("", include(f"{app}.urls"))
        for app in ("tenants", "characters", "renders", "reviews")
        if find_spec(f"{app}.urls")
    ],
]
