"""What people do with characters, and what they are refused. Requirements B22, D22, F12."""

import hashlib

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from characters import rules
from characters.actions import approval, clips
from characters.actions import characters as actions
from characters.actions.likeness import CannotDecide, decide_likeness
from characters.models import Character, CharacterFile, Clip, Kind, Likeness, Origin
from characters.states import State
from tenants.models import AuditEvent
from tests import characters_kit as kit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def inside(cast):
    with cast.at():
        yield


@pytest.fixture
def draft(cast):
    return actions.create_character(kind=Kind.MASCOT, name="Pip", by=cast.amara, client=cast.acme)


def upload(character, by, content=None):
    content = content if content is not None else kit.clip_bytes()
    return clips.upload_clip(character=character, chunks=[content], size=len(content), by=by)


def audited(action):
    return AuditEvent.objects.filter(action=action).exists()


def test_two_of_one_name_are_refused_until_the_first_is_put_away(cast, draft):
    with pytest.raises(actions.NameTaken, match="could not tell them apart"):
        actions.create_character(kind=Kind.PROP, name="  pIp ", by=cast.amara)
    actions.retire_character(character=draft, reason="Old", by=cast.amara)
    assert actions.create_character(kind=Kind.PROP, name="  Pip   Two ", by=cast.amara).name == "Pip Two"
    assert actions.create_character(kind=Kind.PROP, name="pip", by=cast.amara).name == "pip"
    with pytest.raises(actions.NameTaken):
        actions.bring_back(character=draft, by=cast.amara)


def test_legal_upload_is_kept_byte_for_byte_with_preview_and_hash(cast, draft):
    clip = upload(draft, cast.amara)
    assert clip.is_legal
    draft.refresh_from_db()
    assert draft.clip_id == clip.pk
    files = {file.kind: file for file in clip.files.all()}
    assert set(files) == {"source", "preview", "poster"}
    with default_storage.open(files["source"].storage_key) as file:
        data = file.read()
    assert data == kit.clip_bytes()
    assert hashlib.sha256(data).hexdigest() == files["source"].sha256
    assert "/characters/" in files["source"].storage_key
    assert audited("character.clip_added")


def test_upload_that_breaks_rules_is_kept_and_mended_by_a_cut(cast, draft):
    bad = upload(draft, cast.amara, kit.clip_bytes(900, 900, 6.0, 12))
    assert [problem.rule for problem in bad.problems] == ["length", "shape"]
    choice = rules.Choice(start=1.0, seconds=3.0, shape="16:9", place=25, lines=720)
    good = clips.cut_clip(clip=bad, choice=choice, by=cast.amara)
    assert (good.problems, good.origin, good.parent_id) == ([], Origin.CUT, bad.pk)
    assert (good.facts["width"], good.facts["height"], good.facts["seconds"]) == (1280, 720, 3.0)
    assert not good.facts["has_audio"]
    draft.refresh_from_db()
    assert draft.clip_id == good.pk
    clips.use_clip(clip=bad, by=cast.amara)
    draft.refresh_from_db()
    assert draft.clip_id == bad.pk


def test_file_that_is_no_clip_leaves_nothing_behind(cast, draft):
    with pytest.raises(clips.BadClip, match="PNG picture"):
        upload(draft, cast.amara, b"\x89PNG\r\n\x1a\n" + bytes(200))
    with pytest.raises(clips.BadClip, match=r"51\.0 MB, and 50 MB"):
        clips.upload_clip(character=draft, chunks=[b"x"], size=51_000_000, by=cast.amara)
    draft.refresh_from_db()
    assert draft.clip_id is None
    assert not Clip.objects.exists()
    assert not CharacterFile.objects.exists()


def ready(cast, draft, **clip_fields):
    actions.edit_character(character=draft, by=cast.amara, **kit.SHEET)
    kit.clip(draft, cast.amara, attested=False)
    if clip_fields:
        Clip.objects.filter(pk=draft.clip_id).update(**clip_fields)
    return kit.fresh(draft)


def test_draft_says_everything_that_it_lacks_at_once(cast, draft):
    assert len(approval.missing(draft)) == 4
    with pytest.raises(approval.NotReady) as refusal:
        approval.send_for_approval(character=draft, attested=True, by=cast.amara)
    for words in ("Upload its clip", "looks like", "holds the rights", "written down"):
        assert words in str(refusal.value)
    kit.clip(draft, cast.amara, seconds=9.0)
    assert "Mend the clip: length." in approval.missing(kit.fresh(draft))


def test_attestation_keeps_name_time_and_the_very_words(cast, draft):
    draft = ready(cast, draft)
    with pytest.raises(approval.NotReady, match="Confirm that nobody"):
        approval.send_for_approval(character=draft, attested=False, by=cast.amara)
    approval.send_for_approval(character=draft, attested=True, by=cast.amara)
    clip = Clip.objects.get()
    assert (clip.attested_by, clip.attested_name) == (cast.amara, "Amara Diallo")
    assert "Nobody’s face" in clip.attested_text
    assert (timezone.now() - clip.attested_at).total_seconds() < 60
    assert kit.fresh(draft).state == State.VALIDATED


def test_maker_who_is_not_sure_sends_it_to_the_staff_first(cast, draft):
    draft = ready(cast, draft)
    approval.send_for_approval(character=draft, attested=False, doubt="A hand at the edge?", by=cast.amara)
    found = kit.fresh(draft)
    assert (found.state, found.clip.likeness) == (State.LIKENESS, Likeness.DOUBTFUL)
    decide_likeness(clip=found.clip, verdict=Likeness.CLEARED, reason="A glove", by=cast.sol)
    found = kit.fresh(draft)
    assert (found.state, found.clip.likeness_by) == (State.VALIDATED, cast.sol)
    assert audited("character.likeness_decided")


def test_face_that_the_detector_saw_sends_an_attested_clip_to_the_staff(cast, draft):
    draft = ready(
        cast, draft, likeness=Likeness.DOUBTFUL, doubt="The face detector saw a face in 3 of 8 pictures."
    )
    approval.send_for_approval(character=draft, attested=True, by=cast.amara)
    assert kit.fresh(draft).state == State.LIKENESS


def test_refused_clip_goes_back_with_the_reason_and_cannot_be_sent_or_chosen_again(cast, draft):
    draft = ready(cast, draft)
    approval.send_for_approval(character=draft, attested=False, doubt="Not sure", by=cast.amara)
    decide_likeness(
        clip=kit.fresh(draft).clip, verdict=Likeness.REFUSED, reason="That is somebody", by=cast.sol
    )
    found = kit.fresh(draft)
    assert (found.state, found.note) == (State.DRAFT, "That is somebody")
    with pytest.raises(approval.NotReady, match="refused this clip"):
        approval.send_for_approval(character=found, attested=True, by=cast.amara)
    refused = found.clip
    kit.clip(found, cast.amara)
    with pytest.raises(clips.CannotChangeClip, match="That is somebody"):
        clips.use_clip(clip=refused, by=cast.amara)


def test_staff_decide_once_and_with_a_reason(cast, draft):
    draft = ready(cast, draft)
    with pytest.raises(CannotDecide, match="does not wait"):
        decide_likeness(clip=draft.clip, verdict=Likeness.CLEARED, reason="Fine", by=cast.sol)
    approval.send_for_approval(character=draft, attested=False, doubt="Not sure", by=cast.amara)
    clip = kit.fresh(draft).clip
    for verdict, reason in ((Likeness.CLEARED, " "), ("none", "x"), ("", "x")):
        with pytest.raises(CannotDecide):
            decide_likeness(clip=clip, verdict=verdict, reason=reason, by=cast.sol)
    decide_likeness(clip=clip, verdict=Likeness.CLEARED, reason="A glove", by=cast.sol)
    with pytest.raises(CannotDecide, match="does not wait"):
        decide_likeness(clip=clip, verdict=Likeness.REFUSED, reason="Hm", by=cast.sol)


def approve(character, by):
    approval.approve(character=character, shown_version=kit.fresh(character).version, by=by)


def test_nobody_approves_what_they_made(cast):
    character = kit.character(cast, State.VALIDATED)
    with pytest.raises(approval.CannotApprove, match="somebody else"):
        approve(character, cast.amara)
    # Nor who brought the clip, whoever began the character.
    of_bruno = kit.character(cast, State.VALIDATED, name="Zed", by=cast.bruno)
    Character.objects.filter(pk=of_bruno.pk).update(created_by=cast.amara)
    for maker in (cast.amara, cast.bruno):
        with pytest.raises(approval.CannotApprove, match="somebody else"):
            approve(of_bruno, maker)
    approve(character, cast.bruno)
    found = kit.fresh(character)
    assert (found.state, found.approved_by) == (State.AWAITING, cast.bruno)
    assert found.next_action_at is not None
    assert audited("character.approved")


def test_approval_of_an_older_look_is_refused(cast):
    character = kit.character(cast, State.VALIDATED)
    with pytest.raises(approval.CannotApprove, match="has changed"):
        approval.approve(character=character, shown_version=character.version - 1, by=cast.bruno)


def test_expired_rights_are_not_approved(cast):
    character = kit.character(cast, State.VALIDATED, rights_until="2020-01-01")
    with pytest.raises(approval.CannotApprove, match="rights have ended"):
        approve(character, cast.bruno)


def test_asking_for_changes_sends_it_back_with_words(cast):
    character = kit.character(cast, State.VALIDATED)
    with pytest.raises(approval.CannotApprove, match="what has to change"):
        approval.ask_for_changes(character=character, reason="  ", by=cast.bruno)
    approval.ask_for_changes(character=character, reason="Less shine", by=cast.bruno)
    assert (kit.fresh(character).state, kit.fresh(character).note) == (State.DRAFT, "Less shine")


def test_what_was_approved_stays_and_rights_can_be_renewed(cast):
    character = kit.character(cast, State.REGISTERED)
    for changes in ({"name": "Pop"}, {"look": "Square"}, {"donts": "Nothing"}):
        with pytest.raises(actions.CannotChange, match="stays as it is"):
            actions.edit_character(character=character, by=cast.amara, **changes)
    until = timezone.now().date()
    actions.edit_character(character=character, by=cast.amara, rights_until=until, look=character.look)
    assert kit.fresh(character).rights_until == until
    with pytest.raises(approval.CannotApprove):
        approve(character, cast.bruno)


def test_taking_back_voids_the_approval_and_a_registered_one_cannot_be_taken_back(cast):
    character = kit.character(cast, State.APPROVED)
    approval.take_back(character=character, by=cast.amara)
    found = kit.fresh(character)
    assert (found.state, found.approved_by, found.approved_at) == (State.DRAFT, None, None)
    ready_one = kit.character(cast, State.REGISTERED, name="Zed")
    with pytest.raises(actions.CannotChange, match="provider knows it"):
        approval.take_back(character=ready_one, by=cast.amara)
    with pytest.raises(clips.CannotChangeClip, match="provider knows it"):
        upload(ready_one, cast.amara)


def test_retired_one_comes_back_only_through_a_new_approval(cast):
    character = kit.character(cast, State.REGISTERED)
    with pytest.raises(actions.CannotChange, match="Say why"):
        actions.retire_character(character=character, reason=" ", by=cast.amara)
    actions.retire_character(character=character, reason="Old look", by=cast.amara)
    assert "retired" in kit.fresh(character).why_not()
    actions.bring_back(character=character, by=cast.amara)
    found = kit.fresh(character)
    assert (found.state, found.approved_by) == (State.VALIDATED, None)


def test_revocation_is_final_from_every_state(cast):
    for number, state in enumerate(state for state in State if state != State.REVOKED):
        character = kit.character(cast, state, name=f"Thing {number}")
        actions.revoke_character(character=character, reason="Contract ended", by=cast.amara)
        found = kit.fresh(character)
        assert (found.state, found.note, found.next_action_at) == (State.REVOKED, "Contract ended", None)
        assert "revoked" in found.why_not()
    with pytest.raises(actions.CannotChange):
        actions.bring_back(character=found, by=cast.amara)
    with pytest.raises(approval.NotReady):
        approval.send_for_approval(character=found, attested=True, by=cast.amara)


def test_registration_is_asked_for_by_people_only_when_it_is_approved_and_in_force(cast):
    for state in (State.DRAFT, State.VALIDATED, State.AWAITING, State.RETIRED):
        character = kit.character(cast, state, name=f"Thing {state}")
        with pytest.raises(actions.CannotChange):
            approval.ask_registration(character=character, by=cast.amara)
    expired = kit.character(cast, State.APPROVED, name="Late", rights_until="2020-01-01")
    with pytest.raises(actions.CannotChange, match="ended on"):
        approval.ask_registration(character=expired, by=cast.amara)
