"""RFC 9421 signatures in every form that it allows, verified by http-message-signatures.

For what is not of the plain form (`plain_signature`), and for the reason where one does not verify.
The network's door uses it, and the gateway's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import HTTPSignatureAlgorithm
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from cloud_bridge.plain_signature import PlainSignature


class SignatureError(Exception):
    """The message has no signature of the key over all of that; the text says why, or is empty."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as the library wants to see it. `headers`: found by name in any spelling."""

    method: str
    url: str
    headers: Any


def verified_by_the_library(
    message: Message,
    *,
    key_id: str,
    key: object,
    algorithm: type[HTTPSignatureAlgorithm],
    required: Sequence[str],
) -> PlainSignature:
    """What the request's signature says, if this key made it. Times are for the caller to judge.

    Args:
        message: the request.
        key_id: the one key's id; a signature that names another is none.
        key: the public key, or the secret, as the algorithm has it.
        algorithm: the one that is allowed.
        required: components that must be covered.

    Raises:
        SignatureError: it is not, or does not cover them.
    """
    verifier = _Verifier(signature_algorithm=algorithm, key_resolver=_OneKey(key_id, key))
    try:
        (result,) = verifier.verify(message, max_age=None, require_components=required)
    except (HTTPMessageSignaturesException, ValueError, KeyError) as error:
        raise SignatureError(str(error)) from error
    return PlainSignature(result.covered_components, result.parameters)


class _Verifier(HTTPMessageVerifier):
    """Leaves the times to us: the library asks the system's clock, we ask ours."""

    def validate_created_and_expires(self, sig_input: object, max_age: object = None) -> None:
        """Accept any time here; whoever asks judges it once the rest is proved."""


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key_id: str, key: object) -> None:
        self._key_id = key_id
        self._key = key

    def resolve_public_key(self, key_id: str) -> object:
        """The one key, under its own name only; None under any other."""
        return self._key if key_id == self._key_id else None
