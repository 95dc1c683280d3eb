"""Signed statements: the one form in which officers, approvers and their systems put their name.

JWS (RFC 7515) by Ed25519 (`EdDSA`, RFC 8037) or ECDSA on P-256 (`ES256`, RFC 7518 §3.4). A bundle's
manifest is a general JSON serialization with a signature for each officer; approvals, freezes and
their ends are compact serializations by one key. Of all that JWS allows only this is read:

* The protected header is exactly `alg`, `kid` and `typ`. There is no unprotected header, no `crit`,
  no `b64`, and no key that the statement brings along.
* The key says by which algorithm it verifies; `alg` has to agree and chooses nothing. So there is
  no `none`, and no public key is ever taken for a secret.
* `typ` names the kind of statement, so that none passes for one of another kind.
* base64url has one spelling for each value, and no JSON object has a key twice.

No files, no clock: whether a statement is too old, or comes twice, is for whoever reads it to say.
"""

from gateway.statements.compact import Opened, compact, open_compact
from gateway.statements.errors import StatementInvalidError, StatementKeyError
from gateway.statements.general import add_signature, open_general, unsigned
from gateway.statements.header import KeyOf
from gateway.statements.keys import Algorithm, PublicKey
from gateway.statements.signers import (
    AskPassphrase,
    KeyStoreSigner,
    LocalSigner,
    PrivateKey,
    StatementSigner,
    read_private_key,
)

__all__ = [
    "Algorithm",
    "AskPassphrase",
    "KeyOf",
    "KeyStoreSigner",
    "LocalSigner",
    "Opened",
    "PrivateKey",
    "PublicKey",
    "StatementInvalidError",
    "StatementKeyError",
    "StatementSigner",
    "add_signature",
    "compact",
    "open_compact",
    "open_general",
    "read_private_key",
    "unsigned",
]
