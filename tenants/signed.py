"""Signed documents: JSON that anybody can check offline with our public key. Imports nothing of Django's.

The signature is Ed25519 over the canonical JSON (tenants.canonical) of the document without its member `signature`.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tenants.canonical import canonical

MAX_BYTES = 256 * 1024
RULE = (
    "signature = base64 of Ed25519 over this document without its member 'signature', "
    "as JSON with sorted keys, separators ',' and ':', UTF-8."
)
Keys = Mapping[str, Ed25519PublicKey]


class BadDocument(ValueError):
    """The document proves nothing; the text says why, for a person."""


def key_id(public: Ed25519PublicKey) -> str:
    """A short name that follows from the key itself: nobody can put another key under it by writing its name."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"key_{hashlib.sha256(raw).hexdigest()[:24]}"


def pem_of(public: Ed25519PublicKey) -> str:
    """The public key as text."""
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, kind).decode()


def sign(document: Mapping[str, Any], private: Ed25519PrivateKey) -> dict[str, Any]:
    """The document with `key_id` and `signature`. What is no JSON in it becomes text first."""
    body = json.loads(canonical({**document, "key_id": key_id(private.public_key())}))
    return {**body, "signature": base64.b64encode(private.sign(canonical(body))).decode()}


def parse(data: bytes) -> dict[str, Any]:
    """The document in a file. Raises BadDocument."""
    if len(data) > MAX_BYTES:
        raise BadDocument(f"This file is larger than {MAX_BYTES // 1024} KB, so it is none of our documents.")
    try:
        document = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadDocument(
            "This file is not the JSON of one of our documents, or it was cut short."
        ) from error
    if not isinstance(document, dict):
        raise BadDocument("This file is JSON, and not one of our documents.")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that comes twice would be read one way by us and another way by somebody else."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def check(document: Mapping[str, Any], keys: Keys) -> str:
    """The id of the key that signed it. Raises BadDocument for an unknown key and for any change since."""
    named, signature = document.get("key_id"), document.get("signature")
    if not isinstance(named, str) or not isinstance(signature, str):
        raise BadDocument("This document carries no signature.")
    public = keys.get(named)
    if public is None:
        known = ", ".join(sorted(keys)) or "none"
        raise BadDocument(f"It names the key {named}, which is not among the keys at hand ({known}).")
    body = {name: value for name, value in document.items() if name != "signature"}
    try:
        public.verify(base64.b64decode(signature, validate=True), canonical(body))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise BadDocument(
            "The signature does not fit: the document was changed after it was signed."
        ) from error
    return named


def read_keys(data: bytes) -> dict[str, Ed25519PublicKey]:
    """Public keys from a PEM file, or from the JSON that the product publishes. Raises BadDocument."""
    if data.lstrip().startswith(b"{"):
        listed = parse(data).get("keys")
        texts = [row.get("pem") for row in listed] if isinstance(listed, list) else []
    else:
        texts = [f"{part}-----END PUBLIC KEY-----\n" for part in _pem_parts(data)]
    keys = [_public(text) for text in texts]
    if not keys:
        raise BadDocument("There is no public key in this file.")
    return {key_id(key): key for key in keys}


def _pem_parts(data: bytes) -> list[str]:
    parts = data.decode("ascii", errors="replace").split("-----END PUBLIC KEY-----")[:-1]
    return [part.lstrip() for part in parts]


def _public(text: object) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(str(text).encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadDocument("A public key in this file cannot be read.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadDocument("A public key in this file is not an Ed25519 key.")
    return key
