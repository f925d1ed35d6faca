"""How the retention policy lets files go: it lays tombstones, which can be undone for as long as anybody's."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from characters.models import CharacterFile
from renders import character_tombstones, picture_tombstones, tombstones
from renders.models import Asset, AssetState, Brief, Cause, PictureFile, Render
from renders.states import UNDER_WAY, WORKING, State
from tenants.retention import policy, run

_BY = "system:retention"


def _takes_with_files(_rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    kept = Asset.objects.filter(render=OuterRef("pk")).exclude(state=AssetState.DELETED)
    return rows.filter(Exists(kept))


def _may_go(rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    busy = Q(state__in=sorted(WORKING)) | Q(state__in=[State.NEEDS_HUMAN, State.CLIENT_REVIEW])
    return _takes_with_files(rule, rows).filter(held_at=None).exclude(busy)


def _kept_by_hold(rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    return _takes_with_files(rule, rows).filter(held_at__isnull=False)


def _lay_tombstones(rule: policy.Rule, takes: Iterable[Any]) -> int:
    undo, count = policy.undo_window(), 0
    for row in takes:
        take = tombstones.locked(row.pk)
        if take.is_held:
            continue
        files = tombstones.locked_files(take)
        tombstones.lay(take, files, cause=Cause.RETENTION, undo=undo, by=_BY, rule=rule.name)
        count += 1
    return count


run.register("delete_files", run.Executor(_may_go, _lay_tombstones, _kept_by_hold))


def _characters(*, held: bool) -> Callable[[policy.Rule, QuerySet[Any]], QuerySet[Any]]:
    """Characters that have files; those from which a take under hold was made, or the others."""

    def narrow(_rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
        kept = CharacterFile.objects.filter(character=OuterRef("pk"), deleted_at=None)
        under_hold = Exists(
            Render.objects.filter(brief_version__cast__character=OuterRef("pk"), held_at__isnull=False)
        )
        return rows.filter(Exists(kept)).filter(under_hold if held else ~under_hold)

    return narrow


def _lay_on_characters(rule: policy.Rule, characters: Iterable[Any]) -> int:
    undo, count = policy.undo_window(), 0
    for row in characters:
        files = character_tombstones.locked_files(row)
        character_tombstones.lay(row, files, cause=Cause.RETENTION, undo=undo, by=_BY, rule=rule.name)
        count += 1
    return count


run.register(
    "delete_character_files",
    run.Executor(_characters(held=False), _lay_on_characters, _characters(held=True)),
)


def _pictures(*, held: bool) -> Callable[[policy.Rule, QuerySet[Any]], QuerySet[Any]]:
    """Pictures that have files and nothing needs; those that open a take under hold, or the others."""

    def narrow(_rule: policy.Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
        kept = PictureFile.objects.filter(picture=OuterRef("pk"), deleted_at=None)
        takes = Render.objects.filter(brief_version__picture__picture=OuterRef("pk"))
        in_use = Asset.objects.filter(render__brief_version__picture__picture=OuterRef("pk"))
        in_use = in_use.exclude(state=AssetState.DELETED)
        at_work = takes.filter(state__in=sorted({*UNDER_WAY, State.NEEDS_HUMAN}))
        drafts = Brief.objects.filter(picture__picture=OuterRef("pk"), archived_at=None)
        under_hold = Exists(takes.filter(held_at__isnull=False))
        rows = rows.filter(Exists(kept)).exclude(Exists(at_work)).exclude(Exists(drafts))
        return rows.filter(under_hold) if held else rows.exclude(under_hold).exclude(Exists(in_use))

    return narrow


def _lay_on_pictures(rule: policy.Rule, pictures: Iterable[Any]) -> int:
    undo, count = policy.undo_window(), 0
    for row in pictures:
        files = picture_tombstones.locked_files(row)
        picture_tombstones.lay(row, files, cause=Cause.RETENTION, undo=undo, by=_BY, rule=rule.name)
        count += 1
    return count


run.register(
    "delete_picture_files", run.Executor(_pictures(held=False), _lay_on_pictures, _pictures(held=True))
)
