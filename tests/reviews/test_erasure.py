"""A client's person and a former member are erased; decisions, certificates and chains stay whole."""

import hashlib
import hmac
import json
import re

import pytest
from django.core.management import call_command

from renders.steps import watch
from reviews.actions.decisions import first_break, is_intact
from reviews.actions.erasure import CannotErase, erase_guest
from reviews.models import Comment, Decision, DecisionNote, Guest, PortalLink, StageKind, Verdict
from tenants import audit, papers
from tenants.actions.erasure import CannotEraseMember, erase_member
from tenants.actions.members import remove_member
from tenants.models import AuditEvent, Chore, Erasure, Membership, User
from tenants.roles import Role
from tests import factories, traces
from tests.cast import Cast, assemble, browser
from tests.reviews.helpers import text_of

NAME, MAIL = "Clara Okafor", "clara@acme.test"


@pytest.fixture
def signed_off(transactional_db):
    """Clara came through two links, said things, and signed."""
    cast = assemble()
    with cast.at():
        round_ = factories.shared_take(cast)
        link, token = factories.link(round_, cast.amara)
        clara = factories.clara(link)
        other, _ = factories.link(factories.shared_take(cast, title="Other"), cast.amara)
        factories.clara(other)
        factories.said(round_, clara, "It was Clara's idea")
        decision = factories.decided(
            round_, Verdict.APPROVED, clara, kind=StageKind.CLIENT, note="Lovely, says Clara"
        )
    return cast, clara, decision, token


def erase(cast: Cast, guest: Guest, *, with_words: bool = False, typed: str = NAME):
    with cast.at():
        return erase_guest(guest=guest, with_words=with_words, typed=typed, by=cast.amara)


def test_chain_holds_a_salted_digest_of_the_note_and_no_name(signed_off):
    cast, _clara, decision, _token = signed_off
    with cast.at():
        words = DecisionNote.objects.get(decision=decision)
        assert (
            decision.note_digest
            == hmac.new(words.salt.encode(), words.body.encode(), hashlib.sha256).hexdigest()
        )
        content = json.dumps(list(AuditEvent.objects.values("actor", "subject", "data")), default=str)
    assert "Clara" not in content
    assert MAIL not in content


def test_erasure_leaves_no_trace_and_the_chain_whole(signed_off):
    cast, clara, _decision, _token = signed_off
    assert traces.in_database([MAIL.encode()])
    found = erase(cast, clara, with_words=True)
    assert (len(found.guests), found.comments, found.notes) == (2, 1, 1)
    assert traces.in_database([MAIL.encode(), b"Okafor", b"says Clara", b"Clara's idea"]) == []
    with cast.at():
        chain = list(Decision.objects.select_related("words").order_by("seq"))
        assert first_break(chain) is None
        assert all(is_intact(each) for each in chain)
        assert audit.first_break(AuditEvent.objects.order_by("seq")) is None
        assert Guest.objects.filter(erased_at=None).count() == 0
        assert set(PortalLink.objects.values_list("label", flat=True)) == {""}
    call_command("verify_audit")


def test_words_stay_unless_they_are_asked_for(signed_off):
    cast, clara, decision, _token = signed_off
    erase(cast, clara)
    with cast.at():
        assert Comment.objects.get(guest=clara).body == "It was Clara's idea"
        assert Decision.objects.select_related("words").get(pk=decision.pk).note == "Lovely, says Clara"


def test_certificate_says_that_the_name_was_erased(signed_off):
    cast, clara, decision, token = signed_off
    erase(cast, clara, with_words=True)
    for who, page in (
        (browser(cast.bruno), f"/a/northlight/certificates/{decision.public_id}"),
        (browser(), f"/p/{token}/certificate/{decision.public_id}"),
    ):
        text = text_of(who.get(page))
        assert "Name erased on" in text
        assert "Record intact" in text
        assert "Okafor" not in text
        found = json.loads(who.get(f"{page}.json").content)
        assert "name_erased_at" in found["decision"]["by"]
        assert "note" not in found["decision"]
        assert found["chain"]["is_intact"] is True
    room = browser(cast.bruno).get(f"/a/northlight/review/{decision.stage.round.render.public_id}")
    assert "The words of this comment were erased." in text_of(room)


def test_note_can_be_checked_from_the_certificate_alone(signed_off):
    cast, _clara, decision, _token = signed_off
    found = json.loads(
        browser(cast.bruno).get(f"/a/northlight/certificates/{decision.public_id}.json").content
    )
    said = found["decision"]
    computed = hmac.new(said["note_salt"].encode(), said["note"].encode(), hashlib.sha256).hexdigest()
    assert computed == found["chain"]["content"]["note_digest"]


def test_edited_or_exchanged_note_is_noticed(signed_off):
    cast, _clara, decision, _token = signed_off
    with cast.at():
        DecisionNote.objects.filter(decision=decision).update(body="I never said yes")
        fresh = Decision.objects.select_related("words").get(pk=decision.pk)
        assert not is_intact(fresh)
        assert first_break(Decision.objects.select_related("words").order_by("seq")) is not None
        DecisionNote.objects.all().delete()
        assert not is_intact(Decision.objects.select_related("words").get(pk=decision.pk))


def test_decision_from_before_there_were_digests_is_checked_and_can_be_erased(signed_off):
    """As the migration leaves it: the hash covers the note itself."""
    from reviews.actions.decisions import content_of
    from tests.owner import as_owner

    cast, clara, decision, _token = signed_off
    with cast.at():
        row = Decision.objects.select_related("words").get(pk=decision.pk)
        row.content_version, row.note_digest = 1, ""
        link = audit.chain_hash(row.prev_hash, content_of(row))
    as_owner(
        "ALTER TABLE reviews_decision DISABLE TRIGGER append_only",
        "ALTER TABLE reviews_decision NO FORCE ROW LEVEL SECURITY",
        f"UPDATE reviews_decision SET content_version = 1, note_digest = '', hash = '{link}' WHERE id = '{row.pk}'",
        "ALTER TABLE reviews_decision FORCE ROW LEVEL SECURITY",
        "ALTER TABLE reviews_decision ENABLE TRIGGER append_only",
    )
    with cast.at():
        assert is_intact(Decision.objects.select_related("words").get(pk=row.pk))
        DecisionNote.objects.filter(decision=row).update(body="Changed")
        assert not is_intact(Decision.objects.select_related("words").get(pk=row.pk))
    erase(cast, clara, with_words=True)
    with cast.at():
        assert is_intact(Decision.objects.select_related("words").get(pk=row.pk))
        assert first_break(Decision.objects.select_related("words").order_by("seq")) is None


def test_erased_guest_is_a_stranger_to_the_portal(signed_off):
    cast, clara, _decision, token = signed_off
    phone = browser()
    phone.post(f"/p/{token}/comment", {"body": "x"})
    erase(cast, clara)
    page = text_of(browser().get(f"/p/{token}/"))
    assert "Okafor" not in page


@pytest.mark.parametrize("typed", ["", "Clara", "clara okafor"])
def test_wrong_name_erases_nothing(signed_off, typed):
    cast, clara, _decision, _token = signed_off
    with pytest.raises(CannotErase, match="to confirm"):
        erase(cast, clara, typed=typed)
    with cast.at():
        assert Guest.objects.get(pk=clara.pk).name == NAME


def test_pages_are_for_owners(signed_off):
    cast, clara, _decision, _token = signed_off
    base = "/a/northlight/retention/people/"
    amara = browser(cast.amara)
    assert MAIL in text_of(amara.get(base))
    assert MAIL in text_of(amara.get(f"{base}?q={MAIL.upper()}"))
    url = f"{base}{clara.public_id}/erase"
    assert "2 links" in text_of(amara.get(url))
    assert amara.post(url, {"confirm": "wrong"}).status_code == 422
    shown = re.findall(r'name="shown" value="([^"]+)"', text_of(amara.get(url)))
    done = amara.post(url, {"confirm": NAME, "with_words": "on", "shown": shown}, follow=True)
    assert "Erased: 2 entries, 1 name, 2 links." in text_of(done)
    assert amara.post(url, {"confirm": ""}).status_code == 422
    for user in (cast.bruno, cast.fay, cast.vera):
        assert browser(user).get(base).status_code == 403
    assert browser(cast.dmitri).get(base).status_code == 404
    assert browser(cast.dmitri).get(url.replace("northlight", "rivalry")).status_code == 404


def test_restored_database_is_told_of_erasures_again(signed_off, capsys):
    cast, clara, _decision, _token = signed_off
    erase(cast, clara, with_words=True)
    watch.watch(cast.northlight.pk)
    with cast.at():
        assert Erasure.objects.get().filed_at
    assert len(papers.names(cast.northlight.pk, papers.ERASURES)) == 1
    with cast.at():
        Guest.objects.filter(pk=clara.pk).update(name=NAME, email=MAIL, erased_at=None)
        Erasure.objects.all().delete()
    call_command("replay_deletions")
    assert "1 done again" in capsys.readouterr().out
    assert traces.in_database([MAIL.encode()]) == []


@pytest.fixture
def gone(transactional_db):
    cast = assemble()
    with cast.at():
        round_ = factories.round_of(factories.take(cast), cast.amara)
        factories.said(round_, cast.bruno, "Bruno was here")
        member = Membership.objects.select_related("user").get(user=cast.bruno)
    return cast, member


def test_former_member_is_erased_and_the_trail_leads_to_nobody(gone):
    cast, member = gone
    with cast.at(), pytest.raises(CannotEraseMember, match="membership away first"):
        erase_member(membership=member, typed="Bruno Keller", by=cast.amara)
    with cast.at():
        remove_member(membership=member, by=cast.amara)
        member = Membership.objects.select_related("user").get(pk=member.pk)
        assert member.removed_at
        with pytest.raises(CannotEraseMember, match="to confirm"):
            erase_member(membership=member, typed="Bruno", by=cast.amara)
        erase_member(membership=member, typed="Bruno Keller", by=cast.amara)
    assert traces.in_database([b"bruno@northlight.test", b"Keller"]) == []
    bruno = User.objects.get(pk=cast.bruno.pk)
    assert (bruno.is_active, str(bruno), bruno.has_usable_password()) == (False, "Former member", False)
    with cast.at():
        assert audit.first_break(AuditEvent.objects.order_by("seq")) is None
        assert Chore.objects.filter(kind="audit").exists()
    assert "Former member" in text_of(browser(cast.amara).get("/a/northlight/audit/"))


def test_member_of_another_agency_is_not_erased(gone):
    cast, member = gone
    with cast.at(cast.rivalry):
        Membership.objects.create(user=cast.bruno, role=Role.VIEWER)
    with cast.at():
        remove_member(membership=member, by=cast.amara)
        member = Membership.objects.select_related("user").get(pk=member.pk)
        with pytest.raises(CannotEraseMember, match="another agency"):
            erase_member(membership=member, typed="Bruno Keller", by=cast.amara)


def test_members_page_offers_it_to_owners(gone):
    cast, member = gone
    with cast.at():
        remove_member(membership=member, by=cast.amara)
    amara = browser(cast.amara)
    assert "Former members" in text_of(amara.get("/a/northlight/members/"))
    url = f"/a/northlight/members/{member.public_id}/erase"
    assert "to confirm" in text_of(amara.post(url, {"confirm": "x"}, follow=True))
    assert "Erased." in text_of(amara.post(url, {"confirm": "Bruno Keller"}, follow=True))
    assert "Former members" not in text_of(amara.get("/a/northlight/members/"))
    assert browser(cast.fay).post(url).status_code == 403


@pytest.fixture
def shared_address(transactional_db):
    """Clara came twice through one link; Dan of the same office gave the same address at another."""
    cast = assemble()
    with cast.at():
        round_ = factories.shared_take(cast)
        link, _ = factories.link(round_, cast.amara)
        clara = factories.clara(link)
        Guest.objects.create(link=link, name=NAME, email=MAIL)
        other, _ = factories.link(factories.shared_take(cast, title="Kettle"), cast.amara)
        dan = Guest.objects.create(link=other, name="Dan Ito", email=MAIL)
        factories.said(other.round, dan, "Dan was here")
    return cast, clara, dan


def test_page_names_everybody_of_the_address_before_they_go(shared_address):
    cast, clara, _dan = shared_address
    amara = browser(cast.amara)
    url = f"/a/northlight/retention/people/{clara.public_id}/erase"
    page = text_of(amara.get(url))
    assert "3 entries, 2 names, 2 links" in page
    assert page.count("<bdi>Clara Okafor</bdi>") == 2
    assert "<bdi>Dan Ito</bdi>" in page
    assert "Kettle" in page
    assert f"<bdi>{MAIL}</bdi></strong> to confirm" in page
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    assert len(shown) == 3
    by_name = amara.post(url, {"confirm": NAME, "shown": shown})
    assert (by_name.status_code, MAIL in text_of(by_name)) == (422, True)
    done = amara.post(url, {"confirm": MAIL, "shown": shown}, follow=True)
    assert "Erased: 3 entries, 2 names, 2 links." in text_of(done)
    with cast.at():
        assert not Guest.objects.filter(erased_at=None).exists()


def test_nobody_goes_whom_the_page_did_not_name(shared_address):
    cast, clara, _dan = shared_address
    amara = browser(cast.amara)
    url = f"/a/northlight/retention/people/{clara.public_id}/erase"
    shown = re.findall(r'name="shown" value="([^"]+)"', text_of(amara.get(url)))
    with cast.at():
        Guest.objects.create(link=clara.link, name="Cy", email=MAIL)
    answer = amara.post(url, {"confirm": MAIL, "shown": shown})
    assert answer.status_code == 422
    assert "read the list again" in text_of(answer)
    assert "4 entries" in text_of(answer)
    with cast.at():
        assert Guest.objects.filter(erased_at=None).count() == 4
