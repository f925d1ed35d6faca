"""Ask the provider's safety check about a prompt, and the image with it, before it is sent. While the check is out, the take waits.

Nothing passes unasked: an answer that does not come, or makes no sense, is no answer.
"""

import functools
from uuid import UUID

import structlog
from django.utils import timezone

from renders import switch
from renders.models import Allowance, Attempt, PictureFile, Render
from renders.moves import POISONED, Superseded, claim, move, put_off
from renders.preflight import text_digest, version_texts
from renders.providers.errors import ProviderError, Unreachable, Withheld
from renders.providers.port import Picture, SafetyVerdict
from renders.states import FailureClass, Kind, Pause, State, Who
from renders.steps.client import client
from renders.steps.submit import fail
from tenants import storage
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

LEASE_SECONDS = 75.0  # longer than the client's own deadline for a call
ASK_AGAIN = 15.0  # seconds until a check that is out is asked again


def moderate(org_id: UUID, render_id: UUID) -> bool:
    """One question about one render. True when it was let through, and can be sent."""
    with org_transaction(org_id):
        render = _claim(render_id)
        if render is None:
            return False
        opens = render.brief_version.picture if render.kind == Kind.CREATE else None
    outcome = _ask(org_id, render, opens)
    try:
        with org_transaction(org_id):
            return _record(render, outcome)
    except Superseded:
        log.info("moderate_superseded", render=render.public_id)
        return False


def _claim(render_id: UUID) -> Render | None:
    is_stopped = switch.look()
    render = claim(render_id, State.QUEUED, lease_seconds=LEASE_SECONDS)
    render = render or claim(render_id, State.HELD, lease_seconds=LEASE_SECONDS)
    if render is None:
        return None
    if render.crash_count > POISONED:
        attempt = render.attempts.latest("number")
        fail(render, attempt, FailureClass.QUARANTINED, note="it took its worker down three times")
        return None
    if is_stopped and render.state == State.QUEUED:
        move(render, State.HELD, who=Who.STAFF, paused_for=Pause.STOPPED, note="generation is switched off")
        return None
    return render


def _ask(org_id: UUID, render: Render, opens: PictureFile | None) -> SafetyVerdict | ProviderError:
    """`opens`: the image that goes along with the prompt, and is looked at with it."""
    try:
        with storage.workspace() as folder, client(render.account) as provider:
            picture = None
            if opens is not None:
                copy = storage.copy_to(opens.storage_key, folder / "picture")
                picture = Picture(copy.path, opens.content_type)
            return provider.moderate(
                render.brief_version.composed_prompt,
                picture=picture,
                doorway=functools.partial(switch.doorway, org_id),
            )
    except storage.StorageFailed as error:
        return Unreachable(f"Our own copy of the image cannot be read: {error}")
    except ProviderError as error:
        return error


def _record(render: Render, outcome: SafetyVerdict | ProviderError) -> bool:
    is_stopped = switch.look()
    if isinstance(outcome, ProviderError):
        _wait(render, outcome, is_stopped=is_stopped)
        return False
    if outcome.is_flagged and (keys := _not_allowed(render, outcome)):
        attempt: Attempt = render.attempts.latest("number")
        detail = {"code": "flagged", "message": ", ".join(outcome.categories)}
        note = "the provider's safety check refused it"
        fail(render, attempt, FailureClass.POLICY_PREFLIGHT, detail=detail, note=note, keys=keys)
        return False
    if render.state == State.HELD:
        note = "the safety check let it through"
        move(render, State.QUEUED, who=Who.WORKER, moderated_at=timezone.now(), note=note)
    else:
        put_off(render, after=0, moderated_at=timezone.now())
    return True


def _not_allowed(render: Render, verdict: SafetyVerdict) -> list[str]:
    """The categories that count: none when an appeal has allowed each of them for this text."""
    keys = [f"safety/{name}" for name in verdict.categories or ["flagged"]]
    digest = text_digest(version_texts(render.brief_version))
    rows = Allowance.objects.filter(text_sha256=digest, rule_key__in=keys)
    allowed = set(rows.values_list("rule_key", flat=True))
    return [key for key in keys if key not in allowed]


def _wait(render: Render, error: ProviderError, *, is_stopped: bool) -> None:
    """Pause it until the check answers."""
    if not isinstance(error, Withheld):
        log.warning("safety_check_out", render=render.public_id, error=str(error))
    if render.state == State.HELD:
        put_off(render, after=ASK_AGAIN)
    elif is_stopped:
        note = "generation was switched off before the first byte left"
        move(render, State.HELD, who=Who.STAFF, paused_for=Pause.STOPPED, note=note)
    else:
        note = "the safety check cannot be asked; nothing is sent before it answers"
        move(render, State.HELD, who=Who.WORKER, after=ASK_AGAIN, paused_for=Pause.SAFETY_CHECK, note=note)
