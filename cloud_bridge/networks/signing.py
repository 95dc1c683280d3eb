"""Signs requests as an organisation, with the key of its card (RFC 9421, RFC 9530)."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519, HTTPSignatureAlgorithm

from cloud_bridge.interfaces import Time
from cloud_bridge.keys import SigningKey

_NONCE_BYTES = 18


class OrganisationSigner(HTTPSignatureKeyResolver):
    """Signs requests. `keyid` is the organisation's id; each has a nonce of its own."""

    def __init__(self, organisation: str, key: SigningKey, *, time: Time) -> None:
        self._organisation = organisation
        self._key = key
        self._time = time
        self._signer = HTTPMessageSigner(signature_algorithm=_BySigningKey, key_resolver=self)

    def resolve_private_key(
        self,
        key_id: str,  # noqa: ARG002 - there is one
    ) -> SigningKey:
        """The library asks for the key by its id."""
        return self._key

    def signed(
        self, method: str, url: str, headers: Mapping[str, str], digest: bytes | None
    ) -> dict[str, str]:
        """The headers with Content-Digest, Signature-Input and Signature added.

        Args:
            method: of HTTP.
            url: as the network will see it.
            headers: those that go anyway.
            digest: SHA-256 of the body; None: there is none.
        """
        message = _Message(method, url, dict(headers))
        covered = ["@method", "@target-uri"]
        if digest is not None:
            message.headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
            covered += ["content-digest", "content-type"]
        self._signer.sign(
            message,
            key_id=self._organisation,
            created=self._time.now(),
            nonce=secrets.token_urlsafe(_NONCE_BYTES),
            label="sealgate",
            covered_component_ids=covered,
            use_existing_digest=digest is not None,
        )
        return message.headers


@dataclass(slots=True)
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class _BySigningKey(HTTPSignatureAlgorithm):
    algorithm_id = ED25519.algorithm_id

    def __init__(self, *, private_key: SigningKey) -> None:
        self._key = private_key

    def sign(self, message: bytes) -> bytes:
        """The signature over the base of RFC 9421 §2.5."""
        return self._key.sign(message)
