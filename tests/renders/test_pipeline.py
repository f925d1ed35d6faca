"""One render's whole life against the emulated provider, and each way in which it can go wrong."""

import hashlib

import pytest
from django.core.files.storage import default_storage

from renders.models import AssetKind, BudgetPeriod
from renders.states import State
from tests.renders.pipeline import balance, invoiced, run_until

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


def test_render_reaches_review_with_every_file_and_one_charge(submit, emulator, cast):
    render = run_until(submit(), State.IN_REVIEW)
    kinds = {asset.kind for asset in render.assets.all()}
    assert kinds == set(AssetKind.values)
    original = render.asset(AssetKind.ORIGINAL)
    with default_storage.open(original.storage_key) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == original.sha256
    assert (original.width, original.height, original.frames, original.has_audio) == (720, 1280, 120, True)
    proxy = render.asset(AssetKind.PROXY)
    assert (proxy.frames, proxy.fps_num, proxy.fps_den) == (
        original.frames,
        original.fps_num,
        original.fps_den,
    )
    assert [line["cost_microusd"] for line in invoiced(emulator, render)] == [PRICE]
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}
    with cast.at():
        period = BudgetPeriod.objects.get()
    assert (period.reserved_microusd, period.posted_microusd) == (0, PRICE)
