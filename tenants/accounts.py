"""How allauth signs people up here."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from tenants.typed import clean_name


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation, or by starting an agency of one's own; both begin with a verified address."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The peer's address. A proxy in front must set REMOTE_ADDR: a forwarded header could be forged."""
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 - granian on a unix socket has none

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name the product and its public address, whatever Host the request came with."""
        links = {
            name: settings.PUBLIC_URL + urlsplit(value)._replace(scheme="", netloc="").geturl()
            for name, value in context.items()
            if name.endswith("_url") and isinstance(value, str)
        }
        site = {"name": "Dailies", "domain": settings.PUBLIC_URL}
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site})

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.name = clean_name(form.cleaned_data.get("name") or "")
        return super().save_user(request, user, form, commit)
