"""Submit and withdraw renders."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone

from characters.models import Character
from renders import casting, ledger, switch, tasks, triage
from renders.actions.orders import lock, recount
from renders.models import Attempt, AttemptStatus, Brief, ProviderAccount, Render
from renders.models.accounts import ProviderAccountQuerySet
from renders.moves import Superseded, announce, move
from renders.placing import Placement, place
from renders.preflight import Preflight, preflight, sent_texts
from renders.prompts import MAX_PROMPT
from renders.states import SENT, UNSENT, Kind, State, Who
from renders.wishes import Wish, new_clip
from tenants import audit
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring


class CannotSubmit(Refused):
    """The brief is not ready to be rendered. `field` names what is missing, when it is one field."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


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


def account_for_new_renders(accounts: ProviderAccountQuerySet | None = None) -> ProviderAccount:
    """The platform's account that takes new work, read by `accounts`. Raises CannotSubmit."""
    account = (ProviderAccount.objects.all() if accounts is None else accounts).for_new_renders()
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


def refuse_when_ended(account: ProviderAccount) -> None:
    """Raises CannotSubmit. A brief can still be written: only the submit is refused."""
    if account.has_ended and account.sunset_on is not None:
        raise CannotSubmit(
            f"{account.name} ended on {account.sunset_on.strftime('%-d %B %Y')}, so nothing can be rendered there any more. "
            "The platform’s staff set up another provider; save the draft and submit it then. Nothing is paid."
        )


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
    wish: Wish | None = None,
    characters: list[Character] | None = None,
    count: int = 1,
) -> Render:
    """Freeze the brief, set its price aside, queue it; the first of `count` takes of the same.

    The same key gives the same takes, however often it comes. `wish`: a new clip with the draft's own settings unless it
    is given; `characters`: who is in it, the draft's own unless they are given; `shown_microusd`: the total.
    Above the threshold of approval the takes wait, and nothing is set aside yet. Raises switch.GenerationStopped,
    CannotSubmit, BlockedByPolicy, and what placing.place raises.
    """
    known = Render.objects.filter(submit_key=submit_key).first()
    if known is not None:
        return known
    switch.refuse_when_stopped()
    wish = wish or new_clip(model=brief.model, size=brief.size, seconds=brief.seconds or 0)
    characters = casting.of_brief(brief) if characters is None else characters
    names = casting.names_of(characters)
    check_can_submit(brief, names)
    picture = brief.picture if wish.kind == Kind.CREATE else None
    found = preflight(sent_texts(brief, names, picture=picture), client_id=brief.project.client_id)
    if not found.has_passed:
        triage.record_preflight(brief, found)
        raise BlockedByPolicy(found)
    account = account_for_new_renders()
    refuse_when_ended(account)
    wanted = Placement(
        brief=brief,
        wish=wish,
        account=account,
        characters=characters,
        submit_key=submit_key,
        shown_microusd=shown_microusd,
        by=by,
        rules_version=found.rules_version,
        count=count,
    )
    try:
        with transaction.atomic():
            takes = place(wanted)
            _write_down(wanted, takes)
    except IntegrityError:
        # Two clicks at once: the other one was first.
        twin = Render.objects.filter(submit_key=submit_key).first()
        if twin is None:
            raise
        return twin
    return takes[0]


def _write_down(wanted: Placement, takes: list[Render]) -> None:
    """Audit each take, and ring for those that may go."""
    who = {"characters": [c.public_id for c in wanted.characters]} if wanted.characters else {}
    of = {"kind": wanted.wish.kind} if wanted.wish.kind != Kind.CREATE else {}
    for take in takes:
        facts = {**wanted.wish.choice(), **of, **who}
        audit.record("render.submitted", by=wanted.by, on=take, price_microusd=take.quoted_microusd, **facts)
        if take.state == State.QUEUED:
            ring(tasks.submit, str(take.org_id), str(take.pk))


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
    if render.order is not None:
        lock(render.order)
    try:
        move(render, State.CANCELLED, who=Who.AUTHOR, by=by, note="withdrawn before it was sent")
    except Superseded as error:
        render.refresh_from_db()
        check_can_cancel(render)
        raise CannotCancel("It was being sent at this moment. Look again.") from error
    # What waited for an approval has no attempt yet: nothing was set aside.
    attempt = Attempt.objects.filter(render=render).order_by("-number").first()
    if attempt is not None:
        attempt.status = AttemptStatus.WITHDRAWN
        attempt.save(update_fields=["status"])
        ledger.release(attempt)
    if render.order is not None:
        recount(render.order)
    audit.record("render.cancelled", by=by, on=render)


def check_can_abandon(render: Render) -> None:
    """Raises CannotCancel."""
    if render.state not in SENT:
        raise CannotCancel("It can be withdrawn." if render.state in UNSENT else "It has ended already.")


@transaction.atomic
def abandon_render(*, render: Render, by: User) -> None:
    """Nobody wants it any more, although it was sent. The protocol has no cancel: it is followed to its end, paid if it
    is made, and put away instead of shown for review. What turns out never to have arrived is not sent again.

    Raises CannotCancel.
    """
    locked = _sent(render)
    if not locked.is_abandoned:
        Render.objects.filter(pk=locked.pk).update(abandoned_at=timezone.now(), abandoned_by=by)
        audit.record("render.abandoned", by=by, on=locked)
        announce(locked, "progress")


@transaction.atomic
def keep_render(*, render: Render, by: User) -> None:
    """It is wanted after all, as long as it is not put away. Raises CannotCancel."""
    locked = _sent(render)
    if locked.is_abandoned:
        Render.objects.filter(pk=locked.pk).update(abandoned_at=None, abandoned_by=None)
        audit.record("render.kept", by=by, on=locked)
        announce(locked, "progress")


def _sent(render: Render) -> Render:
    locked: Render = Render.objects.select_for_update(of=("self",)).get(pk=render.pk)
    check_can_abandon(locked)
    return locked
