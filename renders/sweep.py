"""Ring again for everything that is due: a lost message, a flushed broker or a killed worker costs delay only."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from characters.models import Character
from renders.models import Asset, Attempt, Deletion, Mode, ProviderAccount, Render, Storyboard
from renders.states import State
from renders.tasks import (
    ACTOR_FOR,
    PURGE_OF,
    check_account,
    chore,
    compare,
    dispatch,
    forget,
    keep_house,
    look,
    purge,
    register,
    storyboard,
)
from tenants import storage
from tenants.models import Agency, Chore, ChoreKind
from tenants.queue import ring
from tenants.scope import platform_transaction

log = structlog.get_logger(__name__)

BATCH = 500
# A rung row is not rung again for so long: its message is still on the way. A claim makes it not due at all.
PATIENCE = 10.0  # seconds
SELDOM_SECONDS = 30.0  # between looks at what is in no hurry
HOUSE_SECONDS = 3600.0  # between rounds through what belongs to the platform itself
IDLE_SECONDS = 0.9  # a send rings for the next one; if nobody sends for so long, the sweep begins anew
TIDY_SECONDS = 60.0  # between looks for what killed workers left on this machine's disk
SWEEP_LOCK = 7_315_001  # advisory lock: one sweep per database


class Sweep:
    """Remembers what it rang for lately."""

    def __init__(self) -> None:
        self._rung: dict[UUID, float] = {}
        self._begun: dict[tuple[str, int], float] = {}
        self._tidied = -TIDY_SECONDS
        self._looked = -SELDOM_SECONDS
        self._kept_house = -HOUSE_SECONDS

    def once(self) -> int:
        """Ring for every due row that was not rung for lately; how many messages those were."""
        now = time.monotonic()
        has_time = now - self._looked >= SELDOM_SECONDS
        self._rung = {key: at for key, at in self._rung.items() if now - at < PATIENCE}
        with platform_transaction("sweep: due renders"):
            renders = list(_due_renders().values_list("org_id", "id", "state")[:BATCH])
            accounts = list(_to_dispatch())
            in_flight = list(_to_look_at())
            doomed = Attempt.objects.filter(provider_delete_at__lte=Now(), provider_deleted_at=None)
            attempts = list(doomed.values_list("org_id", "id")[:BATCH])
            boards = list(Storyboard.objects.due().values_list("org_id", "id")[:BATCH])
            characters = list(Character.objects.due().values_list("org_id", "id")[:BATCH])
            files = _to_purge() if has_time else []
            chores = _chores() if has_time else []
        jobs: list[tuple[Any, UUID, UUID]] = [
            (ACTOR_FOR[State(state)], org_id, pk) for org_id, pk, state in renders
        ]
        jobs += [(forget, org_id, pk) for org_id, pk in attempts]
        jobs += [(storyboard, org_id, pk) for org_id, pk in boards]
        jobs += [(register, org_id, pk) for org_id, pk in characters]
        fresh = [job for job in jobs if job[2] not in self._rung]
        for actor, org_id, pk in fresh:
            ring(actor, str(org_id), str(pk))
            self._rung[pk] = now
        begun = self._begin(dispatch, accounts, now) + self._begin(look, in_flight, now)
        if has_time:
            self._looked = now
            _ring_seldom(files, chores)
        if now - self._kept_house >= HOUSE_SECONDS:
            self._kept_house = now
            ring(keep_house)
        self._tidy(now)
        return len(fresh) + begun

    def _begin(self, actor: Any, accounts: list[int], now: float) -> int:
        """Ring for accounts, each a little while after the last time; how many messages those were."""
        self._begun = {key: at for key, at in self._begun.items() if now - at < IDLE_SECONDS}
        idle = [pk for pk in accounts if (actor.actor_name, pk) not in self._begun]
        for pk in idle:
            ring(actor, pk)
            self._begun[actor.actor_name, pk] = now
        return len(idle)

    def _tidy(self, now: float) -> None:
        if now - self._tidied < TIDY_SECONDS:
            return
        self._tidied = now
        try:
            count = storage.sweep_staging()
        except OSError as error:
            log.warning("staging_not_swept", error=str(error))
        else:
            if count:
                log.info("staging_swept", folders=count)


def _due_renders() -> Any:
    """Those that have a step of their own. What is queued waits for its turn, whoever rings; see _to_dispatch().

    But the provider's safety check is asked for each one, turn or not.
    """
    unasked = Q(account__moderates=True, moderated_at=None)
    return Render.objects.due().filter(~Q(state=State.QUEUED) | unasked)


def _to_dispatch() -> Any:
    """Accounts in use where something waits, and nobody has picked for a moment."""
    waiting = Render.objects.filter(
        account=OuterRef("pk"), state=State.QUEUED, mode=Mode.STANDARD, next_action_at__lte=Now()
    )
    idle = ProviderAccount.objects.usable().filter(
        Q(held_until_at=None) | Q(held_until_at__lte=Now()),
        Q(probe_at=None) | Q(probe_at__lte=Now()),
        Q(turn_at=None) | Q(turn_at__lte=Now() - timedelta(seconds=IDLE_SECONDS)),
        Exists(waiting),
        in_flight__lt=F("max_in_flight"),
    )
    return idle.values_list("pk", flat=True)


def _to_look_at() -> list[int]:
    """Accounts with something in flight whose round is due, and which can list it."""
    due = ProviderAccount.objects.filter(in_flight__gt=0, poll_at__lte=Now())
    return [account.pk for account in due if account.capabilities.can_list]


def _to_purge() -> list[tuple[Any, UUID, UUID]]:
    """(actor, agency, owner) whose deletion is due; and files of takes marked before there were tombstones."""
    jobs: list[tuple[Any, UUID, UUID]] = []
    for deletion in Deletion.objects.due()[:BATCH]:
        name, pk = deletion.subject
        jobs.append((PURGE_OF[name], deletion.org_id, pk))
    unmarked = Asset.objects.to_purge().exclude(
        Exists(Deletion.objects.open().filter(render=OuterRef("render")))
    )
    return jobs + [(purge, *row) for row in unmarked.values_list("org_id", "render_id").distinct()[:BATCH]]


def _chores() -> list[tuple[UUID, str]]:
    """(agency, kind) of what is done again and again and due now, or was never done."""
    due = list(Chore.objects.due().values_list("org_id", "kind")[:BATCH])
    for kind in ChoreKind.values:
        known = Chore.objects.filter(kind=kind).values("org_id")
        strangers = Agency.objects.exclude(pk__in=known).values_list("pk", flat=True)
        due += [(pk, kind) for pk in strangers[:BATCH]]
    return due


def _ring_seldom(files: list[tuple[Any, UUID, UUID]], chores: list[tuple[UUID, str]]) -> None:
    """What may wait for half a minute, and costs its queries no more often."""
    for org_id, kind in chores:
        ring(chore, str(org_id), kind)
    for actor, org_id, pk in files:
        ring(actor, str(org_id), str(pk))
    for account in (
        ProviderAccount.objects.usable().filter(compare_at__lte=Now()).values_list("pk", flat=True)
    ):
        ring(compare, account)
    for account in ProviderAccount.objects.due_for_check().values_list("pk", flat=True)[:BATCH]:
        ring(check_account, account)


@contextmanager
def only_one() -> Iterator[bool]:
    """Hold the sweep's lock while the database connection lives; False when another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SWEEP_LOCK])
        row = cursor.fetchone()
    got = bool(row and row[0])
    try:
        yield got
    finally:
        if got and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SWEEP_LOCK])
