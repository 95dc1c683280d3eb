"""Keys of machines, and what is said with them. The keys themselves are in `key_pairs`."""

import msgspec

from cloud_bridge.envelopes.statements import DOMAIN, SignedStatement, Statement
from cloud_bridge.key_pairs import EncryptionKey, SigningKey, verify

__all__ = ["EncryptionKey", "SigningKey", "sign_statement", "verify"]

_encoder = msgspec.json.Encoder()


def sign_statement(statement: Statement, key: SigningKey, *, card: int) -> SignedStatement:
    """Say it: `card` is the serial of the author's card, 0 the network's key."""
    said = _encoder.encode(statement)
    return SignedStatement(statement=said, signature=key.sign(DOMAIN + said), card=card)
