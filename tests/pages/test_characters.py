"""The pages of characters, with the cast: who sees what, what is said, and how many queries it takes.

Requirements B19–B24, D22, D23, F12–F15.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from characters.models import CharacterFile, Clip, Likeness
from characters.states import State
from renders.states import State as RenderState
from tests import characters_kit as kit
from tests import factories
from tests.cast import browser
from tests.reviews.helpers import statements

pytestmark = pytest.mark.django_db
A = "/a/northlight/characters"


@pytest.fixture
def amara(cast):
    return browser(cast.amara)


@pytest.fixture
def make(cast):
    def character(state=State.REGISTERED, **fields):
        with cast.at():
            return kit.character(cast, state, **fields)

    return character


@pytest.fixture
def now(cast):
    def look(character):
        with cast.at():
            return kit.fresh(character)

    return look


def url(character, rest=""):
    return f"{A}/{character.public_id}{rest}"


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:400]
    return answer.content.decode()


def upload(client, character, content, name="clip.mp4", **more):
    file = SimpleUploadedFile(name, content, content_type="video/mp4")
    return client.post(url(character, "/clip"), {"clip": file}, **more)


def test_empty_library_has_one_sentence_and_one_action(cast, amara):
    page = text(amara.get(f"{A}/"))
    assert "No character yet." in page
    assert "Make the first one" in page
    assert "Make the first one" not in text(browser(cast.vera).get(f"{A}/"))


def test_new_character_asks_for_three_fields_and_has_no_kind_for_people(amara, cast):
    page = text(amara.get(f"{A}/new"))
    for words in (
        "Mascot",
        "Product",
        "Prop",
        "Animal",
        "Fictional, non-human",
        "There is no kind for people",
    ):
        assert words in page
    assert "person" not in page.lower().replace("personal", "")
    refused = text(amara.post(f"{A}/new", {"name": "Pip"}), 422)
    assert "This field is required" in refused
    assert 'value="Pip"' in refused
    answer = amara.post(f"{A}/new", {"name": "Pip", "kind": "mascot", "client": ""}, follow=True)
    assert "is a draft. Now its clip." in text(answer)
    again = text(amara.post(f"{A}/new", {"name": "pip", "kind": "prop"}), 422)
    assert "could not tell them apart" in again


def test_rules_stand_beside_the_control(amara, make):
    """F14, B24: in the same form as the control."""
    page = text(amara.get(url(make(State.DRAFT))))
    form = page[page.index("data-upload ") : page.index("</form>", page.index("data-upload "))]
    for words in (
        "2 to 4 seconds",
        "16:9 or 9:16",
        "720 to 1080",
        "50 MB",
        "no person",
        "Well lit",
        "three quarters",
    ):
        assert words in form
    assert 'type="file"' in form


def test_bad_upload_says_each_rule_with_measure_limit_and_fix(amara, make, now):
    draft = make(State.DRAFT)
    answer = upload(amara, draft, kit.clip_bytes(900, 900, 6.0, 12), follow=True)
    page = text(answer)
    assert "2 rules do not hold yet" in page
    for words in (
        "<strong>6.0 s</strong>; needed: 2 to 4 seconds",
        "<strong>900 × 900</strong>; needed: 16:9 or 9:16",
    ):
        assert words in page
    assert "Trim it to the best 2 to 4 seconds." in page
    assert "Trim and crop" in page
    assert now(draft).clip.number == 2


def test_cut_in_the_page_mends_it(amara, make, now):
    draft = make(State.DRAFT)
    upload(amara, draft, kit.clip_bytes(900, 900, 6.0, 12))
    bad = now(draft).clip
    cut = url(draft, f"/clips/{bad.public_id}/cut")
    assert 'data-seconds="6.0"' in text(amara.get(cut))
    values = {"start": "9", "seconds": "3", "shape": "9:16", "place": "20", "lines": "720"}
    refused = text(amara.post(cut, values), 422)
    assert "at the latest" in refused
    assert 'value="9"' in refused
    assert "Every rule holds now" in text(amara.post(cut, values | {"start": "1.5"}, follow=True))
    clip = now(draft).clip
    assert (clip.facts["width"], clip.facts["height"], clip.facts["seconds"]) == (720, 1280, 3.0)
    assert "Clip 2 is the one" in text(amara.post(url(draft, f"/clips/{bad.public_id}/use"), follow=True))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG picture"),
        (kit.clip_bytes()[:9000], "Export it again"),
    ],
)
def test_file_that_is_no_clip_is_refused_in_the_page(amara, make, now, content, words):
    draft = make(State.DRAFT)
    page = text(upload(amara, draft, content), 422)
    assert words in page
    assert "data-error-summary" in page
    assert now(draft).clip.number == 1


def test_no_file_and_too_large_a_file_are_said_beside_the_control(amara, make, settings):
    draft = make(State.DRAFT)
    assert "Choose a clip first" in text(amara.post(url(draft, "/clip"), {}), 422)
    settings.UPLOAD_MAX_BYTES = 100_000
    page = text(upload(amara, draft, bytes(150_000)), 422)
    assert "This file is larger, and 50 MB are taken" in page


def test_too_large_an_evidence_keeps_what_was_typed(amara, make, settings, now):
    draft = make(State.DRAFT)
    settings.UPLOAD_MAX_BYTES = 100_000
    file = SimpleUploadedFile("contract.pdf", b"%PDF-" + bytes(200_000))
    form = {
        "name": "Pop",
        "kind": "mascot",
        "look": "As before",
        "rights_holder": "Somebody",
        "rights_file": file,
    }
    answer = amara.post(url(draft, "/edit"), form)
    page = text(answer, 422)
    assert "larger" in page
    assert 'value="Somebody"' in page
    assert now(draft).name == "Pip"


def test_evidence_is_checked_kept_and_only_saved_never_shown(amara, make, cast):
    draft = make(State.DRAFT)
    form = {
        "name": "Pip",
        "kind": "mascot",
        "look": "Round",
        "rights_holder": "Acme",
        "rights_evidence": "C-7",
    }
    wrong = SimpleUploadedFile("contract.pdf", b"<html>")
    assert "no PDF, PNG or JPEG" in text(amara.post(url(draft, "/edit"), form | {"rights_file": wrong}), 422)
    right = SimpleUploadedFile("../../x.pdf", b"%PDF-1.7 contract")
    page = text(amara.post(url(draft, "/edit"), form | {"rights_file": right}, follow=True))
    link = page[page.index('href="/media/') + 6 :].split('"')[0] if 'href="/media/' in page else ""
    assert "Save the file of" in page
    with cast.at():
        assert CharacterFile.objects.get(kind="evidence").size_bytes == 17
    answer = browser().get(link)
    assert (answer.status_code, answer["Content-Disposition"][:10]) == (200, "attachment")
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 contract"


def test_media_of_a_character_opens_by_signed_address_only_while_it_is_kept(amara, make, cast):
    draft = make(State.DRAFT)
    page = text(amara.get(url(draft)))
    source = page[page.index('src="/media/') + 5 :].split('"')[0]
    assert browser().get(source).status_code == 200
    assert browser().get(source[:-4] + "AAAA").status_code == 404
    with cast.at():
        CharacterFile.objects.update(deleted_at=timezone.now())
    gone = browser().get(source)
    assert gone.status_code == 404
    assert b"was deleted on" in gone.content
    assert "files of this clip were deleted" in text(amara.get(url(draft)))


def test_from_draft_to_approved_by_somebody_else(cast, amara, make, now):
    with cast.at():
        draft = kit.character(cast, State.DRAFT)
        Clip.objects.update(attested_by=None, attested_at=None, attested_name="", attested_text="")
    page = text(amara.get(url(draft)))
    assert "Nobody’s face, body or voice" in page
    assert "Confirm that nobody" in text(amara.post(url(draft, "/send")), 422)
    assert "A colleague has to approve it" in text(
        amara.post(url(draft, "/send"), {"sure": "yes"}, follow=True)
    )
    page = text(amara.get(url(draft)))
    assert "You made it, so somebody else has to approve it." in page
    version = now(draft).version
    assert "somebody else" in text(amara.post(url(draft, "/approve"), {"version": version}, follow=True))
    bruno = browser(cast.bruno)
    assert "has changed" in text(bruno.post(url(draft, "/approve"), {"version": "x"}, follow=True))
    assert "Approved." in text(bruno.post(url(draft, "/approve"), {"version": version}, follow=True))
    assert now(draft).state == State.AWAITING
    page = text(amara.get(url(draft)))
    assert f'data-live="character:{draft.pk}"' in page
    assert "Attested by <bdi>Amara Diallo</bdi>" in page


def test_doubt_goes_to_the_staff_and_comes_back(cast, amara, make, now):
    with cast.at():
        draft = kit.character(cast, State.DRAFT)
    page = text(amara.post(url(draft, "/send"), {"sure": "no", "doubt": " "}), 422)
    assert "say why you are not sure" in page
    amara.post(url(draft, "/send"), {"sure": "no", "doubt": "A <b>hand</b>?"})
    assert now(draft).state == State.LIKENESS
    sol = browser(cast.sol)
    listed = text(sol.get("/staff/characters/"))
    assert "A &lt;b&gt;hand&lt;/b&gt;?" in listed
    assert "Northlight" in listed
    decide = f"/staff/characters/{now(draft).clip.public_id}/decide"
    assert "Say why" in text(sol.post(decide, {"verdict": "cleared", "reason": ""}), 422)
    for user in (cast.amara, cast.bruno, cast.dmitri):
        assert browser(user).get("/staff/characters/").status_code == 404
        assert browser(user).post(decide, {"verdict": "cleared", "reason": "x"}).status_code == 404
    answer = sol.post(decide, {"verdict": "refused", "reason": "That is somebody"}, follow=True)
    assert "No clip waits" in text(answer)
    assert (now(draft).state, now(draft).clip.likeness) == (State.DRAFT, Likeness.REFUSED)
    assert "That is somebody" in text(amara.get(url(draft)))
    assert "does not wait" in text(sol.post(decide, {"verdict": "cleared", "reason": "x"}), 422)


def test_revocation_lists_every_brief_and_take(cast, amara, make_take, make_brief, make):
    from renders.models import BriefCharacter, VersionCharacter

    character = make()
    take = make_take(brief=make_brief(title="Sunflowers"), state="in_review")
    other = make_brief(title="Only a draft")
    with cast.at():
        VersionCharacter.objects.create(
            version=take.brief_version, character=character, position=1, name="Pip", clip_sha256="0" * 64
        )
        BriefCharacter.objects.create(brief=other, character=character, position=1)
    assert "Say why" in text(amara.post(url(character, "/revoke"), {"reason": " "}, follow=True))
    page = text(amara.post(url(character, "/revoke"), {"reason": "Contract <ended>"}, follow=True))
    assert "Contract &lt;ended&gt;" in page
    assert "Sunflowers, take 1" in page
    assert "Only a draft" in page
    assert take.public_id in page


def test_expired_rights_are_said_in_words(amara, make):
    page = text(amara.get(url(make(rights_until="2020-01-31"))))
    assert "The rights have ended" in page
    assert "31 Jan 2020" in page
    assert "New brief with it" not in page


def test_retired_one_leaves_the_list_and_a_filter_shows_it(amara, make):
    character = make()
    assert "Retired." in text(amara.post(url(character, "/retire"), {"reason": "Old look"}, follow=True))
    assert "Pip" not in text(amara.get(f"{A}/"))
    assert "Pip" in text(amara.get(f"{A}/?state=retired"))
    assert "has to approve it again" in text(amara.post(url(character, "/bring-back"), follow=True))


def test_filters_live_in_the_address(cast, amara, make):
    make(name="Pip", client=cast.acme)
    make(name="Tin", kind="product")
    make(State.VALIDATED, name="Fish", kind="animal")
    for query, names in {
        "": {"Pip", "Tin", "Fish"},
        "?kind=product": {"Tin"},
        "?state=validated": {"Fish"},
        f"?client={cast.acme.public_id}": {"Pip"},
        "?q=FI": {"Fish"},
        "?q=ish": set(),
        "?q=!": set(),
        "?q=fish&kind=product": set(),
        "?kind=nonsense&state=x&client=y": {"Pip", "Tin", "Fish"},
    }.items():
        page = text(amara.get(f"{A}/{query}"))
        found = {name for name in ("Pip", "Tin", "Fish") if f">{name}</a>" in page}
        assert found == names, query


def test_library_pages_by_key_and_takes_the_same_few_statements(cast, amara, make):
    for number in range(3):
        make(name=f"Thing {number}")
    _answer, few = statements(amara, "get", f"{A}/")
    for number in range(3, 30):
        make(name=f"Thing {number}")
    answer, many = statements(amara, "get", f"{A}/")
    assert len(many) == len(few) <= 10
    page = text(answer)
    assert page.count('class="clip"') == 24
    older = page[page.index('rel="next" href="') + 17 :].split('"')[0].replace("&amp;", "&")
    assert text(amara.get(f"{A}/{older}")).count('class="clip"') == 6


def test_page_of_a_character_is_flat_in_takes_and_clips(cast, amara, make_take, make):
    from renders.models import VersionCharacter

    character = make()

    def use():
        take = make_take(state="in_review")
        with cast.at():
            VersionCharacter.objects.create(
                version=take.brief_version, character=character, position=1, name="Pip", clip_sha256="0" * 64
            )
            kit.clip(character, cast.amara)

    use()
    _answer, few = statements(amara, "get", url(character))
    for _ in range(5):
        use()
    _answer, many = statements(amara, "get", url(character))
    assert len(many) == len(few) <= 22


def test_rail_counts_what_waits_for_approval_even_without_a_take(amara, make):
    assert "nav__count" not in text(amara.get(f"{A}/"))
    make(State.VALIDATED)
    page = text(amara.get(f"{A}/"))
    # In the rail, and in the sheet that phones open instead.
    assert page.count('<span class="nav__count">1</span>') == 2
    assert "tabbar__count" not in page


def test_roles(cast, make):
    character = make(State.VALIDATED)
    for rest in ("/clip", "/send", "/take-back", "/retire", "/revoke", "/register", "/bring-back", "/edit"):
        for user in (cast.bruno, cast.fay, cast.vera):
            assert browser(user).post(url(character, rest)).status_code == 403, rest
    for user in (cast.fay, cast.vera):
        assert browser(user).post(url(character, "/approve")).status_code == 403
        assert browser(user).get(url(character)).status_code == 200


def test_dmitri_finds_nothing(cast, make):
    character = make(State.DRAFT)
    dmitri = browser(cast.dmitri)
    rests = (
        "",
        "/status",
        "/edit",
        "/clip",
        "/send",
        "/approve",
        "/revoke",
        "/takes",
        f"/clips/{character.clip.public_id}/cut",
    )
    for rest in rests:
        foreign = url(character, rest)
        for address in (foreign, foreign.replace("northlight", "rivalry")):
            assert dmitri.get(address).status_code in {404, 405}, address
            assert dmitri.post(address).status_code in {404, 405}, address
    assert "Pip" not in text(dmitri.get("/a/rivalry/characters/"))


def test_clip_of_one_character_is_not_found_under_another(amara, make):
    one, two = make(State.DRAFT, name="One"), make(State.DRAFT, name="Two")
    assert amara.get(url(two, f"/clips/{one.clip.public_id}/cut")).status_code == 404
    assert amara.post(url(two, f"/clips/{one.clip.public_id}/use")).status_code == 404


def test_clip_is_cut_from_an_approved_take_only(cast, amara, make, now):
    draft = make(State.DRAFT)
    with cast.at():
        waiting = factories.take(cast, RenderState.IN_REVIEW, title="Not yet")
        signed = factories.take(cast, RenderState.DELIVERABLE, title="Signed", files=False)
        original = factories.file(signed, "original", kit.clip_bytes(1280, 720, 4.0, 30))
        assert original.frames == 120
    listed = text(amara.get(url(draft, "/takes")))
    assert "Signed, take 1" in listed
    assert "Not yet" not in listed
    assert amara.get(url(draft, f"/takes/{waiting.public_id}")).status_code == 404
    page = url(draft, f"/takes/{signed.public_id}")
    assert "Where the frame sits" in text(amara.get(page))
    values = {"start": "1", "seconds": "2.5", "shape": "9:16", "place": "50", "lines": "720"}
    assert "Cut." in text(amara.post(page, values, follow=True))
    clip = now(draft).clip
    assert (clip.origin, clip.cut["take"], clip.problems) == ("take", signed.public_id, [])
    ready = make(name="Ready")
    assert amara.get(url(ready, "/takes")).status_code == 302


def test_names_and_reasons_are_text_and_never_markup(amara, make, cast):
    bad = '"><script>alert(1)</script>'
    draft = make(
        State.DRAFT, name=bad, look=bad, dos=bad, rights_holder=bad, rights_evidence=f"https://x.test/{bad}"
    )
    for page in (url(draft), f"{A}/", url(draft, "/edit"), "/a/northlight/briefs/new"):
        answer = amara.get(page, follow=True)
        assert "<script>alert" not in answer.content.decode(), page


def test_storage_that_is_down_is_said_in_words(amara, make, monkeypatch, now):
    from tenants import storage

    def refuse(*_args, **_kwargs):
        raise storage.StorageFailed("Storage did not take the file (OSError).")

    draft = make(State.DRAFT)
    monkeypatch.setattr("characters.files.storage.keep", refuse)
    assert "Storage did not take the file" in text(upload(amara, draft, kit.clip_bytes()), 422)
    assert now(draft).clip.number == 1
