"""kill -9 of the worker at every moment of a deletion: it ends complete, with one receipt, and nothing is found."""

import time

import pytest

from renders.actions.assets import delete_take_files
from renders.models import Asset, Attempt, Deletion, DeletionReceipt, ProviderAccount
from tenants import signed, signing
from tenants.scope import org_transaction
from tests import traces
from tests.chaos.harness import Chaos
from tests.chaos.points import PURGE_POINTS
from tests.chaos.provider import mark_of

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


@pytest.fixture
def kept_at_the_provider(chaos: Chaos):
    """The provider's copies stay until the take is deleted."""
    ProviderAccount.objects.filter(slug="emulator").update(deletes_after_copy=False)
    yield
    ProviderAccount.objects.filter(slug="emulator").update(deletes_after_copy=True)


def _needles(chaos: Chaos, renders: list) -> tuple[list[bytes], list[bytes]]:
    """(where files are that no other take shares, the bytes that only these clips have)."""
    with org_transaction(chaos.cast.northlight.pk):
        # Review copies of equal pictures have equal bytes: what takes of other tests share stays with them.
        others = Asset.objects.exclude(render__in=renders).values("storage_key")
        mine = Asset.objects.filter(render__in=renders).exclude(storage_key__in=others)
        keys = mine.values_list("storage_key", flat=True)
        ids = Attempt.objects.filter(render__in=renders).values_list("provider_video_id", flat=True)
        return [key.encode() for key in keys], [mark_of(one) for one in ids]


def _found(chaos: Chaos, places: list[bytes], marks: list[bytes]) -> list[str]:
    data = chaos.stack.data_dir
    found = traces.in_folder(data / "media", places + marks)
    found += traces.in_folder(data / "emulator" / "media", marks)
    found += traces.in_folder(data / "staging", marks)
    return found + traces.in_database(places + marks)


def _wait(chaos: Chaos, renders: list, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with org_transaction(chaos.cast.northlight.pk):
            left = list(Deletion.objects.filter(render__in=renders).exclude(state="done"))
        if not left:
            return
        assert time.monotonic() < deadline, f"{[(d.state, d.problem) for d in left]}\n{chaos.stack.tail()}"
        time.sleep(0.3)


def test_a_purge_killed_at_every_step_ends_with_one_receipt_and_no_trace(
    chaos: Chaos, kept_at_the_provider: None, capsys: pytest.CaptureFixture
) -> None:
    before = chaos.orders.carried_out()
    left = list(PURGE_POINTS)
    # A bystander of another death may have a part of its way behind it: then the next take tries that point.
    for _ in range(5):
        _delete_and_look(chaos, left)
        left = chaos.points_left()
        if not left:
            break
    assert not left, f"no deletion came by {left}"
    kills = chaos.orders.carried_out() - before
    with capsys.disabled():
        print("\n  " + ", ".join(f"{name} {count}" for name, count in sorted(kills.items())))
    assert all(kills[point.name] for point in PURGE_POINTS)


def _delete_and_look(chaos: Chaos, points: list) -> None:
    """One take for each point, all deleted at once; then everything is looked for."""
    renders = [chaos.submit() for _ in points]
    chaos.wait(renders, 180)
    places, marks = _needles(chaos, renders)
    assert len(_found(chaos, places, marks)) >= 2 * len(renders), "the search finds what is there"
    for render, point in zip(renders, points, strict=True):
        chaos.orders.give(point.name, render.pk)
        with chaos.cast.at():
            delete_take_files(render=render, typed=str(render), by=chaos.cast.amara)
    _wait(chaos, renders, 240)
    assert _found(chaos, places, marks) == []
    with org_transaction(chaos.cast.northlight.pk):
        rows = list(DeletionReceipt.objects.filter(deletion__render__in=renders))
    assert len(rows) == len(renders) == len({row.deletion_id for row in rows})
    for row in rows:
        signed.check(row.document, signing.public_keys())
