"""The agency's face: name, hue and logo, and what is refused."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tenants.models import Agency, AuditEvent
from tests.cast import browser

pytestmark = pytest.mark.django_db
URL = "/a/northlight/settings/"


def picture(kind="PNG", size=(300, 100)):
    data = io.BytesIO()
    Image.new("RGB", size, "teal").save(data, kind)
    return data.getvalue()


def send(cast, data, name="logo.png", **fields):
    file = SimpleUploadedFile(name, data)
    return browser(cast.amara).post(URL, {"name": "Northlight Films", "hue": "150", "logo": file, **fields})


def agency(cast):
    with cast.at():
        return Agency._base_manager.get(pk=cast.northlight.pk)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_is_drawn_again_and_served(cast, kind):
    assert send(cast, picture(kind)).status_code == 302
    found = agency(cast)
    assert (found.name, found.hue) == ("Northlight Films", 150)
    answer = browser().get(found.logo_url)
    with Image.open(io.BytesIO(b"".join(answer.streaming_content))) as image:
        assert (image.format, max(image.size)) == ("WEBP", 256)
    with cast.at():
        assert AuditEvent.objects.filter(action="agency.brand_changed").count() == 1


BAD = {
    "fifty-megabytes": (b"x" * 50_000_000, b"may have 1 MB"),
    "text": (b"not a picture", b"no PNG, JPEG or WebP"),
    "svg": (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"no PNG, JPEG or WebP",
    ),
    "gif": (picture("GIF"), b"no PNG, JPEG or WebP"),
    "cut-short": (picture()[:60], b"no PNG, JPEG or WebP"),
    "huge-sides": (picture(size=(5000, 2)), b"at most 4096 pixels"),
    "empty": (b"", b"empty"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_logo_is_refused_in_words_and_changes_nothing(cast, case):
    data, words = BAD[case]
    answer = send(cast, data)
    assert answer.status_code == 422
    assert words in answer.content
    assert b"Northlight Films" in answer.content
    assert (agency(cast).name, agency(cast).logo_url) == ("Northlight", "")


@pytest.mark.parametrize("hue", ["-1", "360", "abc", "", "9" * 40])
def test_bad_hue_is_refused(cast, hue):
    assert browser(cast.amara).post(URL, {"name": "N", "hue": hue}).status_code == 422


def test_logo_can_be_dropped(cast):
    send(cast, picture())
    browser(cast.amara).post(URL, {"name": "Northlight", "hue": "20", "drop_logo": "on"})
    assert agency(cast).logo_url == ""


def test_only_owners_change_it(cast):
    for user in (cast.bruno, cast.fay, cast.vera):
        assert browser(user).post(URL, {"name": "X", "hue": "1"}).status_code == 403
    assert browser(cast.dmitri).get(URL).status_code == 404
    assert browser().get("/logo/00000000-0000-0000-0000-000000000000/x.webp").status_code == 404


def test_logo_that_was_replaced_or_dropped_is_removed(cast, django_capture_on_commit_callbacks):
    from django.core.files.storage import default_storage

    keys = []
    for data, fields in ((picture(), {}), (picture(size=(90, 90)), {})):
        with django_capture_on_commit_callbacks(execute=True):
            send(cast, data, **fields)
        keys.append(str(agency(cast).logo))
    assert [default_storage.exists(key) for key in keys] == [False, True]
    with django_capture_on_commit_callbacks(execute=True):
        browser(cast.amara).post(URL, {"name": "N", "hue": "1", "drop_logo": "on"})
    assert not default_storage.exists(keys[1])
