"""Take a webhook in: verify, write down once, and ring for the render it speaks of. It decides nothing."""

import json
from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import Q
from django.db.models.functions import Now
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from renders.models import Attempt, InboundEvent, ProviderAccount, Render
from renders.states import State
from tenants.scope import org_transaction, platform_transaction

log = structlog.get_logger(__name__)

NOTE_SECONDS = 60.0  # between two notes that a webhook arrived
MAX_BODY = 64 * 1024  # bytes; a delivery holds little more than an id


class Forged(Exception):
    """No valid signature of any current secret, or older than five minutes."""


class Malformed(Exception):
    """Genuine, but not an event with an id."""


def verify(account: ProviderAccount, headers: dict[str, str], body: bytes) -> str:
    """The delivery's webhook id. Raises Forged. The body is not parsed before this."""
    wanted = {
        name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    }
    for secret in account.webhook_secrets:
        try:
            # It also parses the body, which may not be JSON, and raises ValueError on odd headers.
            Webhook(secret).verify(body, wanted)
        except (WebhookVerificationError, ValueError):
            continue
        return wanted["webhook-id"][:120]
    raise Forged("The signature fits no secret of this account.")


def accept(account: ProviderAccount, webhook_id: str, body: bytes) -> tuple[UUID, UUID] | None:
    """Write a verified delivery down. (agency, render) to look at, or None: a repeat, or parked.

    Raises Malformed. Only a hint: what is true is asked from the provider.
    """
    try:
        event = json.loads(body)
        kind, video_id = str(event["type"])[:60], str(event["data"]["id"])[:300]
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("The event has no type or no video id.") from error
    fields = {"kind": kind, "video_id": video_id}
    _arrived(account)
    _event, is_new = InboundEvent.objects.get_or_create(
        account=account, webhook_id=webhook_id, defaults=fields
    )
    return _match(account, video_id) if is_new else None


def _arrived(account: ProviderAccount) -> None:
    """Webhooks reach us, so nobody needs to look. Written once in a while, not for each of a thousand."""
    lately = Now() - timedelta(seconds=NOTE_SECONDS)
    row = ProviderAccount.objects.filter(pk=account.pk)
    row.filter(Q(webhook_at=None) | Q(webhook_at__lt=lately)).update(webhook_at=Now())


def _match(account: ProviderAccount, video_id: str) -> tuple[UUID, UUID] | None:
    """Make the render of this video due now. None while its id is not known: the event stays parked."""
    with platform_transaction("webhook: video id to agency"):
        attempts = Attempt.objects.filter(account=account, provider_video_id=video_id)
        found: tuple[UUID, UUID] | None = attempts.values_list("org_id", "render_id").first()
    if found is None:
        log.info("webhook_parked", account=account.slug)
        _wake_reconciler(account)
        return None
    with org_transaction(found[0]):
        Render.objects.filter(pk=found[1], state=State.RENDERING, next_action_at__gt=Now()).update(
            next_action_at=Now()
        )
    InboundEvent.objects.filter(account=account, video_id=video_id, matched_at=None).update(matched_at=Now())
    return found


def _wake_reconciler(account: ProviderAccount) -> None:
    """A video nobody knows may be the one that an attempt in doubt is looking for."""
    with platform_transaction("webhook: attempts in doubt"):
        doubtful = Render.objects.filter(account=account, state=State.RECONCILING)
        rows = list(doubtful.values_list("org_id", "id")[:20])
    for org_id, render_id in rows:
        with org_transaction(org_id):
            Render.objects.filter(pk=render_id, state=State.RECONCILING).update(next_action_at=Now())
