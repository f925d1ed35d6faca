"""Make a character known to the account that takes new renders: intent first, one POST, then what is known of it.

The protocol has no list of characters, so an unanswered call can never be looked up. docs/adr/0006 says what follows:
where registering is free it is tried once more after a grace, as a new attempt, and then a person decides.
"""

import functools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from characters.models import Character, CharacterFile, FileKind, Likeness
from characters.moves import Superseded, claim, move, put_off
from characters.states import State, Who
from renders import switch
from renders.models import ProviderAccount, Registration, RegistrationStatus
from renders.models.characters import OPEN
from renders.preflight import preflight
from renders.providers.errors import (
    Ambiguous,
    Gone,
    ProviderError,
    RateLimited,
    Refused,
    Retired,
    Unreachable,
    Withheld,
)
from renders.providers.port import CharacterRequest, ProviderCharacter
from renders.steps.client import client
from renders.steps.submit import ACCOUNT_HOLD, as_json
from tenants import storage
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

IN_DOUBT = _l(
    "The provider gave no clear answer, so it may hold a copy of the clip that nobody can name or delete. "
    "Register it again if that is all right."
)
TRIED_AGAIN = _l("No clear answer from the provider yet. It is tried once more after a minute.")
STOPPED = _l("Generation is switched off for your agency. It is registered when it is switched on again.")
STOPPED_SECONDS = 30.0  # between looks at the switch
LEASE_SECONDS = 120.0  # longer than the client's own deadline for an upload
GRACE_SECONDS = 60.0  # after an answer that never came, before it is tried once more
MOST_DOUBTS = 2
MAX_TRIES = 8  # of a call that is proved not accepted


@dataclass(frozen=True)
class Job:
    """One call that the intent allows. `known`: the provider's id to be asked for first, or empty."""

    character: Character
    registration: Registration
    storage_key: str
    known: str = ""


Outcome = ProviderCharacter | Withheld | Unreachable | RateLimited | Refused | Retired | Ambiguous


def register(org_id: UUID, character_id: UUID) -> None:
    """One try for one character. Whoever calls twice sends once."""
    try:
        with org_transaction(org_id):
            job = _claim(character_id)
        if job is None:
            return
        if job.known:
            still = _is_still_known(job)
            with org_transaction(org_id):
                _confirm(job, still=still)
            return
    except Superseded:
        log.info("register_superseded", character=str(character_id))
        return
    outcome = _post(job)
    with org_transaction(org_id):
        _record(job, outcome)


def _claim(character_id: UUID) -> Job | None:
    """Write the intent: from the commit on, the provider may hold the clip."""
    is_stopped = switch.look()
    character = claim(character_id, lease_seconds=LEASE_SECONDS)
    if character is None:
        return None
    if is_stopped:
        put_off(character, after=STOPPED_SECONDS, note=str(STOPPED))
        return None
    account = ProviderAccount.objects.for_new_renders()
    if account is None or not account.has_key or _is_held(account):
        put_off(character, after=30, note=_("No provider account can be asked at the moment."))
        return None
    if refusal := _refusal(character, account):
        move(character, State.APPROVED, who=Who.WORKER, note=refusal)
        return None
    source = CharacterFile.objects.filter(clip=character.clip, kind=FileKind.SOURCE, deleted_at=None).first()
    if source is None:
        move(character, State.APPROVED, who=Who.WORKER, note=_("The file of its clip was deleted."))
        return None
    attempts = Registration.objects.filter(character=character, account=account)
    latest: Registration | None = attempts.order_by("-number").first()
    if latest is not None and latest.status == RegistrationStatus.SENDING:
        # The worker of that intent died: nobody knows whether the clip arrived.
        _doubt(latest, _("The worker stopped before the answer came."))
    if latest is not None and latest.status == RegistrationStatus.REGISTERED:
        return Job(character, latest, source.storage_key, known=latest.provider_character_id or "")
    registration = _next_attempt(character, account, latest, source.sha256)
    return Job(character, registration, source.storage_key) if registration is not None else None


def _is_held(account: ProviderAccount) -> bool:
    return account.held_until_at is not None and account.held_until_at > timezone.now()


def _refusal(character: Character, account: ProviderAccount) -> str:
    """Why this clip must not leave our server for this account; empty when it may."""
    clip: Any = character.clip
    if clip.likeness in {Likeness.REFUSED, Likeness.DOUBTFUL} or not clip.is_vouched or not clip.is_legal:
        return _("Its clip is not cleared, so it was not sent.")
    if clip.likeness == Likeness.ELIGIBLE and not account.takes_likeness():
        return _(
            "The clip shows somebody’s likeness, and %(account)s has not agreed to that. It was not sent."
        ) % {"account": account.name}
    return character.why_not() or _against_the_rules(character)


def _against_the_rules(character: Character) -> str:
    """What the rules refuse in its name or look; empty when nothing. The name goes into prompts as it stands."""
    found = preflight({"name": character.name, "look": character.look}, client_id=character.client_id)
    if found.has_passed:
        return ""
    hit = found.findings.hits[0]
    return _(
        "“%(phrase)s” keeps it from being registered: %(why)s Take it back to a draft and change that."
    ) % {
        "phrase": hit.phrase,
        "why": hit.rule.why,
    }


def _next_attempt(
    character: Character, account: ProviderAccount, latest: Registration | None, sha256: str
) -> Registration | None:
    """The attempt that may be sent now, its intent written; None when it has to wait, or a person has to look."""
    if (
        latest is not None
        and latest.status == RegistrationStatus.DOUBT
        and not _may_try_again(character, latest)
    ):
        return None
    if latest is None or latest.status not in OPEN:
        latest = Registration(
            character=character,
            account=account,
            number=latest.number + 1 if latest is not None else 1,
            name=character.name,
            clip_sha256=sha256,
        )
    latest.asked_at = character.state_at
    latest.status, latest.intent_at = RegistrationStatus.SENDING, timezone.now()
    latest.sending += 1
    latest.problem = ""
    latest.save()
    return latest


def _may_try_again(character: Character, doubtful: Registration) -> bool:
    """Whether an unanswered attempt is followed by another one now. Otherwise the character waits, or a person does.

    Somebody who asks again has read that a copy may be at the provider: then it is sent at once.
    """
    if doubtful.asked_at != character.state_at:
        return True
    if not _may_wait(character, doubtful):
        move(character, State.APPROVED, who=Who.WORKER, note=str(IN_DOUBT))
        return False
    left = GRACE_SECONDS
    if doubtful.intent_at is not None:
        left -= (timezone.now() - doubtful.intent_at).total_seconds()
    if left > 0:
        put_off(character, after=left, note=str(TRIED_AGAIN))
        return False
    return True


def _may_wait(character: Character, doubtful: Registration) -> bool:
    """Whether the account's rule allows one more try since somebody asked."""
    doubts = Registration.objects.filter(
        character=character,
        account_id=doubtful.account_id,
        status=RegistrationStatus.DOUBT,
        asked_at=character.state_at,
    ).count()
    return doubtful.account.registers_free and doubts < MOST_DOUBTS


def _is_still_known(job: Job) -> bool:
    """Ask for the id that we have. An answer that is no clear no leaves it as it is."""
    try:
        with client(job.registration.account) as provider:
            provider.retrieve_character(job.known)
    except Gone:
        return False
    except ProviderError as error:
        log.warning("character_not_confirmed", character=job.character.public_id, error=str(error))
    return True


def _confirm(job: Job, *, still: bool) -> None:
    """It is known there as before, or it is registered anew in the next round. Raises Superseded."""
    if still:
        move(job.character, State.REGISTERED, who=Who.WORKER)
        return
    Registration.objects.filter(pk=job.registration.pk, status=RegistrationStatus.REGISTERED).update(
        status=RegistrationStatus.LOST, problem=_("The provider does not know it any more.")
    )
    put_off(job.character, after=0, note=_("The provider has lost it. It is registered anew."))


def _post(job: Job) -> Outcome:
    """The one POST. Every failure comes back as a value: each one must be recorded."""
    registration = job.registration
    try:
        with storage.workspace() as folder:
            clip = storage.copy_to(job.storage_key, folder / "character.mp4")
            if clip.sha256 != registration.clip_sha256:
                raise storage.StorageFailed("The stored clip's bytes do not match its hash.")
            with client(registration.account) as provider:
                request = CharacterRequest(registration.name, clip.path)
                doorway = functools.partial(switch.doorway, UUID(str(registration.org_id)))
                return provider.create_character(request, doorway=doorway)
    except storage.StorageFailed as error:
        log.warning("register_without_clip", character=job.character.public_id, error=str(error))
        return Unreachable(_("Our storage did not give the clip."))
    except (Withheld, Unreachable, RateLimited, Refused, Retired, Ambiguous) as error:
        return error


def _record(job: Job, outcome: Outcome) -> None:
    """Write down what became of the intent, and of the character unless somebody has moved it meanwhile."""
    character: Character = Character.objects.select_for_update(of=("self",)).get(pk=job.character.pk)
    row: Registration = Registration.objects.select_for_update(of=("self",)).get(pk=job.registration.pk)
    if (row.status, row.sending) != (RegistrationStatus.SENDING, job.registration.sending):
        _late(row, outcome)
        return
    is_ours = (character.state, character.version) == (State.AWAITING, job.character.version)
    then = _apply(row, outcome)
    if not is_ours:
        log.info("register_superseded", character=character.public_id, status=row.status)
    elif row.status == RegistrationStatus.REGISTERED:
        move(character, State.REGISTERED, who=Who.WORKER)
    elif row.status == RegistrationStatus.REFUSED:
        move(character, State.APPROVED, who=Who.WORKER, note=row.problem)
    elif row.status == RegistrationStatus.DOUBT and not _may_wait(character, row):
        move(character, State.APPROVED, who=Who.WORKER, note=str(IN_DOUBT))
    else:
        put_off(character, after=then, note=row.problem)


def _apply(row: Registration, outcome: Outcome) -> float:
    """Change the attempt; seconds until the next look, where there is one."""
    match outcome:
        case ProviderCharacter():
            _bind(row, outcome)
            return GRACE_SECONDS
        case Withheld():
            _not_accepted(row, str(STOPPED))
            return STOPPED_SECONDS
        case RateLimited():
            _not_accepted(row, _("The provider asked us to wait. It goes on by itself."))
            return min(max(outcome.retry_after or 15.0, 1.0), 3600.0)
        case Unreachable() if row.tries + 1 < MAX_TRIES:
            _not_accepted(row, _("The provider cannot be reached. It is tried again by itself."), tries=1)
            return min(2.0 ** (row.tries + 1), 120.0)
        case Refused() if outcome.reason == Refused.ACCESS:
            ProviderAccount.objects.hold(row.account_id, timezone.now() + ACCOUNT_HOLD, str(outcome))
            log.error("account_refused", account=row.account.slug, status=outcome.status)
            _not_accepted(
                row, _("The provider refuses our account; staff know. It is tried again by itself.")
            )
            return ACCOUNT_HOLD.total_seconds()
        case Ambiguous():
            _doubt(row, str(TRIED_AGAIN), outcome.detail)
            return GRACE_SECONDS
        case _:
            _end(row, outcome)
            return 0.0


def _bind(row: Registration, found: ProviderCharacter) -> None:
    """The provider has it: keep its id for ever. An id that is somebody else's is no answer at all."""
    try:
        with transaction.atomic():
            row.status, row.problem = RegistrationStatus.REGISTERED, ""
            row.provider_character_id, row.registered_at = found.id, timezone.now()
            row.save()
    except IntegrityError:
        log.error("provider_character_has_an_owner", registration=row.public_id)
        row.provider_character_id = row.registered_at = None
        _doubt(row, str(TRIED_AGAIN), {"message": "The id belongs to another character."})


def _not_accepted(row: Registration, problem: str, *, tries: int = 0) -> None:
    row.status, row.problem = RegistrationStatus.WAITING, problem
    row.tries += tries
    row.save(update_fields=["status", "problem", "tries"])


def _doubt(row: Registration, problem: str, detail: object = None) -> None:
    row.status, row.problem, row.error = RegistrationStatus.DOUBT, problem, as_json(detail)
    row.save(update_fields=["status", "problem", "error", "provider_character_id", "registered_at"])


_WORDS = {
    Refused.POLICY: _l(
        "The provider’s policy refused this clip or its name. Real people and other people’s characters are common "
        "reasons. Take it back to a draft, change it, and have it approved again."
    ),
    Refused.INVALID: _l(
        "The provider refused this clip or its name. Take it back to a draft and send another clip; staff can read why."
    ),
}


def _end(row: Registration, error: ProviderError) -> None:
    """A definite no."""
    words = _l("The provider cannot be reached. Try it again later.")
    if isinstance(error, Refused):
        words = _WORDS[error.reason]
    elif isinstance(error, Retired):
        words = _l("This provider does not take characters any more. Staff must choose another account.")
    row.status, row.problem, row.error = RegistrationStatus.REFUSED, str(words)[:300], as_json(error.detail)
    row.save(update_fields=["status", "problem", "error"])


def _late(row: Registration, outcome: Outcome) -> None:
    """An answer after the lease ran out: what it made is at the provider, so its id is kept, and used by nobody."""
    log.warning("register_late", registration=row.public_id, outcome=type(outcome).__name__)
    if isinstance(outcome, ProviderCharacter) and row.provider_character_id is None:
        row.status, row.provider_character_id = RegistrationStatus.DUPLICATE, outcome.id
        row.save(update_fields=["status", "provider_character_id"])
