"""Turn a wish into takes: freeze the brief, quote, set the price aside, or ask somebody to approve it.

Checks of the text, and whose wish it is, come before; ringing for the workers comes after.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Min, Q

from characters.models import Character
from renders import casting, ledger, pictures, pricing, versions, wishes
from renders.models import (
    ApprovalRule,
    Attempt,
    Brief,
    BriefVersion,
    Order,
    OrderVerdict,
    ProviderAccount,
    Render,
    Scene,
)
from renders.moves import announce
from renders.states import Kind, State
from renders.wishes import Wish
from tenants.canonical import canonical
from tenants.errors import Refused
from tenants.models import User

MOST_VARIANTS = 20  # takes of one submit


class PriceChanged(Refused):
    """The price is another one than the page showed."""


class TooMany(Refused):
    """More takes at once than one submit makes. `field` names the form's field."""

    field = "count"


@dataclass(frozen=True)
class Placement:
    """Everything that one submit decides. `shown_microusd`: the total that the page showed."""

    brief: Brief
    wish: Wish
    account: ProviderAccount
    characters: list[Character]
    submit_key: str
    shown_microusd: int
    by: User
    rules_version: str
    count: int = 1
    # Of a storyboard: the scene that it is a take of, and the order that pays for it. What was agreed for all of it is
    # not asked again for one scene.
    scene: Scene | None = None
    order: Order | None = None


def params_digest(version: BriefVersion, **params: Any) -> str:
    """SHA-256 of everything that decides how a clip is made; its characters and its picture are in the version's digest."""
    content = {"prompt": version.composed_prompt, "brief_digest": version.digest, **params}
    return hashlib.sha256(canonical(content)).hexdigest()


def order_digest(version: BriefVersion, wish: Wish, *, count: int, total_microusd: int) -> str:
    """SHA-256 of what an approver approves: this text, these settings, so many takes, this price."""
    content = {"brief": version.digest, **wish.params(), "count": count, "total_microusd": total_microusd}
    return hashlib.sha256(canonical(content)).hexdigest()


def key_of(submit_key: str, number: int) -> str:
    """The submit key of the n-th take (from 1) of one submit; the first one's is the form's own."""
    return submit_key if number == 1 else f"{submit_key[:60]}#{number}"


def threshold_passed(project_id: Any, total_microusd: int) -> int | None:
    """The threshold above which this total has to be approved by a second person; None when it need not be.

    The lower one of the agency's and the project's binds. One query.
    """
    mine = Q(project=None) | Q(project_id=project_id)
    found: int | None = ApprovalRule.objects.filter(mine).aggregate(lowest=Min("above_microusd"))["lowest"]
    return found if found is not None and total_microusd > found else None


@transaction.atomic
def place(wanted: Placement) -> list[Render]:
    """The takes, queued with their price set aside, or waiting for approval.

    Raises TooMany, casting.CannotCast, pictures.CannotUse, pricing.IllegalChoice, wishes.CannotDerive, pricing.NoPrice, PriceChanged,
    ledger.BudgetExceeded; IntegrityError when the submit key is known already.
    """
    account, wish, count = wanted.account, wanted.wish, wanted.count
    if not 1 <= count <= MOST_VARIANTS:
        raise TooMany(f"One submit makes 1 to {MOST_VARIANTS} takes, not {count}.")
    casting.check_cast(wanted.characters, account)
    wishes.check(account, wish)
    if wish.kind == Kind.CREATE:
        pictures.check(wanted.brief.picture, size=wish.size, account=account)
    quote = pricing.quote(account, **wish.choice(), mode=wish.mode)
    total = quote.microusd * count
    if total != wanted.shown_microusd:
        raise PriceChanged(
            f"The price is {pricing.dollars(total)} now, not {pricing.dollars(wanted.shown_microusd)}. "
            "Look at it again, then submit."
        )
    # The provider looks a character up by its name in the prompt of a new clip only.
    introduces = wish.kind == Kind.CREATE
    version = versions.freeze(wanted.brief, by=wanted.by, characters=wanted.characters, introduces=introduces)
    order = _order(wanted, version, total)
    first = _number_takes(wanted.brief, count)
    return [
        _take(wanted, version, quote, order, number, first + number - 1) for number in range(1, count + 1)
    ]


def _number_takes(brief: Brief, count: int) -> int:
    """Reserve `count` numbers; the first of them."""
    Brief.objects.filter(pk=brief.pk).update(takes=F("takes") + count)
    brief.refresh_from_db(fields=["takes"])
    return brief.takes - count + 1


def _order(wanted: Placement, version: BriefVersion, total: int) -> Order | None:
    """The order of a submit that makes several takes or has to be approved; None for the usual one."""
    if wanted.order is not None:
        return wanted.order
    passed = threshold_passed(wanted.brief.project_id, total)
    if wanted.count == 1 and passed is None:
        return None
    made: Order = Order.objects.create(
        brief=wanted.brief,
        brief_version=version,
        count=wanted.count,
        total_microusd=total,
        threshold_microusd=passed,
        digest=order_digest(version, wanted.wish, count=wanted.count, total_microusd=total),
        created_by=wanted.by,
        verdict=OrderVerdict.NOT_NEEDED if passed is None else OrderVerdict.WAITING,
    )
    return made


def _take(
    wanted: Placement,
    version: BriefVersion,
    quote: pricing.Quote,
    order: Order | None,
    number: int,
    take: int,
) -> Render:
    wish, is_waiting = wanted.wish, order is not None and order.verdict == OrderVerdict.WAITING
    waiting = {"state": State.AWAITING_APPROVAL, "next_action_at": None} if is_waiting else {}
    render: Render = Render.objects.create(
        brief=wanted.brief,
        brief_version=version,
        take=take,
        parent=wish.parent,
        kind=wish.kind,
        account=wanted.account,
        model=wish.model,
        size=wish.size,
        seconds=wish.seconds,
        clip_seconds=wish.clip_seconds,
        extensions=wish.extensions,
        is_final=wish.is_final,
        mode=wish.mode,
        order=order,
        scene=wanted.scene,
        params_digest=params_digest(version, **wish.params()),
        price_row=quote.row,
        microusd_per_second=quote.row.microusd_per_second,
        quoted_microusd=quote.microusd,
        submit_key=key_of(wanted.submit_key, number),
        created_by=wanted.by,
        rules_version=wanted.rules_version,
        **waiting,
    )
    if not is_waiting:
        reserve_first_attempt(render)
    announce(render, render.state)
    return render


def reserve_first_attempt(render: Render) -> None:
    """Set the price aside under every budget that binds it. Raises ledger.BudgetExceeded."""
    attempt = Attempt.objects.create(
        render=render,
        number=1,
        account=render.account,
        reserved_microusd=render.quoted_microusd,
        reserved_on=pricing.today(),
    )
    ledger.reserve(attempt)
