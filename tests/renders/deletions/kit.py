"""What the tests of deletions share: look for what is left, and do a worker's work."""

from pathlib import Path

import httpx
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from renders import tasks
from renders.models import Asset, Deletion, DeletionReceipt
from tenants import storage
from tenants.scope import org_transaction
from tests import traces
from tests.renders.pipeline import fresh


def needles_of(render) -> tuple[list[Asset], list[bytes]]:
    """Its files, and what would be found of them: their places, and a piece of the original past every header."""
    files = list(fresh(render).assets.all())
    with storage.opened(fresh(render).asset("original").storage_key) as file:
        data = file.read()
    piece = data[len(data) // 2 : len(data) // 2 + 48] if len(data) > 4096 else data
    return files, [*[asset.storage_key.encode() for asset in files], piece]


def work(render) -> None:
    """What a worker does when the time has come."""
    with org_transaction(render.org_id):
        Deletion.objects.open().filter(render=render).update(next_action_at=Now(), begins_at=Now())
    tasks.purge.fn(str(render.org_id), str(render.pk))


def row(render) -> Deletion:
    with org_transaction(render.org_id):
        return Deletion.objects.select_related("receipt").get(render=render)


def receipts(render) -> list[DeletionReceipt]:
    with org_transaction(render.org_id):
        return list(DeletionReceipt.objects.filter(deletion__render=render))


def left(render, needles) -> list[str]:
    """Where anything of it is found: the agency's folder, and every column of every table."""
    folder = Path(default_storage.location) / str(render.org_id)
    return traces.in_folder(folder, needles) + traces.in_database(needles)


def at_the_provider(emulator, attempt) -> int:
    url = f"{emulator.url}/videos/{attempt.provider_video_id}/content"
    return httpx.get(url, headers={"Authorization": f"Bearer {emulator.api_key}"}).status_code
