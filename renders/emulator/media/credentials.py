"""Content credentials (C2PA) for drawn clips, under a certificate that the emulator makes for itself.

Nobody vouches for the certificate, as its name says: a reader finds the credentials valid and their signer unknown.
"""

from __future__ import annotations

import datetime
import os
from functools import cache
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GENERATOR = "Videos emulator"
_SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_YEARS = 10


def prepare(folder: Path) -> Path:
    """The folder with ca.pem, chain.pem and key.pem; made on the first call."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "key.pem").exists():
        return folder
    authority, signer = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Test authority", authority, "Test authority", authority, is_authority=True)
    leaf = _certificate("Emulated renderer", signer, "Test authority", authority, is_authority=False)
    secret = signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The key comes last: its presence means "complete".
    for name, data in (("ca.pem", _pem(root)), ("chain.pem", _pem(leaf) + _pem(root)), ("key.pem", secret)):
        scratch = folder / f".{name}.{os.getpid()}"
        scratch.write_bytes(data)
        scratch.replace(folder / name)
    return folder


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _named(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"{GENERATOR} (test)"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(subject: str, key: Any, issuer: str, issuer_key: Any, *, is_authority: bool) -> Any:
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    found = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if not is_authority:
        found = found.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True
        )
    return found.sign(issuer_key, hashes.SHA256())


@cache
def _context(folder: str) -> Any:
    """Everything that signing needs, loaded once in each process."""
    place = Path(folder)
    info = c2pa.C2paSignerInfo(  # type: ignore[no-untyped-call]
        b"es256", (place / "chain.pem").read_bytes(), (place / "key.pem").read_bytes(), None
    )
    settings = {
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    return c2pa.Context(settings=c2pa.Settings.from_dict(settings), signer=c2pa.Signer.from_info(info))


def sign(clip: Path, folder: Path, title: str) -> None:
    """Put credentials into a clip, in place."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    made = {
        "action": "c2pa.created",
        "when": now,
        "digitalSourceType": _SYNTHETIC,
        "softwareAgent": {"name": GENERATOR},
    }
    manifest = {
        "claim_generator_info": [{"name": GENERATOR, "version": "1"}],
        "title": title,
        "format": "video/mp4",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}],
    }
    signed = clip.with_name(f"{clip.name}.signed")
    with clip.open("rb") as source, signed.open("w+b") as target:
        c2pa.Builder(manifest, context=_context(str(folder))).sign("video/mp4", source, target)
    signed.replace(clip)


def spoil(data: bytes, variant: str) -> bytes:
    """A clip whose credentials are `broken` (a byte of the manifest was flipped) or `absent` (renamed to nothing)."""
    at = data.find(b"jumb")
    begin = data.rfind(b"uuid", 0, at)
    if at < 0 or begin < 0:
        return data
    if variant == "absent":
        return data[:begin] + b"free" + data[begin + 4 :]
    place = data.find(GENERATOR.encode(), at)
    return data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
