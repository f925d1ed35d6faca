"""The platform's own tables, to look into: provider accounts, models, prices, people, rules.

Behind the staff's gate like every page of theirs. Agencies' rows are not here: those have pages that know what they
mean, and leave a trail. No key is shown, and almost nothing can be changed.
"""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from renders.models import ModelOffer, PriceRow, ProviderAccount
from tenants.access import staff
from tenants.models import User


class StaffSite(admin.AdminSite):
    """One permission for all: who is through the gate may look."""

    site_header = site_title = "Dailies: platform tables"
    index_title = "Tables"
    site_url = "/staff/triage/"
    enable_nav_sidebar = True
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        """The gate has asked for more than this."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))


class Looking(admin.ModelAdmin):
    """Read-only, unless a subclass names fields in `changeable`."""

    changeable: tuple[str, ...] = ()
    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.changeable)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = [field.name for field in self.opts.local_fields if field.name not in self.changeable]
        return [name for name in fields if name not in (self.exclude or ())]


class AccountAdmin(Looking):
    list_display = (
        "name",
        "host",
        "dialect",
        "is_active",
        "moderates",
        "in_flight",
        "checked_at",
        "check_failure",
    )
    exclude = ("api_key_sealed", "webhook_secrets_sealed")
    changeable = ("is_active", "moderates", "max_in_flight", "sunset_on", "capability_overrides")


class OfferAdmin(Looking):
    list_display = ("label", "account", "model", "is_enabled", "missing_since_at", "verified_on")
    list_select_related = ("account",)
    list_filter = ("account", "is_enabled")
    changeable = ("is_enabled", "label", "purpose", "order")


class PriceAdmin(Looking):
    list_display = ("model", "size", "mode", "microusd_per_second", "valid_from", "valid_to", "account")
    list_select_related = ("account",)
    list_filter = ("account", "mode", "model")


class PersonAdmin(Looking):
    list_display = ("email", "name", "is_staff", "is_active", "joined_at", "last_login")
    search_fields = ("email", "name")
    list_filter = ("is_staff", "is_active")
    exclude = ("password",)


class FactorAdmin(Looking):
    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    exclude = ("data",)


site = StaffSite(name="staff-admin")
site.register(ProviderAccount, AccountAdmin)
site.register(ModelOffer, OfferAdmin)
site.register(PriceRow, PriceAdmin)
site.register(User, PersonAdmin)
site.register(Authenticator, FactorAdmin)


def staff_admin_urls() -> tuple[list[URLPattern | URLResolver], str, str]:
    """The site's addresses, each behind the staff's gate."""
    patterns, app_name, namespace = site.urls
    for pattern in _leaves(patterns):
        pattern.callback = staff("admin")(pattern.callback)
    return patterns, app_name, namespace


def _leaves(patterns: Sequence[Any]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in patterns:
        found += _leaves(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found
