"""Systems that ask, and systems that sign approvals."""

from typing import Literal

import msgspec

from policies.objects.named import Named


class SystemKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a system signs its requests (RFC 9421 `keyid`).

    Exactly one of `public_key` (ed25519: 32 raw bytes) and `secret_file` (hmac-sha256: a path).
    """

    id: str
    algorithm: Literal["ed25519", "hmac-sha256"]
    public_key: bytes | None = None
    secret_file: str | None = None


class System(Named, frozen=True, kw_only=True):
    """A calling system, its roles and how it proves who it is.

    `certificates` are SHA-256 of the DER, 64 lower-case hex digits. `connectors` may speak for it.
    """

    company: str
    line: str | None = None
    roles: frozenset[str] = frozenset()
    keys: tuple[SystemKey, ...] = ()
    certificates: tuple[str, ...] = ()
    connectors: frozenset[str] = frozenset()


class ApprovalSource(Named, frozen=True, kw_only=True):
    """An OA system that signs approvals, and the role that those who approve there have here.

    `public_key` as in `PersonKey`; `max_age_seconds`: for how long a token of its counts;
    `audience`: what its tokens say whom they are for.
    """

    company: str
    role: str
    algorithm: Literal["ed25519", "ecdsa-p256-sha256"]
    public_key: bytes
    max_age_seconds: int
    audience: str = "sealgate"
