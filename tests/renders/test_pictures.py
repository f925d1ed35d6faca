"""A take that opens with an image: what it is bound to, what goes on the wire, and that its first frame is the image."""

import json
import uuid
from pathlib import Path

import av
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from renders import pictures, pricing
from renders.actions.again import regenerate
from renders.actions.briefs import save_brief
from renders.actions.deleting import CannotDelete
from renders.actions.derive import derive_render, promote_render
from renders.actions.orders import CannotDecide, approve_order, set_threshold
from renders.actions.pictures import (
    continue_from,
    delete_picture,
    fit_picture,
    upload_picture,
)
from renders.actions.renders import cancel_render, submit_render
from renders.models import AssetKind, Brief, ModelOffer, Order, PictureFile, ProviderAccount, Render
from renders.pictures import CannotUse, Choice, check
from renders.preflight import sent_texts, text_digest, version_texts
from renders.states import FailureClass, Kind, State
from renders.steps import moderate
from renders.steps.submit import lane_of, request_of
from tenants import storage
from tenants.media import run as media
from tests import emulated
from tests.cast import browser
from tests.pictures_kit import image_bytes, turned_bytes, uploaded
from tests.renders.pipeline import attempts, balance, fresh, invoiced, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


@pytest.fixture
def picture(cast, brief):
    """An image of the clip's size, in the brief."""
    with cast.at():
        file = uploaded(cast)
        Brief.objects.filter(pk=brief.pk).update(picture=file)
        brief.refresh_from_db()
        return file


def again(cast, render):
    """The take as an action gets it."""
    with cast.at():
        return Render.objects.select_related(
            "brief__project", "brief_version__picture__picture", "account", "order"
        ).get(pk=render.pk)


def test_image_goes_along_and_the_take_says_with_which_bytes_it_opens(submit, picture, emulator, cast):
    emulator.control.delete("/requests")
    take = run_until(submit(), State.IN_REVIEW)
    assert len(attempts(take)) == len(invoiced(emulator, take)) == 1
    assert balance(take) == {"available": -PRICE, "reserved": 0, "spent": PRICE}
    assert again(cast, take).brief_version.picture.sha256 == picture.sha256


def test_first_frame_of_the_clip_is_the_image(tmp_path, cast, account, brief, picture, submit):
    drawing = emulated.start(tmp_path, canned=False)
    try:
        ProviderAccount.objects.filter(pk=account.pk).update(
            base_url=drawing.url, api_key_sealed=account.api_key_sealed
        )
        take = run_until(submit(), State.IN_REVIEW, seconds=90)
    finally:
        emulated.stop(drawing)
    storage.copy_to(take.asset(AssetKind.ORIGINAL).storage_key, tmp_path / "clip.mp4")
    first = _first_frame(tmp_path / "clip.mp4")
    storage.copy_to(picture.storage_key, tmp_path / "image.png")
    with Image.open(tmp_path / "image.png") as wanted:
        for spot in ((90, 160), (630, 160), (90, 1100), (630, 1100), (360, 640)):
            pairs = zip(first.getpixel(spot), wanted.getpixel(spot), strict=True)
            assert all(abs(a - b) < 24 for a, b in pairs), (spot, first.getpixel(spot), wanted.getpixel(spot))


def _first_frame(path):
    with av.open(str(path)) as clip:
        frame = next(clip.decode(video=0))
        return frame.reformat(format="rgb24", src_colorspace=1).to_image()


def test_version_and_order_are_bound_to_the_bytes(cast, brief, picture, submit):
    one = again(cast, submit())
    with cast.at():
        other = uploaded(cast, image_bytes(tint=120))
        Brief.objects.filter(pk=brief.pk).update(picture=other)
        brief.refresh_from_db()
    two = again(cast, submit())
    assert one.brief_version.composed_prompt == two.brief_version.composed_prompt
    assert one.brief_version_id != two.brief_version_id
    assert one.brief_version.digest != two.brief_version.digest
    assert one.params_digest != two.params_digest


def test_approval_binds_the_image_and_another_one_voids_the_question(cast, brief, picture, submit):
    with cast.at():
        set_threshold(above_microusd=100, by=cast.amara)
    take = submit()
    with cast.at():
        order = Order.objects.get()
        other = uploaded(cast, image_bytes(tint=120))
        save_brief(
            project=brief.project,
            title=brief.title,
            texts=brief.texts(),
            by=cast.amara,
            brief=Brief.objects.get(pk=brief.pk),
            model=brief.model,
            size=brief.size,
            seconds=brief.seconds,
            picture=other,
        )
    assert fresh(take).state == State.CANCELLED
    with cast.at(), pytest.raises(CannotDecide):
        approve_order(order=order, shown_digest=order.digest, by=cast.fay)


def test_takes_that_differ_in_the_image_only_take_turns(cast, brief, picture, submit, account):
    one = again(cast, submit())
    with cast.at():
        Brief.objects.filter(pk=brief.pk).update(picture=None)
        brief.refresh_from_db()
    two = again(cast, submit())
    with cast.at():
        # No list echoes an image, so a scan could take one for the other.
        assert lane_of(account, request_of(one)) == lane_of(account, request_of(two))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("accept_then_drop", {}), ("status", {"status": 504, "accepted": True, "operation": "create"})],
)
def test_lost_reply_is_found_in_the_list_and_paid_once(submit, picture, emulator, fault, kind, parameters):
    fault(kind, **parameters)
    take = run_until(submit(), State.IN_REVIEW)
    assert [a.status for a in attempts(take)] == ["completed"]
    assert len(invoiced(emulator, take)) == 1
    assert balance(take)["spent"] == PRICE


def test_wrong_size_is_refused_before_anything_is_spent(cast, brief, submit, account):
    with cast.at():
        file = uploaded(cast, image_bytes(1280, 720))
        Brief.objects.filter(pk=brief.pk).update(picture=file)
        brief.refresh_from_db()
    with pytest.raises(CannotUse, match="1280 × 720 pixels, and the clip 720 × 1280"):
        submit()
    with cast.at():
        assert not Render.objects.exists()
        cut = fit_picture(file=file, size="720x1280", choice=Choice(), by=cast.amara)
        assert PictureFile.objects.get(pk=file.pk).is_kept
        check(cut, size="720x1280", account=account)


def test_image_that_nobody_vouches_for_is_refused(cast, brief, submit):
    with cast.at():
        Brief.objects.filter(pk=brief.pk).update(picture=uploaded(cast, attested=False))
        brief.refresh_from_db()
    with pytest.raises(CannotUse, match="nobody can be recognised"):
        submit()


def test_face_that_the_detector_saw_waits_for_the_staff(cast, brief, submit, settings, monkeypatch):
    seen = media.look
    monkeypatch.setattr(media, "look", lambda *a, **k: {**seen(*a, **{**k, "detector": ""}), "faces": 1})
    with cast.at():
        Brief.objects.filter(pk=brief.pk).update(picture=uploaded(cast))
        brief.refresh_from_db()
    with pytest.raises(CannotUse, match="saw a face"):
        submit()
    with cast.at():
        kept = brief.picture.picture
    url = f"/staff/images/{kept.public_id}"
    sol = browser(cast.sol)
    assert "saw a face" in sol.get("/staff/images/").content.decode()
    assert sol.post(url, {"verdict": "cleared", "reason": " "}).status_code == 422
    assert browser(cast.amara).post(url, {"verdict": "cleared", "reason": "Mine"}).status_code == 404
    assert sol.post(url, {"verdict": "cleared", "reason": "A doll"}).status_code == 302
    assert submit().state == State.QUEUED
    assert sol.post(url, {"verdict": "refused", "reason": "Twice"}).status_code == 422


def test_account_without_images_refuses_in_words(cast, account, submit, picture):
    ProviderAccount.objects.filter(pk=account.pk).update(capability_overrides={"can_reference": False})
    with pytest.raises(CannotUse, match="takes no opening image"):
        submit()


def test_image_deleted_while_the_take_waits_cannot_be(cast, submit, picture):
    take = submit()
    with cast.at(), pytest.raises(CannotDelete, match="is being made with it"):
        delete_picture(picture=picture.picture, by=cast.amara)
    with cast.at():
        cancel_render(render=again(cast, take), by=cast.amara)
        delete_picture(picture=picture.picture, by=cast.amara)
    with pytest.raises(CannotUse, match="was deleted"):
        submit()


def test_image_refused_after_the_submit_ends_the_take_unsent_and_gives_the_price_back(
    cast, submit, picture, emulator
):
    take = submit()
    with cast.at():
        kept = picture.picture
        kept.likeness, kept.likeness_reason = "refused", "Somebody is in it"
        kept.likeness_by, kept.likeness_at = cast.sol, timezone.now()
        kept.save()
    take = step(take)
    assert (take.state, take.failure_class) == (State.FAILED, FailureClass.PICTURE_GONE)
    assert balance(take) == {"available": 0, "reserved": 0}
    assert invoiced(emulator, take) == []


def test_stored_image_that_changed_is_not_sent(cast, submit, picture, emulator):
    take = submit()
    Path(default_storage.path(picture.storage_key)).write_bytes(image_bytes(tint=33))
    take = step(take)
    assert (take.state, take.failure_class) == (State.QUEUED, FailureClass.UNREACHABLE)
    assert invoiced(emulator, take) == []


def test_again_keeps_it_and_an_edit_does_not_send_it(cast, submit, picture, account):
    take = again(cast, run_until(submit(), State.IN_REVIEW))
    with cast.at():
        twin = regenerate(render=take, submit_key=uuid.uuid4().hex, shown_microusd=PRICE, by=cast.amara)
        assert twin.brief_version_id == take.brief_version_id
    take = again(cast, take)
    with cast.at():
        edit = derive_render(
            source=take,
            kind=Kind.EDIT,
            prompt="By night",
            submit_key=uuid.uuid4().hex,
            shown_microusd=PRICE,
            by=cast.amara,
        )
        assert edit.brief_version.picture is None


def test_final_take_opens_with_the_same_part_at_its_own_size(cast, submit, brief, account):
    with cast.at():
        original = uploaded(cast, image_bytes(2000, 2000))
        cut = fit_picture(file=original, size="720x1280", choice=Choice(x=10), by=cast.amara)
        Brief.objects.filter(pk=brief.pk).update(picture=cut)
        brief.refresh_from_db()
    take = run_until(submit(), State.IN_REVIEW)
    with cast.at():
        Render.objects.filter(pk=take.pk).update(state=State.CLIENT_REVIEW)
    take = again(cast, take)
    with cast.at():
        price = pricing.quote(account, model="sora-2-pro", size="1024x1792", seconds=4)
        final = promote_render(
            source=take,
            model="sora-2-pro",
            size="1024x1792",
            submit_key=uuid.uuid4().hex,
            shown_microusd=price.microusd,
            by=cast.amara,
        )
        opens = final.brief_version.picture
        assert (opens.size, opens.cut["choice"]["x"]) == ("1024x1792", 10)
        assert opens.picture_id == original.picture_id


def test_continue_from_the_last_frame(cast, submit, brief, tmp_path):
    take = again(cast, run_until(submit(), State.IN_REVIEW))
    with cast.at():
        draft = continue_from(render=take, by=cast.amara)
        frame = draft.picture
        assert (frame.size, frame.picture.take_id) == (take.size, take.pk)
        assert frame.picture.facts["frame"] == take.asset(AssetKind.ORIGINAL).frames - 1
        # The same frame once more is the same picture.
        assert continue_from(render=again(cast, take), by=cast.amara).picture_id == frame.pk
        draft = Brief.objects.select_related("project").get(pk=draft.pk)
        after = submit_render(brief=draft, submit_key=uuid.uuid4().hex, shown_microusd=PRICE, by=cast.amara)
    done = again(cast, run_until(after, State.IN_REVIEW))
    assert done.brief_version.picture.picture.take_id == take.pk
    page = browser(cast.amara).get(f"/a/northlight/takes/{take.public_id}").content.decode()
    assert "Continued by" in page
    assert done.public_id in page


def test_upload_that_cannot_be_read_leaves_nothing(cast, account):
    with cast.at():
        with pytest.raises(CannotUse):
            upload_picture(chunks=[b"GIF89a"], size=6, fits="720x1280", by=cast.amara)
        assert not PictureFile.objects.exists()


def test_turned_image_of_the_right_size_needs_no_choice(cast, account):
    with cast.at():
        file = uploaded(cast, turned_bytes(720, 1280))
        assert (file.kind, file.size, file.content_type) == ("fit", "720x1280", "image/png")


def test_rival_finds_no_image_of_northlight(cast, account):
    with cast.at():
        file = uploaded(cast)
        assert pictures.find(file.public_id).pk == file.pk
    with cast.at(cast.rivalry):
        assert pictures.find(file.public_id) is None


def test_safety_check_sees_the_image_and_a_result_is_bound_to_it(cast, submit, picture, account, emulator):
    ProviderAccount.objects.filter(pk=account.pk).update(moderates=True)
    emulator.control.delete("/requests")
    take = submit()
    take = step(take)
    moderate.moderate(take.org_id, take.pk)
    asked = emulator.control.get("/requests?operation=moderation").json()["requests"]
    assert [entry["status"] for entry in asked] == [200]
    assert "data:image/png;base64," in json.dumps(asked)
    assert fresh(take).moderated_at is not None
    with cast.at():
        version = again_version(take)
        with_image = text_digest(version_texts(version))
        assert version_texts(version)["opening_image"] == picture.sha256
        assert with_image != text_digest(sent_texts(version))


def again_version(take):
    return Render.objects.select_related("brief_version__picture").get(pk=take.pk).brief_version


WAN = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"


@pytest.mark.parametrize("dialect", ["openai", "openai-guide", "vllm-omni", "sglang", "litellm", "relay"])
def test_every_dialect_takes_the_image_and_refuses_a_wrong_size(
    dialect, cast, account, emulator, brief, submit
):
    fields = {
        "base_url": emulator.url.replace("/v1", f"/as/{dialect}/v1"),
        "dialect": dialect.removesuffix("-guide"),
    }
    ProviderAccount.objects.filter(pk=account.pk).update(**fields)
    if dialect in {"vllm-omni", "sglang"}:
        ModelOffer.objects.filter(account=account).update(wire_model=WAN)
    with cast.at():
        wrong, right = uploaded(cast, image_bytes(640, 640)), uploaded(cast)
        Brief.objects.filter(pk=brief.pk).update(picture=right)
        brief.refresh_from_db()
    take = submit()
    with cast.at():
        # As if our own check had passed it: the server itself has to notice.
        PictureFile.objects.filter(pk=right.pk).update(storage_key=wrong.storage_key, sha256=wrong.sha256)
    refused = step(take)
    assert (refused.state, refused.failure_class) == (State.FAILED, FailureClass.INVALID_PARAMS), dialect
    with cast.at():
        Brief.objects.filter(pk=brief.pk).update(picture=uploaded(cast, image_bytes(tint=9)))
        brief.refresh_from_db()
    assert run_until(submit(), State.IN_REVIEW).state == State.IN_REVIEW
