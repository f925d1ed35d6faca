"""How allauth signs people up here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from tenants.typed import clean_name


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation, or by starting an agency of one's own; both begin with a verified address."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The peer's address. A proxy in front must set REMOTE_ADDR: a forwarded header could be forged."""
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 - granian on a unix socket has none

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.name = clean_name(form.cleaned_data.get("name") or "")
        return super().save_user(request, user, form, commit)
