"""Sign receipts and heads of the audit trail. The key is made on first use, and lies sealed in the database."""

import json
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from tenants import signed
from tenants.models import SigningKey
from tenants.secrets import seal, unseal

log = structlog.get_logger(__name__)

_LOCK = 7_315_002  # advisory lock: one key is made, whoever asks first


def _new() -> SigningKey:
    private = Ed25519PrivateKey.generate()
    plain = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key()
    return SigningKey.objects.create(
        key_id=signed.key_id(public), public_pem=signed.pem_of(public), private_sealed=seal(plain.decode())
    )


def current() -> SigningKey:
    """The key that signs today; made if there is none."""
    found = SigningKey.objects.filter(is_current=True).first()
    if found is not None:
        return found
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        found = SigningKey.objects.filter(is_current=True).first()
        if found is None:
            found = _new()
            log.info("signing_key_made", key=found.key_id)
    return found


def rotate() -> SigningKey:
    """A new key from now on. The old one's public half stays, so that what it signed can be checked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        SigningKey.objects.filter(is_current=True).update(
            is_current=False, retired_at=Now(), private_sealed=""
        )
        made = _new()
    log.info("signing_key_rotated", key=made.key_id)
    return made


def sign(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the current key's signature. Raises secrets.SecretUnreadable."""
    private = serialization.load_pem_private_key(unseal(current().private_sealed).encode(), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    return signed.sign(document, private)


def public_keys() -> dict[str, Any]:
    """Every key that ever signed, by its id."""
    keys: dict[str, Any] = {}
    for pem in SigningKey.objects.order_by("pk").values_list("public_pem", flat=True):
        keys |= signed.read_keys(pem.encode())
    return keys


def published() -> dict[str, Any]:
    """What /signing-keys.json answers: public halves only, the newest first."""
    current()
    rows = SigningKey.objects.order_by("-is_current", "-pk")
    return {
        "format": "dailies.keys/1",
        "rule": signed.RULE,
        "keys": [
            {
                "key_id": row.key_id,
                "algorithm": "Ed25519",
                "pem": row.public_pem,
                "created_at": row.created_at,
                "retired_at": row.retired_at,
            }
            for row in rows
        ],
    }


def local_copy() -> Path:
    """Where this machine keeps the public keys, so that a receipt can be checked while no database runs."""
    return Path(settings.DATA_DIR) / "signing-keys.json"


def write_local_copy() -> None:
    """Bring local_copy() up to date. Harmless to repeat."""
    text = json.dumps(published(), default=str, indent=1)
    path = local_copy()
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
