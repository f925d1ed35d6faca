"""Read a storyboard: what of it is made, what comes next, what it costs, and whether it is legal.

Nothing here writes but move(), the only place that changes a storyboard's state.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import Now

from renders import pricing, versions
from renders.models import (
    Attempt,
    Order,
    OrderVerdict,
    ProviderAccount,
    Render,
    Scene,
    Storyboard,
    StoryboardEvent,
)
from renders.moves import Superseded
from renders.states import State
from renders.storyboard_states import TRANSITIONS, Progress
from tenants import live
from tenants.audit import actor_ref
from tenants.canonical import canonical
from tenants.errors import Refused
from tenants.scope import require_org

MOST_SCENES = 30  # more than any account's limit: what a form may send
# Turned down by a person: nobody pays to go on from it.
_TURNED_DOWN = frozenset({State.REJECTED, State.CHANGES})


@dataclass(frozen=True)
class Wanted:
    """Words and seconds of one scene, as they were typed."""

    words: str
    seconds: int


@dataclass
class Shown:
    """One scene as it stands. `before`: seconds of the clip that it goes on from; `microusd`: what it costs, or cost."""

    scene: Scene
    words: str
    seconds: int
    before: int
    take: Render | None = None
    microusd: int | None = None
    problem: str = ""
    # Its take goes on from a clip that the scene before has no more: that one ended, or is made anew.
    is_stale: bool = False

    @property
    def position(self) -> int:
        return self.scene.position

    @property
    def is_made(self) -> bool:
        """Its clip is there and wanted: the next scene may go on from it."""
        return self.take is not None and self.take.is_reviewable and not self.why_not_on

    @property
    def why_not_on(self) -> str:
        """Why nothing goes on from its clip, although there is one; empty when something may."""
        take = self.take
        if take is not None and self.is_stale:
            return f"Scene {self.position} goes on from a clip that is not used any more."
        if take is None or not take.is_reviewable:
            return ""
        if take.is_abandoned:
            return f"Scene {self.position} was abandoned."
        if take.is_taken_down:
            return f"The platform took the clip of scene {self.position} down."
        if take.state in _TURNED_DOWN:
            return f"Scene {self.position} was turned down in its review."
        return ""

    @property
    def has_ended(self) -> bool:
        """Its take ended without a clip that anything goes on from."""
        return self.take is not None and (self.take.is_failure or bool(self.why_not_on))

    @property
    def is_under_way(self) -> bool:
        return self.take is not None and not self.has_ended and not self.take.is_reviewable

    @property
    def is_open(self) -> bool:
        """Nothing of it is under way or made: its words may still be changed."""
        return self.take is None or self.has_ended

    @property
    def from_second(self) -> int:
        """Where it begins in the whole clip."""
        return self.before

    @property
    def to_second(self) -> int:
        """Where it ends."""
        return self.before + self.seconds


@dataclass
class Plan:
    """A whole storyboard, priced by an account."""

    board: Storyboard
    account: ProviderAccount
    scenes: list[Shown] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """model and size: of the clip that is there to go on from, whatever the brief says by now; else the brief's."""
        first = self.scenes[0].take if self.scenes else None
        of = self.board.brief if first is None or self.scenes[0].has_ended else first
        return {"model": of.model, "size": of.size}

    @property
    def seconds(self) -> int:
        """Of the whole clip."""
        return self.scenes[-1].to_second if self.scenes else 0

    @property
    def seconds_left(self) -> int:
        """How much longer it may become; 0 when its number of extensions is used up."""
        if self.extensions_left == 0:
            return 0
        return max(0, self.account.max_chain_seconds - self.seconds)

    @property
    def extensions_left(self) -> int:
        return max(0, self.account.max_extensions - (len(self.scenes) - 1))

    @property
    def to_go(self) -> list[Shown]:
        """Scenes that nothing was set aside for yet."""
        return [shown for shown in self.scenes if shown.is_open]

    @property
    def to_go_microusd(self) -> int:
        """What they cost; those without a price count nothing, and `problem` says so."""
        return sum(shown.microusd or 0 for shown in self.to_go)

    @property
    def made(self) -> list[Shown]:
        return [shown for shown in self.scenes if shown.is_made]

    @property
    def problem(self) -> str:
        """Why it cannot be made as it is planned, of the first scene that cannot; empty when it can."""
        return next((f"Scene {s.position}: {s.problem}" for s in self.scenes if s.problem and s.is_open), "")


class NoAccount(Refused):
    """Nothing takes new work."""


def account_now() -> ProviderAccount:
    """The platform's account that takes new work. Raises NoAccount."""
    account: ProviderAccount | None = ProviderAccount.objects.for_new_renders()
    if account is None or not account.has_key:
        raise NoAccount("No provider account takes new work at the moment. Tell the platform's staff.")
    return account


def look(board: Storyboard, account: ProviderAccount, wanted: Sequence[Wanted] | None = None) -> Plan:
    """The storyboard as it is now; or as it would be with scenes that are not saved yet."""
    by_key = {take.submit_key: take for take in takes_of(board)}
    plan, before = Plan(board, account), 0
    source: Any = None
    for scene, words, seconds in _scenes(board, wanted):
        shown = Shown(scene, words, seconds, before, by_key.get(scene.submit_key))
        if shown.take is not None and not scene.is_first:
            shown.is_stale = shown.take.parent_id != source
        plan.scenes.append(shown)
        if shown.take is not None and not shown.has_ended:
            # What was sent is as it was sent, whatever the brief says by now.
            shown.seconds, shown.microusd = shown.take.seconds, shown.take.quoted_microusd
            shown.words = shown.take.brief_version.subject
        else:
            _price(shown, plan)
        before = shown.to_second
        source = shown.take.pk if shown.take is not None and not shown.has_ended else None
    return plan


def _scenes(board: Storyboard, wanted: Sequence[Wanted] | None) -> Iterator[tuple[Scene, str, int]]:
    """(scene, words, seconds), in order."""
    kept = list(board.scenes.all())
    if wanted is None:
        for scene in kept:
            of = (
                (board.brief.subject, board.brief.seconds)
                if scene.is_first
                else (scene.prompt, scene.seconds)
            )
            yield scene, of[0], of[1] or 0
        return
    for position, typed in enumerate(wanted, start=1):
        known = kept[position - 1] if position <= len(kept) else Scene(storyboard=board, position=position)
        yield known, typed.words, typed.seconds


def takes_of(board: Storyboard) -> list[Render]:
    """Every take of its scenes, those of earlier rounds too, oldest first."""
    rows = Render.objects.filter(scene__storyboard=board).select_related(
        "brief_version", "account", "brief__project"
    )
    return list(rows.prefetch_related("assets", "attempts").order_by("created_at", "pk"))


def _price(shown: Shown, plan: Plan) -> None:
    """Its price today, or why there is none."""
    account, settings = plan.account, plan.settings
    try:
        if not shown.words.strip():
            raise Refused("Say what happens in it.")
        if shown.scene.is_first:
            pricing.check_choice(account, **settings, seconds=shown.seconds)
        else:
            if refusal := account.why_cannot("can_extend"):
                raise Refused(refusal)
            pricing.check_extension(
                account, before=shown.before, extensions=shown.position - 1, seconds=shown.seconds
            )
        shown.microusd = pricing.quote(account, **settings, seconds=shown.seconds).microusd
    except Refused as error:
        shown.problem = str(error)


def scene_digest(plan: Plan, shown: Shown) -> str:
    """SHA-256 of what one scene asks for and costs: words (of the first one everything in its brief), settings, price."""
    words = versions.draft_digest(plan.board.brief) if shown.scene.is_first else shown.words
    content = {
        "scene": shown.position,
        "words": words,
        **plan.settings,
        "seconds": shown.seconds,
        "microusd": shown.microusd,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def plan_digest(plan: Plan) -> str:
    """SHA-256 of what an approver approves: every scene that is to go, and the total."""
    content = {
        "storyboard": plan.board.public_id,
        "scenes": [scene_digest(plan, shown) for shown in plan.to_go],
        "total_microusd": plan.to_go_microusd,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def order_of(board: Storyboard) -> Order | None:
    """The order under which it is made, or that waits: the latest one."""
    found: Order | None = Order.objects.filter(storyboard=board).order_by("-created_at", "-pk").first()
    return found


def is_agreed(order: Order | None) -> bool:
    return order is not None and order.verdict in {OrderVerdict.APPROVED, OrderVerdict.NOT_NEEDED}


def covers(order: Order | None, plan: Plan) -> bool:
    """Whether what is to go was agreed to be paid, word for word, and still fits into the agreed total."""
    if order is None or not is_agreed(order):
        return False
    if any(shown.scene.agreed_digest != scene_digest(plan, shown) for shown in plan.to_go):
        return False
    return committed(order=order) + plan.to_go_microusd <= order.total_microusd


def committed(**of: Any) -> int:
    """Micro-dollars that takes of an order, or of a storyboard's scenes, have cost or have set aside."""
    rows = Attempt.objects.filter(**{f"render__{name}": value for name, value in of.items()})
    spent = rows.aggregate(sum=Sum("settled_microusd"))["sum"] or 0
    held = rows.filter(settled_microusd=None).aggregate(sum=Sum("reserved_microusd"))["sum"] or 0
    return int(spent + held)


def spent(board: Storyboard) -> tuple[int, int]:
    """(paid, set aside) in micro-dollars, for takes of every round."""
    rows = Attempt.objects.filter(render__scene__storyboard=board)
    paid = rows.aggregate(sum=Sum("settled_microusd"))["sum"] or 0
    return int(paid), committed(scene__storyboard=board) - int(paid)


def move(
    board: Storyboard, target: Progress, *, by: object, note: str = "", after: float | None = None
) -> None:
    """Go to the next state, with its event, in the caller's transaction. Raises moves.Superseded, ValueError.

    `after`: seconds until a running one is looked at.
    """
    source = Progress(board.state)
    if target not in TRANSITIONS[source]:
        raise ValueError(f"A storyboard cannot go from {source} to {target}.")
    due = Now() + timedelta(seconds=after or 0) if target == Progress.RUNNING else None
    row = Storyboard.objects.filter(pk=board.pk, state=source, version=board.version)
    fields = {
        "state": target,
        "state_at": Now(),
        "note": note[:500],
        "updated_at": Now(),
        "next_action_at": due,
    }
    if not row.update(version=F("version") + 1, **fields):
        raise Superseded(f"{board.public_id} was moved by somebody else.")
    board.version += 1
    board.state, board.note = target, note[:500]
    StoryboardEvent.objects.create(
        storyboard=board,
        version=board.version,
        source=source,
        target=target,
        actor=actor_ref(by),
        note=note[:500],
    )
    announce(board, target)


def put_off(board: Storyboard, *, after: float) -> None:
    """Stay, and look again in `after` seconds."""
    Storyboard.objects.filter(pk=board.pk, state=Progress.RUNNING).update(
        next_action_at=Now() + timedelta(seconds=after)
    )


def announce(board: Storyboard, kind: str) -> None:
    """Tell open pages, once the transaction has committed."""
    live.publish(require_org(), f"storyboard:{board.pk}", str(kind))
