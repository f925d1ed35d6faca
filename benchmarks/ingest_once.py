"""One download as a worker does it: `python -m benchmarks.ingest_once ADDRESS` prints seconds, idle MB, peak MB."""

import resource
import sys
import time
import uuid

import django

django.setup()

from django.core.files.storage import default_storage  # noqa: E402

from renders.providers.port import Variant  # noqa: E402
from renders.providers.videos_api import VideosApi  # noqa: E402
from renders.steps.fetch import _whole  # noqa: E402
from tenants import storage  # noqa: E402


def _peak() -> float:
    """The most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(address: str) -> None:
    """Fetch, stage, keep, forget."""
    provider = VideosApi(base_url=f"{address}/v1", api_key="sk-bench")
    idle, began = _peak(), time.monotonic()
    with storage.workspace() as folder:
        with provider.content("x", Variant.VIDEO) as content:
            clip = storage.stage(folder / "original.mp4", _whole(content, {"video/mp4"}))
        key = storage.keep(clip, org_id=uuid.uuid4(), content_type="video/mp4")
    seconds = time.monotonic() - began
    print(seconds, idle, _peak())
    default_storage.delete(key)


if __name__ == "__main__":
    main(sys.argv[1])
