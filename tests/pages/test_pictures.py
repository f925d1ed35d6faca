"""The composer's opening image: added, cut, attested, refused in words with nothing lost; and the image's own page."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from renders.models import Brief, Picture, PictureFile, Render
from renders.states import State
from tests.cast import browser
from tests.pictures_kit import image_bytes, uploaded

pytestmark = pytest.mark.django_db
NEW = "/a/northlight/briefs/new"


@pytest.fixture
def fields(project):
    return {
        "project": str(project.pk),
        "title": "Harbour",
        "subject": "A harbour at dawn",
        "model": "sora-2",
        "size": "720x1280",
        "seconds": "4",
        "count": "1",
        "submit_key": uuid.uuid4().hex,
        "shown_microusd": "400000",
    }


def upload(data, name="image.png", kind="image/png"):
    return SimpleUploadedFile(name, data, kind)


def chosen(page):
    """The public id of the image in the form."""
    found = re.search(r'name="picture" value="(pif_\w+)"', page)
    return found[1] if found else ""


def send(person, fields, **more):
    return browser(person).post(NEW, {**fields, **more})


def test_amara_adds_an_image_of_the_right_size_and_renders_with_it(cast, fields):
    answer = send(cast.amara, fields, do="picture-add", picture_upload=upload(image_bytes()))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "It is the clip’s first frame, 720 × 1280." in page
    assert "A harbour at dawn" in page
    answer = send(cast.amara, fields, do="submit", picture=chosen(page), picture_attested="on")
    assert answer.status_code == 302
    with cast.at():
        take = Render.objects.select_related("brief_version__picture__picture").get()
        assert take.brief_version.picture.public_id == chosen(page)
        assert take.brief_version.picture.picture.attested_by_id == cast.amara.pk
    shown = browser(cast.amara).get(answer["Location"]).content.decode()
    assert take.brief_version.picture.sha256 in shown


def test_without_the_attestation_nothing_is_spent_and_nothing_is_lost(cast, fields):
    page = send(cast.amara, fields, do="picture-add", picture_upload=upload(image_bytes())).content.decode()
    answer = send(cast.amara, fields, do="submit", picture=chosen(page))
    again = answer.content.decode()
    assert answer.status_code == 422
    assert "Say that nobody can be recognised in the opening image" in again
    assert chosen(again) == chosen(page)
    with cast.at():
        assert not Render.objects.exists()


def test_other_size_is_cut_in_the_page_and_the_original_is_kept(cast, fields):
    page = send(
        cast.amara, fields, do="picture-add", picture_upload=upload(image_bytes(1600, 900))
    ).content.decode()
    assert "has 1600 × 900 pixels, and the clip 720 × 1280" in page
    assert "Cut to 720 × 1280" in page
    assert "Enlarged 1.4 times" in page
    cut = send(
        cast.amara,
        fields,
        do="picture-cut",
        picture=chosen(page),
        picture_x="10",
        picture_y="50",
        picture_zoom="100",
    ).content.decode()
    assert "Cut from 1600 × 900; the original is kept." in cut
    with cast.at():
        files = {file.kind: file for file in PictureFile.objects.all()}
        assert files.keys() == {"original", "preview", "fit"}
        assert files["fit"].size == "720x1280"
        assert files["fit"].cut["choice"] == {"x": 10, "y": 50, "zoom": 100}


def test_another_size_afterwards_asks_for_the_cut_again_and_loses_nothing(cast, fields):
    page = send(
        cast.amara, fields, do="picture-add", picture_upload=upload(image_bytes(1600, 900))
    ).content.decode()
    cut = send(cast.amara, fields, do="picture-cut", picture=chosen(page)).content.decode()
    card = browser(cast.amara).post(
        "/a/northlight/briefs/picture", {**fields, "size": "1280x720", "picture": chosen(cut)}
    )
    text = card.content.decode()
    assert "has 720 × 1280 pixels, and the clip 1280 × 720" in text
    assert "Cut to 1280 × 720" in text
    answer = send(
        cast.amara, {**fields, "size": "1280x720"}, do="submit", picture=chosen(cut), picture_attested="on"
    )
    assert answer.status_code == 422
    assert "A harbour at dawn" in answer.content.decode()
    preview = browser(cast.amara).post(
        "/a/northlight/briefs/preview", {**fields, "size": "1280x720", "picture": chosen(cut)}
    )
    assert "cut it to size" in preview.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GIF89a" + b"\0" * 30, "This is a GIF."),
        (image_bytes(kind="JPEG")[:9000], "breaks off"),
        (b"", "The file is empty."),
        (b"\xff\xd8\xff" + b"x" * 20_000_001, "20 MB are taken"),
    ],
)
def test_bad_file_is_refused_in_words_and_loses_nothing(cast, fields, data, words):
    file = upload(data, "logo.png")
    answer = send(cast.amara, fields, do="picture-add", picture_upload=file)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "A harbour at dawn" in page
    with cast.at():
        assert not Picture.objects.exists()


def test_button_without_a_file_says_what_to_do(cast, fields):
    answer = send(cast.amara, fields, do="picture-add")
    assert "Choose an image first" in answer.content.decode()


def test_enter_or_render_with_a_file_adds_it_and_spends_nothing(cast, fields):
    for do in ("enter", "submit"):
        answer = send(cast.amara, fields, do=do, picture_upload=upload(image_bytes()))
        assert chosen(answer.content.decode())
    with cast.at():
        assert not Render.objects.exists()


def test_draft_keeps_an_image_that_does_not_fit_yet(cast, fields):
    page = send(
        cast.amara, fields, do="picture-add", picture_upload=upload(image_bytes(1600, 900))
    ).content.decode()
    answer = send(cast.amara, fields, do="save", picture=chosen(page))
    assert answer.status_code == 302
    assert chosen(browser(cast.amara).get(answer["Location"]).content.decode()) == chosen(page)
    page = send(cast.amara, fields, do="picture-drop", picture=chosen(page)).content.decode()
    assert chosen(page) == ""


def test_dmitri_cannot_use_an_image_of_northlights(cast, fields, project):
    with cast.at():
        file = uploaded(cast)
    url = "/a/rivalry/briefs/picture"
    card = browser(cast.dmitri).post(url, {**fields, "picture": file.public_id}).content.decode()
    assert chosen(card) == ""
    assert browser(cast.dmitri).get(f"/a/rivalry/images/{file.picture.public_id}").status_code == 404


def test_reviewer_may_not_add_one(cast, fields):
    answer = browser(cast.vera).post("/a/northlight/briefs/picture", {**fields, "do": "picture-add"})
    assert answer.status_code == 403


def test_image_has_a_page_is_deleted_there_and_comes_back(cast, make_brief, settings):
    settings.DELETION_UNDO_SECONDS = 3600
    brief = make_brief()
    with cast.at():
        file = uploaded(cast)
        Brief.objects.filter(pk=brief.pk).update(picture=file)
    url = f"/a/northlight/images/{file.picture.public_id}"
    amara = browser(cast.amara)
    page = amara.get(url).content.decode()
    assert file.sha256 in page
    assert "Amara Diallo said on" in page
    assert amara.post(f"{url}/delete").status_code == 302
    assert "Its files were deleted" in amara.get(url).content.decode()
    composer = amara.get(f"/a/northlight/briefs/{brief.public_id}").content.decode()
    assert "The opening image was deleted" in composer
    assert amara.post(f"{url}/undo-delete").status_code == 302
    assert (
        "It is the clip’s first frame"
        in amara.get(f"/a/northlight/briefs/{brief.public_id}").content.decode()
    )


def test_take_offers_to_be_continued_and_says_why_not(cast, make_take):
    take = make_take(state=State.IN_REVIEW)
    url = f"/a/northlight/takes/{take.public_id}"
    assert "Continue from last frame" in browser(cast.amara).get(url).content.decode()
    # Its rows have no file in this test: our storage says so, and the page stays.
    answer = browser(cast.amara).post(f"{url}/continue", follow=True)
    assert "Storage did not give the file" in answer.content.decode()
    queued = make_take()
    assert (
        "Continue from last frame"
        not in browser(cast.amara).get(f"/a/northlight/takes/{queued.public_id}").content.decode()
    )
