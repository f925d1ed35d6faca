"""Submit and withdraw renders."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from characters.models import Character
from renders import casting, ledger, pricing, switch, tasks, triage
from renders.actions.briefs import freeze
from renders.models import Attempt, AttemptStatus, Brief, BriefVersion, ProviderAccount, Render
from renders.moves import Superseded, announce, move
from renders.preflight import Preflight, preflight, sent_texts
from renders.prompts import MAX_PROMPT
from renders.states import UNSENT, Kind, State, Who
from tenants import audit
from tenants.canonical import canonical
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring


class CannotSubmit(Refused):
    """The brief is not ready to be rendered. `field` names what is missing, when it is one field."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class PriceChanged(Refused):
    """The price is another one than the page showed."""


class BlockedByPolicy(Refused):
    """A rule refuses the brief. Its event is written: let the transaction commit. `found` says where and why."""

    def __init__(self, found: Preflight) -> None:
        hit = found.findings.hits[0]
        super().__init__(
            f"“{hit.phrase}” keeps this brief from being rendered. {hit.rule.why} Nothing was sent, nothing is spent."
        )
        self.found = found


class CannotCancel(Refused):
    """It was sent already: the protocol has no way to call it back."""


def params_digest(version: BriefVersion, **params: Any) -> str:
    """SHA-256 of everything that decides how a clip is made; its characters are in the version's digest."""
    content = {"prompt": version.composed_prompt, "brief_digest": version.digest, **params}
    return hashlib.sha256(canonical(content)).hexdigest()


def account_for_new_renders() -> ProviderAccount:
    """The platform's account that takes new work. Raises CannotSubmit."""
    account = ProviderAccount.objects.for_new_renders()
    if account is None:
        raise CannotSubmit(
            "No provider account is set up, so nothing can be rendered. Tell the platform's staff."
        )
    if not account.has_key:
        raise CannotSubmit(
            f"{account.name} has no key yet, so nothing can be rendered. Tell the platform's staff; "
            "nothing you wrote is lost, and nothing is paid."
        )
    return account


def check_can_submit(brief: Brief, names: Iterable[str] = ()) -> None:
    """Raises CannotSubmit with the field to mend. `names`: of the characters in it."""
    if not brief.subject.strip():
        raise CannotSubmit("Say what is to be seen: the subject is empty.", field="subject")
    length = len(brief.composed(names))
    if length > MAX_PROMPT:
        raise CannotSubmit(
            f"The prompt has {length:,} characters, and the provider takes {MAX_PROMPT:,}. "
            f"Shorten it by {length - MAX_PROMPT:,}.",
            field="subject",
        )


def submit_render(
    *,
    brief: Brief,
    submit_key: str,
    shown_microusd: int,
    by: User,
    parent: Render | None = None,
    characters: list[Character] | None = None,
) -> Render:
    """Freeze the brief, set its price aside, queue it. The same key gives the same render, however often it comes.

    `characters`: who is in it; the draft's own unless they are given. Raises switch.GenerationStopped, CannotSubmit,
    BlockedByPolicy, casting.CannotCast, pricing.IllegalChoice, pricing.NoPrice, PriceChanged, ledger.BudgetExceeded.
    """
    known = Render.objects.filter(submit_key=submit_key).first()
    if known is not None:
        return known
    switch.refuse_when_stopped()
    characters = casting.of_brief(brief) if characters is None else characters
    names = casting.names_of(characters)
    check_can_submit(brief, names)
    found = preflight(sent_texts(brief, names), client_id=brief.project.client_id)
    if not found.has_passed:
        triage.record_preflight(brief, found)
        raise BlockedByPolicy(found)
    try:
        with transaction.atomic():
            return _submit(brief, submit_key, shown_microusd, by, parent, characters, found.rules_version)
    except IntegrityError:
        # Two clicks at once: the other one was first.
        twin = Render.objects.filter(submit_key=submit_key).first()
        if twin is None:
            raise
        return twin


def _submit(
    brief: Brief,
    submit_key: str,
    shown_microusd: int,
    by: User,
    parent: Render | None,
    characters: list[Character],
    rules_version: str,
) -> Render:
    account = account_for_new_renders()
    casting.check_cast(characters, account)
    choice = {"model": brief.model, "size": brief.size, "seconds": brief.seconds or 0}
    pricing.check_choice(account, **choice)  # type: ignore[arg-type]
    quote = pricing.quote(account, **choice)  # type: ignore[arg-type]
    if quote.microusd != shown_microusd:
        raise PriceChanged(
            f"The price is {pricing.dollars(quote.microusd)} now, not {pricing.dollars(shown_microusd)}. "
            "Look at it again, then submit."
        )
    Brief.objects.filter(pk=brief.pk).update(takes=F("takes") + 1)
    brief.refresh_from_db(fields=["takes"])
    version = freeze(brief, by=by, characters=characters)
    render = Render.objects.create(
        brief=brief,
        brief_version=version,
        take=brief.takes,
        parent=parent,
        account=account,
        params_digest=params_digest(version, kind=Kind.CREATE, **choice),
        price_row=quote.row,
        microusd_per_second=quote.row.microusd_per_second,
        quoted_microusd=quote.microusd,
        submit_key=submit_key,
        created_by=by,
        rules_version=rules_version,
        **choice,
    )
    _reserve_first_attempt(render)
    who = {"characters": [c.public_id for c in characters]} if characters else {}
    audit.record("render.submitted", by=by, on=render, price_microusd=quote.microusd, **choice, **who)
    announce(render, State.QUEUED)
    ring(tasks.submit, str(render.org_id), str(render.pk))
    return render


def _reserve_first_attempt(render: Render) -> None:
    attempt = Attempt.objects.create(
        render=render,
        number=1,
        account=render.account,
        reserved_microusd=render.quoted_microusd,
        reserved_on=pricing.today(),
    )
    ledger.reserve(attempt)


def check_can_cancel(render: Render) -> None:
    """Raises CannotCancel, with the sentence that the disabled button shows."""
    if render.state not in UNSENT:
        raise CannotCancel(
            "It is with the provider already, which cannot be asked to stop: it will be made and paid for. "
            "When it is here, ask for changes in its review, or archive it."
            if render.is_working
            else "It has ended already."
        )


@transaction.atomic
def cancel_render(*, render: Render, by: User) -> None:
    """Withdraw a render that was not sent; its price is given back. Raises CannotCancel."""
    check_can_cancel(render)
    try:
        move(render, State.CANCELLED, who=Who.AUTHOR, by=by, note="withdrawn before it was sent")
    except Superseded as error:
        render.refresh_from_db()
        check_can_cancel(render)
        raise CannotCancel("It was being sent at this moment. Look again.") from error
    attempt = Attempt.objects.filter(render=render).latest("number")
    attempt.status = AttemptStatus.WITHDRAWN
    attempt.save(update_fields=["status"])
    ledger.release(attempt)
    audit.record("render.cancelled", by=by, on=render)


def regenerate(*, render: Render, submit_key: str, shown_microusd: int, by: User) -> Render:
    """The same brief version's settings once more, as a new take. Raises what submit_render raises."""
    brief = render.brief
    for name, value in render.brief_version.texts().items():
        setattr(brief, name, value)
    brief.model, brief.size, brief.seconds = render.model, render.size, render.seconds
    return submit_render(
        brief=brief,
        submit_key=submit_key,
        shown_microusd=shown_microusd,
        by=by,
        parent=render,
        characters=casting.of_version(render.brief_version),
    )
