"""Whether a person has shown a second factor in this session: a one-time code or a passkey.

The platform's staff see every agency, so a password alone opens nothing of theirs.
"""

import time
from dataclasses import dataclass

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt
from django.http import HttpRequest

from tenants.models import User

PERIOD = 30  # seconds that a one-time code lasts

# Recovery codes are written on paper: they let somebody in to set up a new factor, and open nothing for staff.
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# The one-time codes of the demo's staff come from this secret, so that a laptop can show them. Nobody else has it.
DEMO_SECRET = "DAILIESDEMOSTAFFDAILIESDEMOSTAFF"  # noqa: S105 - the demonstration's, shown on purpose


def was_shown(request: HttpRequest) -> bool:
    """True when a code or a passkey was used since the sign-in; before a change also when it is still set up."""
    user = request.user
    records = get_authentication_records(request, user)  # type: ignore[arg-type]
    ids = [r.get("id") for r in records if r.get("method") == "mfa" and r.get("type") in STRONG]
    if not ids or request.method in {"GET", "HEAD"}:
        return bool(ids)
    return Authenticator.objects.filter(user_id=int(user.pk or 0), pk__in=[i for i in ids if i]).exists()


@dataclass(frozen=True)
class DemoCode:
    """A code that works now, for whom, and for how long still."""

    email: str
    code: str
    seconds_left: int


def demo_codes() -> list[DemoCode]:
    """The present codes of people who were enrolled with the demo's secret; for a laptop only."""
    rows = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__is_staff=True)
    enrolled = [row for row in rows.select_related("user") if decrypt(row.data["secret"]) == DEMO_SECRET]
    now = int(time.time())
    code = auth.format_hotp_value(auth.hotp_value(DEMO_SECRET, now // PERIOD))
    return [DemoCode(row.user.email, code, PERIOD - now % PERIOD) for row in enrolled]


def enrol_with_demo_secret(user: User) -> None:
    """Give a person of the demo's staff the known code."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        auth.TOTP.activate(user, DEMO_SECRET)


def is_set_up(request: HttpRequest) -> bool:
    """Whether the person has a code or a passkey at all."""
    return Authenticator.objects.filter(user_id=int(request.user.pk or 0), type__in=STRONG).exists()
