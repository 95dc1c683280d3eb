"""Who asks: a system known by its client certificate, or whoever has signed the request.

RFC 9421 with Content-Digest (RFC 9530). A signature must cover method and target, the digest and
type of a body, and the idempotency key where there is one; it carries creation time, key id and
nonce, and each nonce counts once. The officers' policy files say whose a key or certificate is: a
system's or a person's.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from aiohttp import web
from http_message_signatures.algorithms import (
    ECDSA_P256_SHA256,
    ED25519,
    HMAC_SHA256,
    HTTPSignatureAlgorithm,
)
from http_message_signatures.digests import ContentDigest
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from cloud_bridge.library_signature import Message, SignatureError, verified_by_the_library
from cloud_bridge.plain_signature import PlainSignature, verified
from gateway.clock import Clock
from gateway.http.callers.access import require
from gateway.http.callers.nonces import NonceBook
from gateway.http.callers.verification_keys import KeyValue, VerificationKeys
from gateway.http.errors import (
    AuthenticationRequiredProblem,
    RequestTimeProblem,
    SignatureInvalidProblem,
)
from gateway.seals.in_force import InForce
from gateway.store.documents import UsedNonce
from policies.model import Caller
from policies.objects.people import Person, PersonKey
from policies.objects.systems import System, SystemKey
from policies.people import caller_of
from policies.powers import Action

_ALGORITHMS: dict[str, type[HTTPSignatureAlgorithm]] = {
    "ed25519": ED25519,
    "ecdsa-p256-sha256": ECDSA_P256_SHA256,
    "hmac-sha256": HMAC_SHA256,
}
_KEY_ID = re.compile(r';keyid="([^"]{1,100})"')
_MOST_NONCE_CHARACTERS = 100
_DIGEST = re.compile(r"(?:^|, ?)(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):")


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A caller, known by the headers alone; the body is not read yet.

    Attributes:
        caller: who it is.
        nonce: the nonce that its request used (None for a client certificate).
        covered: what its signature covers (empty for a client certificate, which covers all).
    """

    caller: Caller
    nonce: UsedNonce | None
    covered: Mapping[str, str]

    def check_body(self, body: bytes) -> None:
        """The body must be the one whose digest was signed (RFC 9530).

        Raises:
            SignatureInvalidProblem: it is another.
        """
        if self.nonce is None or self._is_plainly(body):
            return
        try:
            proved = ContentDigest.verify_components(self.covered, body)
        except HTTPMessageSignaturesException as error:
            raise SignatureInvalidProblem(str(error)) from error
        if body and not proved:
            raise SignatureInvalidProblem("it covers no digest of the body")

    def check_digests(self, digests: Mapping[str, bytes]) -> None:
        """The same for a body that is not in memory, by its digests.

        Args:
            digests: SHA-256, and SHA-512 where it was named, by their names in RFC 9530.

        Raises:
            SignatureInvalidProblem: it is another body, or the digest is covered in another form
                than as the whole field.
        """
        if self.nonce is None:
            return
        said = _DIGEST.findall(self.covered.get('"content-digest"', ""))
        if not said:
            raise SignatureInvalidProblem("it covers no sha-256 or sha-512 digest of the body")
        for algorithm, digest in said:
            if base64.b64encode(digests.get(algorithm, b"")).decode() != digest:
                raise SignatureInvalidProblem(f"the body has another {algorithm} digest")

    def _is_plainly(self, body: bytes) -> bool:
        """Whether the one digest that is covered is SHA-256 in its usual form, and fits."""
        said = [value for name, value in self.covered.items() if name[:15] == '"content-digest']
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        return said == [f"sha-256=:{digest}:"] and '"content-digest"' in self.covered


class Authenticator:
    """Finds the system or person behind a request."""

    def __init__(
        self,
        *,
        in_force: Callable[[], InForce],
        keys: VerificationKeys,
        external_url: str | None,
        skew: timedelta,
        nonces: NonceBook,
        clock: Clock,
    ) -> None:
        self._in_force = in_force
        self._keys = keys
        self._external_url = external_url
        self._skew = skew
        self._nonces = nonces
        self._clock = clock

    def authenticate(self, request: web.Request) -> Authenticated:
        """The caller of this request, found before its body is read.

        Raises:
            AuthenticationRequiredProblem, SignatureInvalidProblem, RequestTimeProblem,
            ReplayProblem: why it is nobody's.
        """
        certificate = _client_certificate(request)
        if certificate is not None:
            return Authenticated(self._holder(certificate), None, {})
        if "Signature-Input" not in request.headers:
            raise AuthenticationRequiredProblem("no client certificate and no Signature-Input")
        return self._signer(request)

    def let_in(self, request: web.Request, action: Action) -> Authenticated:
        """The caller of this request, who may do this; see `authenticate` for what else is raised.

        Raises:
            NotYoursProblem: it may not.
        """
        who = self.authenticate(request)
        require(who.caller, action, self._in_force())
        return who

    def _holder(self, certificate: bytes) -> Caller:
        fingerprint = hashlib.sha256(certificate).hexdigest()
        system = self._in_force().certificates.get(fingerprint)
        if system is None:
            raise AuthenticationRequiredProblem(
                f"no system has the client certificate with SHA-256 {fingerprint}"
            )
        return self._caller(system)

    def _signer(self, request: web.Request) -> Authenticated:
        owner, key = self._key_of(request.headers["Signature-Input"])
        required = ["@method", "@target-uri"]
        if request.can_read_body:
            # The type too: its boundary says where the parts of the body begin and end.
            required += ["content-digest", "content-type"]
        if "Idempotency-Key" in request.headers:
            required.append("idempotency-key")
        ready = self._keys.ready(key)
        url = self._url(request)
        plain = verified(
            request.method,
            url,
            request.headers,
            key_id=key.id,
            algorithm=key.algorithm,
            check=ready.check,
        )
        if plain is None or not all(f'"{name}"' in plain.covered for name in required):
            plain = _whole(
                Message(request.method, url, request.headers), key, ready.value, required
            )
        self._check_time(plain.parameters)
        nonce = self._use_nonce(key, plain.parameters.get("nonce"))
        return Authenticated(self._caller(owner), nonce, plain.covered)

    def _key_of(self, signature_input: str) -> tuple[System | Person, SystemKey | PersonKey]:
        # Which key decides which algorithm, so it is looked up before anything is verified; the
        # verifier then accepts no other key id than this one.
        named = _KEY_ID.findall(signature_input)
        if len(named) != 1:
            raise SignatureInvalidProblem("Signature-Input names no key id, or several")
        found = self._in_force().keys.get(named[0])
        if found is None:
            raise SignatureInvalidProblem(f"nobody has a key {named[0]!r}")
        return found

    def _check_time(self, parameters: Mapping[str, int | str]) -> None:
        now = self._clock.now().timestamp()
        created, expires = parameters.get("created"), parameters.get("expires")
        if not isinstance(created, int):
            raise SignatureInvalidProblem("it carries no creation time")
        behind = now - created
        if abs(behind) > self._skew.total_seconds():
            raise RequestTimeProblem(
                f"it was signed {abs(behind):.0f} s {'ago' if behind > 0 else 'in the future'}; "
                f"{self._skew.total_seconds():.0f} s are borne"
            )
        if isinstance(expires, int) and now >= expires:
            raise RequestTimeProblem(f"it expired {now - expires:.0f} s ago by its own word")

    def _use_nonce(self, key: SystemKey | PersonKey, value: int | str | None) -> UsedNonce:
        if not isinstance(value, str) or not 1 <= len(value) <= _MOST_NONCE_CHARACTERS:
            raise SignatureInvalidProblem(
                f"it carries no nonce of 1 to {_MOST_NONCE_CHARACTERS} characters"
            )
        now = self._clock.now().timestamp()
        # Signed at the far end of the window, a request can come again until twice the skew.
        nonce = UsedNonce(key.id, value, now + 2 * self._skew.total_seconds())
        self._nonces.use(nonce, now=now)
        return nonce

    def _caller(self, owner: System | Person) -> Caller:
        if isinstance(owner, Person):
            # Asked for each request: posts are taken and left at midnight.
            return caller_of(self._in_force().bundle, owner, at=self._clock.now())
        return Caller(
            system=owner.name,
            company=owner.company,
            roles=owner.roles,
            line=msgspec.UNSET if owner.line is None else owner.line,
        )

    def _url(self, request: web.Request) -> str:
        origin = self._external_url or f"{request.scheme}://{request.host}"
        return f"{origin}{request.raw_path}"


def _whole(
    message: Message, key: SystemKey | PersonKey, value: KeyValue, required: list[str]
) -> PlainSignature:
    """The same answer for every form that RFC 9421 allows, and the reason when there is none."""
    try:
        return verified_by_the_library(
            message,
            key_id=key.id,
            key=value,
            algorithm=_ALGORITHMS[key.algorithm],
            required=required,
        )
    except SignatureError as error:
        why = str(error) or f"it does not match the public key of {key.id!r}"
        raise SignatureInvalidProblem(f"{why} (covered must be: {', '.join(required)})") from error


def _client_certificate(request: web.Request) -> bytes | None:
    transport = request.transport
    tls = None if transport is None else transport.get_extra_info("ssl_object")
    certificate: bytes | None = None if tls is None else tls.getpeercert(binary_form=True)
    return certificate
