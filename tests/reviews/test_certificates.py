"""The certificate says who, when, which bytes; and anybody can check it without us."""

import hashlib
import json

import pytest

from reviews.models import Decision, Round, StageKind, Verdict
from tests import factories
from tests.cast import Cast, browser
from tests.reviews.helpers import text_of


@pytest.fixture
def signed(cast: Cast, shared: Round) -> tuple[Decision, str]:
    with cast.at():
        link, token = factories.link(shared, cast.amara, may_download=True)
        decision = factories.decided(
            shared, Verdict.APPROVED, factories.clara(link), kind=StageKind.CLIENT, note="Lovely – really"
        )
    return decision, token


def _pages(signed: tuple[Decision, str]) -> list[str]:
    decision, token = signed
    return [
        f"/a/northlight/certificates/{decision.public_id}",
        f"/p/{token}/certificate/{decision.public_id}",
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_it_names_who_when_and_which_bytes(cast: Cast, signed: tuple[Decision, str], side: int) -> None:
    decision, _token = signed
    who = browser() if side else browser(cast.bruno)

    page = text_of(who.get(_pages(signed)[side]))

    for fact in ("Clara Okafor", "Lovely – really", decision.asset_sha256, decision.params_digest, decision.prev_hash,
                 decision.hash, decision.public_id, "Record intact", "120 frames", "sha256sum lighthouse-at-dusk-take-1.mp4"):  # fmt: skip
        assert fact in page
    assert f'data-verify="{decision.asset_sha256}"' in page
    assert ("clara@acme.test" in page) == (side == 0)


@pytest.mark.parametrize("side", [0, 1])
def test_the_json_can_be_checked_without_us(cast: Cast, signed: tuple[Decision, str], side: int) -> None:
    """By the rule that it states, in a few lines that share nothing with ours."""
    decision, _token = signed
    who = browser() if side else browser(cast.bruno)

    response = who.get(_pages(signed)[side] + ".json")
    found = json.loads(response.content)

    chain = found["chain"]
    content = json.dumps(chain["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    computed = hashlib.sha256(f"{chain['prev_hash']}\n{content}".encode()).hexdigest()
    assert computed == chain["hash"] == decision.hash
    assert chain["content"]["asset_sha256"] == found["file"]["sha256"] == decision.asset_sha256
    assert chain["is_intact"] is True
    assert response["Content-Disposition"] == f'attachment; filename="{decision.public_id}.json"'


def test_a_broken_record_says_so(
    cast: Cast, signed: tuple[Decision, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviews.certificates.is_intact", lambda _decision: False)

    assert "does not match its hash" in text_of(browser(cast.bruno).get(_pages(signed)[0]))


def test_other_bytes_in_the_store_are_not_passed_off_as_the_decided_ones(
    cast: Cast, signed: tuple[Decision, str]
) -> None:
    decision, _token = signed
    with cast.at():
        original = decision.stage.round.render.assets.get(kind="original")
        original.sha256 = "0" * 64
        original.save()

    page = text_of(browser(cast.bruno).get(_pages(signed)[0]))

    assert "not kept here any more" in page
    assert "/original" not in page
    assert decision.asset_sha256 in page


def test_a_link_opens_certificates_of_its_own_round_only(cast: Cast, signed: tuple[Decision, str]) -> None:
    decision, _token = signed
    with cast.at():
        _link, other = factories.link(factories.shared_take(cast, title="Kettle"), cast.amara)

    assert browser().get(f"/p/{other}/certificate/{decision.public_id}").status_code == 404
