"""Random words in addresses. Only their SHA-256 is kept: whoever reads the rows opens nothing."""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 16


def new() -> str:
    """A word that nobody guesses (128 bits), 22 characters of base64url."""
    return secrets.token_urlsafe(_BYTES)


def kept(token: str) -> bytes:
    """What rows know a token by."""
    return hashlib.sha256(token.encode()).digest()
