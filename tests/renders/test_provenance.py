"""Content credentials on the way in: read from the bytes as they came, kept byte for byte, and never believed blindly."""

import hashlib
from pathlib import Path

import pytest

from renders.emulator.media import credentials as maker
from renders.models import AssetKind, Credentials, Provenance
from renders.states import State
from tenants import storage
from tenants.media import run as media
from tests.player.clip import write_clip
from tests.renders.pipeline import fresh, run_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    return maker.prepare(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "plain.mp4"
    write_clip(path, frames=12, rate=30)
    return path


@pytest.fixture(scope="module")
def signed(plain, certificate) -> Path:
    path = plain.with_name("signed.mp4")
    path.write_bytes(plain.read_bytes())
    maker.sign(path, certificate, "A clip")
    return path


def spoilt(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_states_of_a_file(plain, signed, certificate, tmp_path, settings):
    assert media.credentials(plain)["state"] == "absent"
    said = media.credentials(signed)
    assert said["state"] == "valid"
    assert said["generator"] == "Videos emulator 1"
    assert said["signer"] == "Emulated renderer, Videos emulator (test)"
    assert said["claimed_at"].endswith("Z")
    broken = media.credentials(spoilt(tmp_path / "b.mp4", maker.spoil(signed.read_bytes(), "broken")))
    assert broken["state"] == "broken"
    assert broken["problems"]
    assert (
        media.credentials(spoilt(tmp_path / "a.mp4", maker.spoil(signed.read_bytes(), "absent")))["state"]
        == "absent"
    )
    settings.C2PA_TRUST_ANCHORS = str(certificate / "ca.pem")
    assert media.credentials(signed)["state"] == "trusted"
    assert media.credentials(tmp_path / "b.mp4")["state"] == "broken"


def test_trust_in_somebody_else_is_no_trust(signed, tmp_path, settings):
    other = maker.prepare(tmp_path / "other")
    settings.C2PA_TRUST_ANCHORS = str(other / "ca.pem")
    assert media.credentials(signed)["state"] == "valid"


def test_picture_that_was_changed_after_signing_is_broken(signed, tmp_path):
    data = bytearray(signed.read_bytes())
    data[-40] ^= 1
    found = media.credentials(spoilt(tmp_path / "changed.mp4", bytes(data)))
    assert (found["state"], found["problems"]) == ("broken", ["assertion.bmffHash.mismatch"])


def test_a_byte_flipped_anywhere_in_the_manifest_ends_in_a_state_and_is_never_trusted(
    signed, certificate, tmp_path
):
    """Corpus: hostile manifests, each within a bounded time, none of them a crash."""
    from tenants.media.credentials import credentials

    data = signed.read_bytes()
    begin, end = data.find(b"jumb") - 40, data.find(b"moov")
    states = set()
    for at in range(begin, end, 211):
        flipped = bytearray(data)
        flipped[at] ^= 0x41
        states.add(
            credentials(spoilt(tmp_path / "flipped.mp4", bytes(flipped)), certificate / "ca.pem")["state"]
        )
        cut = spoilt(tmp_path / "cut.mp4", data[:at])
        states.add(credentials(cut, certificate / "ca.pem")["state"])
    assert "broken" in states
    # A flip in the padding behind the manifest, or in a box that no hash covers, changes nothing that was signed.
    assert states <= {"broken", "absent", "present", "trusted", "valid"}


def test_a_decoder_that_dies_tells_nobody_a_lie(submit, monkeypatch):
    def dies(_source):
        raise media.Unreadable("killed")

    monkeypatch.setattr(media, "credentials", dies)
    render = run_until(submit(), State.IN_REVIEW)
    assert told(render).credentials == Credentials.PRESENT
    assert "could not be checked" in told(render).meaning


def told(render) -> Provenance:
    from tenants.scope import org_transaction

    with org_transaction(render.org_id):
        return Provenance.objects.get(render=render)


def test_clip_of_the_provider_is_valid_and_kept_byte_for_byte(submit, emulator):
    render = run_until(submit(), State.IN_REVIEW)
    found = told(render)
    assert (found.credentials, found.generator) == ("valid", "Videos emulator 1")
    original = fresh(render).asset(AssetKind.ORIGINAL)
    with storage.opened(original.storage_key) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == original.sha256 == found.asset_sha256
    assert b"jumb" in data, "the original keeps its credentials"
    with storage.opened(fresh(render).asset(AssetKind.PROXY).storage_key) as file:
        assert b"jumb" not in file.read(), "the review copy carries none, as its page says"


@pytest.mark.parametrize("variant", ["broken", "absent"])
def test_provider_that_sends_other_credentials(submit, fault, variant):
    fault("credentials", variant=variant)
    render = run_until(submit(), State.IN_REVIEW)
    found = told(render)
    assert found.credentials == variant
    assert found.needs_acknowledgement == (variant == "broken")
