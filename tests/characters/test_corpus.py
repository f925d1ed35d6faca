"""Each file of the corpus ends in a sentence, within bounds of time and memory, and touches nothing else."""

import re
import resource
import time

import pytest

from characters import rules
from tenants.media import run as media
from tests.characters import corpus
from tests.characters_kit import clip_bytes

FILES = corpus.files()
SECONDS = 20.0  # of wall clock on a busy machine; the subprocess is stopped at 25 s of processor time
MEGABYTES = 600  # the largest of these pictures takes half of it


def test_corpus_has_more_than_a_hundred_files():
    assert len(FILES) >= 130


def is_sentence(text: str) -> bool:
    return re.match(r"[A-Z“].*[.!?]\Z", text, re.DOTALL) is not None and "Traceback" not in text


def _peak() -> int:
    """Kilobytes that the largest child of this process has used so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


@pytest.mark.parametrize("name", sorted(FILES))
def test_corpus(name, tmp_path):
    source, folder = tmp_path / "upload", tmp_path / "made"
    source.write_bytes(FILES[name]())
    folder.mkdir()
    began, before = time.monotonic(), _peak()
    try:
        facts = media.inspect(source, folder)
    except media.Unreadable as refusal:
        said = [str(refusal)]
    else:
        said = [problem.fix for problem in rules.check(facts)]
        assert {path.name for path in folder.iterdir()} == {"preview.mp4", "poster.webp"}
    assert time.monotonic() - began < SECONDS
    # The mark is the highest of all children of this process, so an earlier test may have left it above; and a child
    # begins as a copy of this process, which grows from test to test.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _peak() <= max(before, own, MEGABYTES * 1024)
    # Not one of them is a clip that could be sent to a provider.
    assert said, name
    assert all(is_sentence(text) for text in said), said
    for leak in ("root:", str(tmp_path), "/etc/", "169.254"):
        assert not any(leak in text for text in said)


def test_corpus_has_a_control_that_is_accepted(tmp_path):
    source = tmp_path / "upload"
    source.write_bytes(clip_bytes())
    assert rules.check(media.inspect(source, tmp_path)) == []


def test_decoder_that_does_not_finish_ends_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "UPLOAD_SECONDS", 0.01)
    source = tmp_path / "upload"
    source.write_bytes(clip_bytes())
    with pytest.raises(media.Unreadable, match="too long or too much memory"):
        media.inspect(source, tmp_path)


def test_decoder_that_is_killed_ends_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(media.sys, "executable", "/bin/false")
    with pytest.raises(media.Unreadable, match="Export it again"):
        media.inspect(tmp_path / "x", tmp_path)
