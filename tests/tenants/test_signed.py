"""Signed documents are checked offline, and every change to one is noticed."""

import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from tenants import signed, signing
from tenants.models import SigningKey

PRIVATE = Ed25519PrivateKey.generate()
KEYS = {signed.key_id(PRIVATE.public_key()): PRIVATE.public_key()}
DOCUMENT = signed.sign(
    {
        "format": "dailies.deletion-receipt/1",
        "files": [{"sha256": "a" * 64, "bytes": 7, "kind": "original"}],
        "n": 1.5,
    },
    PRIVATE,
)


def changed(**values):
    return {**DOCUMENT, **values}


def test_untouched_document_is_genuine_also_after_a_round_trip():
    assert signed.check(DOCUMENT, KEYS) in KEYS
    text = json.dumps(DOCUMENT, indent=7, sort_keys=False).encode()
    assert signed.check(signed.parse(text), KEYS) in KEYS


@pytest.mark.parametrize(
    "document",
    [
        changed(format="dailies.deletion-receipt/2"),
        changed(more=1),
        changed(files=[]),
        changed(n=1),
        changed(signature="AAAA"),
        changed(signature="no base64 at all"),
        changed(signature=None),
        changed(key_id=None),
        changed(key_id="key_000000000000000000000000"),
        {name: value for name, value in DOCUMENT.items() if name != "n"},
        {},
    ],
)
def test_any_change_is_noticed(document):
    with pytest.raises(signed.BadDocument):
        signed.check(document, KEYS)


def test_every_flipped_byte_of_the_file_is_noticed():
    data = json.dumps(DOCUMENT).encode()
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 0x01
        with pytest.raises(signed.BadDocument):
            signed.check(signed.parse(bytes(flipped)), KEYS)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 90_000, b'{"a": 1, "a": 2}', b'{"a": NaN}', b"x" * 300_000]
)
def test_odd_files_are_refused_in_words(data):
    with pytest.raises(signed.BadDocument):
        signed.check(signed.parse(data), KEYS)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"keys": 3}', b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_odd_key_files_are_refused_in_words(data):
    with pytest.raises(signed.BadDocument):
        signed.read_keys(data)


@pytest.mark.django_db
def test_one_key_is_made_and_a_replaced_one_still_checks(tmp_path):
    first = signing.sign({"format": "x"})
    assert SigningKey.objects.get().is_current
    signing.rotate()
    second = signing.sign({"format": "x"})
    assert first["key_id"] != second["key_id"]
    for document in (first, second):
        signed.check(document, signing.public_keys())
    old = SigningKey.objects.get(key_id=first["key_id"])
    assert (old.private_sealed, old.is_current) == ("", False)
    assert "PRIVATE" not in SigningKey.objects.get(is_current=True).private_sealed


@pytest.mark.django_db
def test_published_keys_never_hold_a_private_half(client):
    signing.current()
    for address in ("/signing-keys.json", "/signing-keys.pem"):
        body = client.get(address).content
        assert signed.read_keys(body).keys() == signing.public_keys().keys()
        assert b"PRIVATE" not in body


@pytest.mark.django_db
def test_page_checks_a_file_that_somebody_brings(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    good = json.dumps(
        signing.sign({"format": "dailies.deletion-receipt/1", "receipt": "rct_x", "files": []})
    ).encode()
    answer = client.post("/verify", {"document": SimpleUploadedFile("r.json", good)})
    assert answer.status_code == 200
    assert "Genuine and unchanged" in answer.content.decode()
    bad = good.replace(b"rct_x", b"rct_y")
    answer = client.post("/verify", {"document": SimpleUploadedFile("r.json", bad)})
    assert answer.status_code == 422
    assert "It proves nothing" in answer.content.decode()
    assert client.post("/verify").status_code == 422
    script = json.dumps(signing.sign({"format": "<script>alert(1)</script>"})).encode()
    answer = client.post("/verify", {"document": SimpleUploadedFile("r.json", script)})
    assert b"<script>alert" not in answer.content


def test_command_needs_no_database(tmp_path):
    """In a process whose database does not exist, with the public key and nothing else."""
    receipt, pem = tmp_path / "receipt.json", tmp_path / "keys.pem"
    receipt.write_text(json.dumps(DOCUMENT))
    pem.write_text(signed.pem_of(PRIVATE.public_key()))
    environment = {
        "PATH": "/usr/bin",
        "LAPTOP": "1",
        "DATA_DIR": str(tmp_path / "nowhere"),
        "DATABASE_URL": "postgresql://nobody:x@127.0.0.1:9/none",
        "DATABASE_OWNER_URL": "postgresql://nobody:x@127.0.0.1:9/none",
    }
    command = [sys.executable, "manage.py", "verify_receipt", str(receipt), "--public-key", str(pem)]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Genuine and unchanged" in done.stdout
    assert "a" * 64 in done.stdout
    receipt.write_text(json.dumps(changed(n=2)))
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "It proves nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_without_any_key_believes_nobody(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(DOCUMENT))
    with pytest.raises(CommandError, match=r"signing-keys\.pem"):
        call_command("verify_receipt", str(receipt))
