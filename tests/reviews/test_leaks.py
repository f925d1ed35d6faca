"""What is said inside stays inside: a canary in every internal place, and every address of the portal."""

import pytest

from renders.states import State
from reviews.actions.rounds import reopen
from reviews.models import Decision, Round, StageKind, Verdict
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import room, shown, text_of

CANARY = "canary-7f3a"
WHO = {"name": "Clara", "email": "clara@acme.test"}


@pytest.fixture
def spiked(cast: Cast) -> Round:
    """Internal comments, answers, notes of decisions, reviewers' notes, prompt, and another round's words."""
    with cast.at():
        brief = factories.brief(
            cast, title="Lighthouse", reviewer_notes=f"{CANARY}-notes", camera=f"{CANARY}-prompt"
        )
        round_ = factories.round_of(factories.take(cast, brief=brief), cast.amara)
        inside = factories.said(round_, cast.amara, f"{CANARY}-inside", shared=False, frame_in=3)
        factories.said(round_, cast.bruno, f"{CANARY}-answer", shared=False, parent=inside)
        outside = factories.said(round_, cast.amara, "For the client")
        # An answer is as visible as its thread; even one that says otherwise must not pass.
        factories.said(round_, cast.bruno, f"{CANARY}-crossed", shared=False, parent=outside)
        deleted = factories.said(round_, cast.amara, f"{CANARY}-deleted")
        deleted.deleted_at = deleted.created_at
        deleted.save()
        factories.decided(round_, Verdict.APPROVED_WITH_CHANGES, cast.bruno, note=f"{CANARY}-decision")
        other = factories.shared_take(cast, title="Kettle")
        factories.said(other, cast.amara, f"{CANARY}-other")
    return round_


@pytest.mark.parametrize("state", ["open", "approved", "changes", "taken back"])
def test_no_address_of_the_portal_says_what_was_said_inside(cast: Cast, spiked: Round, state: str) -> None:
    with cast.at():
        link, token = factories.link(spiked, cast.amara, may_download=True)
        internal = Decision.objects.get(stage__round=spiked)
        clara = factories.clara(link)
        verdict = Verdict.CHANGES_REQUIRED if state == "changes" else Verdict.APPROVED
        if state in {"approved", "changes"}:
            factories.decided(spiked, verdict, clara, kind=StageKind.CLIENT, note="Ours")
        if state == "taken back":
            reopen(round_=spiked, by=cast.amara)
    guest = browser()
    found = []
    decisions = [internal]
    with cast.at():
        decisions += Decision.objects.filter(stage__round=spiked, guest__isnull=False)
    paths = ["", "enter", "decide", "download", "media", "brand.css", "comment"]
    paths += [f"certificate/{d.public_id}{end}" for d in decisions for end in ("", ".json")]
    for path in paths:
        for response in (
            guest.get(f"/p/{token}/{path}", follow=False),
            guest.post(f"/p/{token}/{path}", {}),
            guest.post(
                f"/p/{token}/{path}", shown(spiked, f"{path}-x", verdict="approved", body="Hello", **WHO)
            ),
        ):
            body = b"".join(response) if response.streaming else response.content
            found += [path] if CANARY.encode() in body else []

    assert found == []
    certificate = guest.get(f"/p/{token}/certificate/{internal.public_id}")
    assert CANARY not in text_of(certificate)
    assert certificate.status_code == (200 if state == "taken back" else 404)


def test_the_canary_is_there_for_the_team(cast: Cast, spiked: Round) -> None:
    """Else the test above would pass for want of a canary."""
    page = text_of(browser(cast.bruno).get(room(spiked.render)))

    for part in ("inside", "answer", "crossed", "decision", "notes", "prompt"):
        assert f"{CANARY}-{part}" in page
    assert f"{CANARY}-deleted" not in page
    assert f"{CANARY}-other" not in page


def test_one_guest_does_not_read_anothers_address(cast: Cast, spiked: Round) -> None:
    with cast.at():
        link, token = factories.link(spiked, cast.amara)
        clara = factories.clara(link)
        clara.email = f"{CANARY}@acme.test"
        clara.save()
        decision = factories.decided(spiked, Verdict.APPROVED, clara, kind=StageKind.CLIENT)
        factories.said(spiked, clara, "Lovely")
    assert spiked.render.state == State.DELIVERABLE

    for path in ("", f"certificate/{decision.public_id}", f"certificate/{decision.public_id}.json"):
        assert CANARY not in text_of(browser().get(f"/p/{token}/{path}")), path
