"""Stored files by signed address: Range as players use it, and nothing for whoever has no address."""

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from renders.models import Asset, AssetKind
from tenants import storage
from tests.cast import browser
from tests.pages.conftest import asset_fields

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 40


@pytest.fixture
def asset(cast, make_take):
    render = make_take(state="failed")
    key = default_storage.save("tests/media.mp4", io.BytesIO(DATA))
    with cast.at():
        fields = {**asset_fields(AssetKind.ORIGINAL), "storage_key": key, "size_bytes": len(DATA)}
        yield Asset.objects.create(render=render, **fields)
    default_storage.delete(key)


@pytest.fixture
def url(asset):
    return reverse("renders:media", args=[storage.signed_name(asset.pk)])


def get(url, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = browser().get(url, headers=names)
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_whole_file(url, asset):
    answer, body = get(url)
    assert (answer.status_code, body) == (200, DATA)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == f'"{asset.sha256}"'
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, 10240),
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=-5", 10235, 10240),
        ("bytes=10239-", 10239, 10240),
        ("bytes=5-999999", 5, 10240),
        ("bytes=-999999", 0, 10240),
    ],
)
def test_one_range(url, asked, start, end):
    answer, body = get(url, Range=asked)
    assert (answer.status_code, body) == (206, DATA[start:end])
    assert answer["Content-Range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert answer["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=5-4", "bytes=-0", "bytes=999999999999999999-"])
def test_range_that_cannot_be_met(url, asked):
    answer, _body = get(url, Range=asked)
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=-", "lines=1-2", "bytes=1-2,4-5", "bytes=a-b", "bytes=٣-٤"]
)
def test_range_that_makes_no_sense_is_ignored(url, asked):
    answer, body = get(url, Range=asked)
    assert (answer.status_code, body) == (200, DATA)


def test_if_range_with_another_tag_gives_the_whole_file(url, asset):
    assert get(url, Range="bytes=0-9", If_Range='"other"')[0].status_code == 200
    assert get(url, Range="bytes=0-9", If_Range=f'"{asset.sha256}"')[0].status_code == 206
    assert get(url, If_None_Match=f'"{asset.sha256}"')[0].status_code == 304


def test_head_has_no_body(url):
    answer = browser().head(url)
    assert (answer.status_code, answer["Content-Length"], answer.content) == (200, str(len(DATA)), b"")


def test_old_forged_and_foreign_tokens_open_nothing(url, asset, settings):
    for token in ("rubbish", "a:b:c", url.split("/")[-1][:-1] + "x"):
        assert browser().get(f"/media/{token}").status_code == 404
    settings.MEDIA_URL_SECONDS = -1
    assert browser().get(url).status_code == 404


def test_download_name_cannot_inject_a_header(asset):
    token = storage.signed_name(asset.pk, download_name='a"\r\nSet-Cookie: x=y.mp4')
    answer = browser().get(reverse("renders:media", args=[token]))
    assert "\n" not in answer["Content-Disposition"]
    assert "Set-Cookie" not in answer.headers
