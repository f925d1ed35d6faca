"""A deletion in a bucket: every version goes, and a bucket that hides its versions is refused. Requirement E26."""

import pytest

from renders.models import DeletionState
from tests import factories, s3
from tests.renders.deletions.kit import receipts, row, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bucket(settings, monkeypatch):
    """A bucket on a server of our own, asked through boto3 and django-storages."""
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with s3.serving(is_versioned=True) as found:
        settings.STORAGES = s3.storages(found)
        yield found


def test_every_version_goes_from_a_versioned_bucket(bucket, cast, delete):
    with cast.at():
        render = factories.take(cast, files=False)
        asset = factories.file(render, "original", b"first bytes of a clip")
    bucket.put(asset.storage_key, b"an older version of a clip")
    bucket.put(asset.storage_key, None)
    bucket.put(asset.storage_key, b"first bytes of a clip")
    bucket.put(f"{asset.storage_key}.bak", b"a neighbour whose name begins the same")
    delete(render)
    work(render)
    assert row(render).state == DeletionState.DONE
    assert asset.storage_key not in bucket.versions
    assert bucket.holds(b"of a clip") == []
    assert bucket.versions[f"{asset.storage_key}.bak"], "a neighbour is left alone"
    assert len(receipts(render)) == 1


def test_bucket_without_versions_works_the_same(bucket, cast, delete):
    bucket.is_versioned = False
    with cast.at():
        render = factories.take(cast)
    delete(render)
    work(render)
    assert row(render).state == DeletionState.DONE
    assert bucket.holds(b"original of") == []


@pytest.mark.parametrize(
    ("switch", "words"),
    [("may_list_versions", "list the versions"), ("may_delete_versions", "refuses to remove")],
)
def test_bucket_that_does_not_let_us_prove_it_is_refused_in_words(bucket, cast, delete, switch, words):
    with cast.at():
        render = factories.take(cast)
    setattr(bucket, switch, False)
    delete(render)
    work(render)
    assert words in row(render).problem
    assert receipts(render) == []
    setattr(bucket, switch, True)
    work(render)
    assert len(receipts(render)) == 1


def test_bucket_that_is_down_now_and_then(bucket, cast, delete):
    with cast.at():
        render = factories.take(cast)
    delete(render)
    for _ in range(12):
        bucket.failing = {"DELETE": 1, "HEAD": 1}
        work(render)
        if row(render).state == DeletionState.DONE:
            break
    assert len(receipts(render)) == 1
    assert bucket.holds(b"original of") == []
