"""Secrets at rest (encrypted) and tokens in links (only their hash is kept)."""

import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class SecretUnreadable(RuntimeError):
    """A stored secret cannot be decrypted with any key of ENCRYPTION_KEYS."""


def _box() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS must hold at least one Fernet key (32 bytes, urlsafe base64). See .env.sample."
        ) from error


def seal(plain: str) -> str:
    """Encrypt with the first key."""
    return _box().encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt with any key. Raises SecretUnreadable."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(
            "A stored secret was encrypted with a key that is not in ENCRYPTION_KEYS. Put that key back, then rotate."
        ) from error


def new_token() -> str:
    """A token for a link: 192 bits of randomness in 32 characters."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """What is kept of a token. Plain SHA-256 is enough, for there are 192 bits to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
