"""Files are whole or not there, and a killed worker's folder does not stay."""

import hashlib
import multiprocessing
import os
import signal
import threading
import uuid

import pytest
from django.core.files.storage import default_storage

from renders.sweep import Sweep
from tenants import storage

ORG = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def _staged(folder, content=b"x" * 100_000):
    return storage.stage(folder / "clip", [content])


def _be_killed_at_work(ready):
    with storage.workspace() as folder:
        (folder / "half").write_bytes(b"x")
        ready.set()
        signal.pause()


def test_a_killed_workers_folder_goes_and_a_working_ones_stays():
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    worker = context.Process(target=_be_killed_at_work, args=(ready,))
    worker.start()
    assert ready.wait(10)
    [folder] = storage.staging_folder().iterdir()
    assert storage.sweep_staging() == 0, "its owner is alive"
    assert folder.exists()
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    assert storage.sweep_staging() == 1
    assert list(storage.staging_folder().iterdir()) == []


def test_the_next_work_and_the_sweep_tidy_up(db):
    (storage.staging_folder() / "work-stale").mkdir()
    with storage.workspace() as folder:
        assert [path.name for path in storage.staging_folder().iterdir()] == [folder.name]
    (storage.staging_folder() / "work-stale").mkdir()
    Sweep().once()
    assert list(storage.staging_folder().iterdir()) == []


def test_folders_made_while_others_are_swept_are_never_taken():
    stop = threading.Event()

    def sweep():
        while not stop.is_set():
            storage.sweep_staging()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(300):
            with storage.workspace() as folder:
                assert _staged(folder).path.exists()
    finally:
        stop.set()
        sweeper.join()


def test_a_file_is_whole_at_its_key_or_not_there(tmp_path, monkeypatch):
    """A kill in the middle of storing must not leave half a file where another take's clip may live."""
    content = os.urandom(100_000)
    key = storage.key_for(ORG, hashlib.sha256(content).hexdigest(), "video/mp4")
    seen = []
    really_put = storage._into_place

    def watched(source, target):
        seen.append(default_storage.exists(key))
        really_put(source, target)
        seen.append(default_storage.size(key))

    monkeypatch.setattr(storage, "_into_place", watched)
    assert storage.keep(_staged(tmp_path, content), org_id=ORG, content_type="video/mp4") == key
    assert seen == [False, len(content)]


def test_half_a_file_of_an_earlier_release_is_replaced_in_one_step(tmp_path):
    content = os.urandom(100_000)
    file = _staged(tmp_path, content)
    key = storage.key_for(ORG, file.sha256, "video/mp4")
    os.makedirs(os.path.dirname(default_storage.path(key)), exist_ok=True)
    with open(default_storage.path(key), "wb") as half:
        half.write(content[:10])
    storage.keep(file, org_id=ORG, content_type="video/mp4")
    with default_storage.open(key) as stored:
        assert stored.read() == content


def test_another_disk_than_the_staging_folders_works_too(tmp_path, monkeypatch):
    def other_disk(*_args):
        raise OSError(18, "Invalid cross-device link")

    content = os.urandom(100_000)
    file = _staged(tmp_path, content)
    copied = storage._copy_into_place
    monkeypatch.setattr(storage, "_copy_into_place", lambda *args: (monkeypatch.undo(), copied(*args)))
    monkeypatch.setattr("pathlib.Path.replace", other_disk)
    key = storage.keep(file, org_id=ORG, content_type="video/mp4")
    with default_storage.open(key) as stored:
        assert stored.read() == content
    folder = os.path.dirname(default_storage.path(key))
    assert os.listdir(folder) == [os.path.basename(key)]
