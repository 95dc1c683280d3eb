"""Signs requests as an organisation, with the key of its card (RFC 9421, RFC 9530).

What is covered is always the same, so the signature base (RFC 9421 §2.5) is written as it stands
there. The library that reads it on the other side takes a millisecond to write one.
"""

import base64
import re
import secrets
from collections.abc import Mapping

from cloud_bridge.interfaces import Time
from cloud_bridge.keys import SigningKey

_NONCE_BYTES = 18
_LABEL = "sealgate"
# What may stand in a quoted string (RFC 8941 §3.3.3) without being escaped.
_PLAIN = re.compile(r"[ !#-\[\]-~]+")


class OrganisationSigner:
    """Signs requests. `keyid` is the organisation's id; each has a nonce of its own."""

    def __init__(self, organisation: str, key: SigningKey, *, time: Time) -> None:
        """For one organisation; ValueError: its id cannot stand in a signature."""
        if not _PLAIN.fullmatch(organisation):
            raise ValueError(f"{organisation!r} is no id of an organisation")
        self._organisation = organisation
        self._key = key
        self._time = time

    def signed(
        self, method: str, url: str, headers: Mapping[str, str], digest: bytes | None
    ) -> dict[str, str]:
        """The headers with Content-Digest, Signature-Input and Signature added.

        Args:
            method: of HTTP.
            url: as the network will see it, in ASCII.
            headers: those that go anyway; of a body its Content-Type.
            digest: SHA-256 of the body; None: there is none.
        """
        sent = dict(headers)
        covered = {"@method": method, "@target-uri": url}
        if digest is not None:
            sent["Content-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
            covered["content-digest"] = sent["Content-Digest"]
            covered["content-type"] = sent["Content-Type"]
        names = " ".join(f'"{name}"' for name in covered)
        parameters = (
            f"({names});created={int(self._time.now().timestamp())}"
            f';keyid="{self._organisation}";alg="ed25519"'
            f';nonce="{secrets.token_urlsafe(_NONCE_BYTES)}"'
        )
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(self._key.sign(base.encode("ascii"))).decode()
        sent["Signature-Input"] = f"{_LABEL}={parameters}"
        sent["Signature"] = f"{_LABEL}=:{signature}:"
        return sent
