"""Let a client in by link, and take the link back."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from reviews.actions.pace import GUESTS, check_pace
from reviews.models import Guest, PortalLink, Round
from reviews.visibility import may_client_see
from tenants import audit, scope
from tenants.errors import Refused
from tenants.models import User
from tenants.secrets import new_token, token_hash

TRIES = 5  # wrong passcodes before the link locks
LOCK = timedelta(minutes=15)  # doubled by each further five wrong ones
LONGEST_LOCK = timedelta(days=1)
LIFE_DAYS = 14


class CannotShare(Refused):
    """No link was made; the text is the disabled button's tooltip."""


def check_can_share(round_: Round | None) -> None:
    """Raises CannotShare before the team has approved: a client never sees an unchecked take.

    And while nobody has said why a clip whose credentials are broken may go out.
    """
    if round_ is None or not may_client_see(round_):
        raise CannotShare("The team approves first; then a link can be sent to the client.")
    told = getattr(round_.render, "provenance", None)
    if told is not None and told.needs_acknowledgement:
        raise CannotShare(
            "The content credentials of this clip are broken. Say in words, under Origin, why it may go out all the same."
        )


def _token(round_: Round, by: User, form_key: str) -> str:
    """A new token; or, for a form that was shown, always the same one, so that a double click makes one link.

    Nobody can compute it from the form's key without our secret: 192 bits either way.
    """
    if not form_key:
        return new_token()
    mac = salted_hmac("reviews.portal-link", f"{round_.pk}:{by.pk}:{form_key}", algorithm="sha256")
    return base64.urlsafe_b64encode(mac.digest()[:24]).decode()


def create_link(
    *,
    round_: Round,
    label: str,
    by: User,
    url: str,
    passcode: str = "",
    email: str = "",
    days: int = LIFE_DAYS,
    form_key: str = "",
    **may: bool,
) -> tuple[PortalLink, str]:
    """A new link and its address, shown once. `url` holds {token}; `may`: may_comment, may_decide, may_download.

    The same form twice gives the same link, and sends one mail. Raises CannotShare.
    """
    check_can_share(round_)
    token = _token(round_, by, form_key)
    address = url.format(token=token)
    link = PortalLink(
        round=round_,
        label=label.strip(),
        token_hash=token_hash(token),
        passcode_hash=make_password(passcode) if passcode else "",
        expires_at=timezone.now() + timedelta(days=days),
        created_by=by,
        **may,
    )
    try:
        with transaction.atomic():
            link.save(force_insert=True)
            audit.record(
                "link.created", by=by, on=link, review=round_.public_id, has_passcode=bool(passcode), **may
            )
    except IntegrityError:
        twin = PortalLink.objects.filter(token_hash=token_hash(token)).first()
        if twin is None:
            raise
        return twin, address
    if email:
        _mail_on_commit(link, email, address, has_passcode=bool(passcode))
    return link, address


def _mail_on_commit(link: PortalLink, email: str, address: str, *, has_passcode: bool) -> None:
    render = link.round.render
    agency = " ".join(link.org.name.split())
    title = " ".join(render.brief.title.split())  # a line break in a subject would be a forged header
    passcode = "\n\nYou will be asked for a passcode, which you get separately." if has_passcode else ""
    text = (
        f"{agency} would like your decision on “{title}”, take {render.take}.\n\n"
        f"Watch it and decide here, without an account:\n{address}{passcode}\n\n"
        f"The link works until {link.expires_at.strftime('%-d %B %Y')}."
    )
    transaction.on_commit(
        lambda: send_mail(f"{agency}: please look at “{title}”", text, None, [email]), robust=True
    )


@transaction.atomic
def revoke_link(*, link: PortalLink, by: User) -> None:
    """Close the link, from the next request on."""
    if PortalLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=Now()):
        audit.record("link.revoked", by=by, on=link)


def find_link(token: str) -> tuple[UUID, UUID] | None:
    """(agency's id, link's id) of an open link, or None. The token comes without an agency."""
    with scope.platform_transaction("portal: token to agency"):
        found: tuple[UUID, UUID] | None = (
            PortalLink.objects.open().filter(token_hash=token_hash(token)).values_list("org_id", "id").first()
        )
    return found


def try_passcode(link: PortalLink, passcode: str) -> str:
    """Empty when the passcode is right, else why not, in words.

    Returns instead of raising: an exception could roll the count back with the request's transaction. The row is
    locked until the request ends, so that trying in parallel gains nothing; the clock is the database's.
    """
    is_locked = ExpressionWrapper(Q(locked_until_at__gt=Now()), output_field=BooleanField())
    row: Any = (
        PortalLink.objects.select_for_update(no_key=True)
        .annotate(is_locked=is_locked, now=Now())
        .get(pk=link.pk)
    )
    if row.is_locked:
        left: timedelta = row.locked_until_at - row.now
        minutes = int(left.total_seconds() // 60) + 1
        return (
            f"Too many wrong passcodes. Try again in {_in_words(minutes)}, or ask for the passcode meanwhile."
        )
    if passcode and check_password(passcode, row.passcode_hash):
        PortalLink.objects.filter(pk=row.pk).update(failed_attempts=0, locked_until_at=None)
        return ""
    failed = min(row.failed_attempts + 1, 32_000)
    lock = _lock_after(failed)
    PortalLink.objects.filter(pk=row.pk).update(
        failed_attempts=failed, locked_until_at=Now() + lock if lock else None
    )
    if lock:
        audit.record("link.locked", by="system:portal", on=link, wrong=failed)
        minutes = int(lock.total_seconds() // 60)
        return (
            f"Too many wrong passcodes. Try again in {_in_words(minutes)}, or ask for the passcode meanwhile."
        )
    return "This passcode is not right. Ask the person who sent you the link."


def _lock_after(failed: int) -> timedelta | None:
    """How long the link is closed after so many wrong tries in a row; None while some are left."""
    rounds, left = divmod(failed, TRIES)
    return None if left else min(LOCK * 2 ** min(rounds - 1, 10), LONGEST_LOCK)


def _in_words(minutes: int) -> str:
    if minutes >= 120:
        return f"{-(-minutes // 60)} hours"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def register_guest(*, link: PortalLink, name: str, email: str, form_key: str = "") -> Guest:
    """Somebody says who they are. The same form twice is one guest. Raises pace.TooMany."""
    check_pace(link.pk, GUESTS)
    guest = Guest(link=link, name=name.strip(), email=email.strip().lower(), form_key=form_key or None)
    try:
        with transaction.atomic():
            guest.save(force_insert=True)
            audit.record("guest.arrived", by=guest, on=link)
    except IntegrityError:
        twin: Guest | None = Guest.objects.filter(link=link, form_key=form_key).first() if form_key else None
        if twin is None:
            raise
        return twin
    return guest


def note_opened(link: PortalLink) -> None:
    """Remember the first visit."""
    PortalLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=Now())
