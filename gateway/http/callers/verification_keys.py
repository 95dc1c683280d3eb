"""The keys that requests are verified with, ready for use and never older than their files."""

import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cloud_bridge.plain_signature import Check
from gateway.clock import Clock
from gateway.http.errors import SignatureInvalidProblem
from gateway.regular_files import read_regular
from gateway.statements import PublicKey
from policies.objects.people import PersonKey
from policies.objects.systems import SystemKey

_MOST_BYTES = 64 * 1024
_LEAST_SECRET_BYTES = 32
# A file that was changed in the last moment may be changed again without its times telling.
_SETTLED_NS = 2_000_000_000

_Stamp = tuple[int, int, int, int]

KeyValue = Ed25519PublicKey | ec.EllipticCurvePublicKey | bytes
"""A public key, or a secret that is shared."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A system's or a person's key.

    Attributes:
        value: as the http-message-signatures library takes it.
        check: whether a signature fits a signature base.
    """

    value: KeyValue
    check: Check


@dataclass(frozen=True, slots=True)
class _Kept:
    declared: SystemKey | PersonKey
    stamp: _Stamp | None
    key: VerificationKey


class VerificationKeys:
    """Keeps each key while the bundle that declares it is in force and its file stays as it is.

    A secret that is replaced counts from the next request on.
    """

    def __init__(self, policy_directory: Path, *, clock: Clock) -> None:
        self._directory = policy_directory
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def ready(self, declared: SystemKey | PersonKey) -> VerificationKey:
        """The key for use.

        Raises:
            SignatureInvalidProblem: its secret cannot be read or is too short, or its public key is
                none.
        """
        kept = self._kept.get(declared.id)
        # The same object, not an equal one: another bundle is a reason to read again.
        if kept is not None and kept.declared is declared:
            if isinstance(declared, PersonKey) or declared.public_key is not None:
                return kept.key
            if kept.stamp is not None and kept.stamp == self._stamp(declared):
                return kept.key
        return self._made(declared)

    def _made(self, declared: SystemKey | PersonKey) -> VerificationKey:
        if isinstance(declared, PersonKey):
            stamp, key = None, _persons_key(declared)
        elif declared.public_key is not None:
            public_key = Ed25519PublicKey.from_public_bytes(declared.public_key)
            stamp, key = None, VerificationKey(public_key, _ed25519(public_key))
        else:
            # Before it is read: what changes meanwhile then has another stamp.
            stamp = self._settled(self._stamp(declared))
            secret = self._secret(declared)
            key = VerificationKey(secret, _hmac_sha256(secret))
        self._kept[declared.id] = _Kept(declared, stamp, key)
        return key

    def _settled(self, stamp: _Stamp) -> _Stamp | None:
        changed = max(stamp[2:])
        now = self._clock.now().timestamp() * 1e9
        return stamp if changed + _SETTLED_NS < now else None

    def _stamp(self, declared: SystemKey) -> _Stamp:
        try:
            found = os.stat(self._file(declared))  # noqa: PTH116 - for every request: no Path made
        except OSError as error:
            raise _unreadable(declared, error) from error
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _file(self, declared: SystemKey) -> str:
        return f"{self._directory}/{declared.secret_file}"

    def _secret(self, declared: SystemKey) -> bytes:
        try:
            secret = read_regular(Path(self._file(declared)), most_bytes=_MOST_BYTES)
        except OSError as error:
            raise _unreadable(declared, error) from error
        secret = secret.removesuffix(b"\n")
        if len(secret) < _LEAST_SECRET_BYTES:
            # An empty file, half-written or never filled, would let anybody in.
            raise SignatureInvalidProblem(
                f"the secret of key {declared.id!r} at the gateway has {len(secret)} bytes; "
                f"{_LEAST_SECRET_BYTES} are the least"
            )
        return secret


def _unreadable(declared: SystemKey, error: OSError) -> SignatureInvalidProblem:
    return SignatureInvalidProblem(
        f"the secret of key {declared.id!r} cannot be read at the gateway ({error.strerror})"
    )


def _persons_key(declared: PersonKey) -> VerificationKey:
    if declared.algorithm == "ed25519":
        public_key = Ed25519PublicKey.from_public_bytes(declared.public_key)
        return VerificationKey(public_key, _ed25519(public_key))
    try:
        loaded = load_der_public_key(declared.public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureInvalidProblem(f"key {declared.id!r} cannot be read: {error}") from None
    if not isinstance(loaded, ec.EllipticCurvePublicKey):
        raise SignatureInvalidProblem(f"key {declared.id!r} is none on P-256")
    # RFC 9421 §3.3.4 has the form of JWS's ES256: r and s, 32 bytes each.
    return VerificationKey(loaded, PublicKey(declared.id, "ES256", declared.public_key).verifies)


def _ed25519(key: Ed25519PublicKey) -> Check:
    def check(signature: bytes, signed: bytes) -> bool:
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return check


def _hmac_sha256(secret: bytes) -> Check:
    def check(signature: bytes, signed: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(secret, signed, "sha256"), signature)

    return check
