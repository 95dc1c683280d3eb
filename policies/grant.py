"""Leave to make one signature, and the book in which it is redeemed.

A grant is a slip that the key asks for: it names the decision, the key, the digest and the audit
record that was durable before the slip was written. Taken from boulder's `issuanceToken`: it may be
redeemed at most once. This is a guard inside the signer process; the wall is that only the signer
has the PIN.
"""

import msgspec

from policies.errors import GrantRefusedError


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Leave to sign `digest` once with `key`.

    Attributes:
        number: 16 random bytes, never used twice.
        epoch: the run of the signer that this grant is for, as it said in its greeting. A signer
            that was restarted has forgotten what it redeemed, so it refuses the grants of before.
        seal: the seal's id, for the record.
        key: the key's id in the signer's own configuration.
        mechanism: what the seal's certificate calls for; the signer compares it with the key's own.
        digest: the to-be-signed digest, raw bytes.
        decision: SHA-256 of the decision as it stands in the intent record.
        bundle: digest of the policies that decided, `sha256:` and 64 hex digits, for the record:
            the signer cannot judge it, and refuses only what has not this form.
        audit_index: where the intent record stands in the audit log.
        expires_at: Unix time in seconds; at this moment the grant is late.
    """

    number: bytes
    epoch: bytes
    seal: str
    key: str
    mechanism: str
    digest: bytes
    decision: bytes
    bundle: str
    audit_index: int
    expires_at: float


class GrantBook:
    """Remembers which grants were redeemed. One per run of the signer.

    MUST NOT be shared between threads without a lock: `redeem` is a read and a write.
    """

    def __init__(self, *, epoch: bytes) -> None:
        self._epoch = epoch
        self._redeemed: dict[bytes, float] = {}

    def redeem(self, grant: Grant, *, now: float) -> None:
        """Mark the grant as used.

        Raises:
            GrantRefusedError: it is late, for another run of the signer, or was redeemed before.
        """
        if grant.epoch != self._epoch:
            raise GrantRefusedError("the grant was written for an earlier run of the signer")
        if now >= grant.expires_at:
            raise GrantRefusedError("the grant is late: it expired before it was redeemed")
        if grant.number in self._redeemed:
            raise GrantRefusedError("the grant was redeemed before")
        self._redeemed[grant.number] = grant.expires_at
        self._forget_expired(now)

    def _forget_expired(self, now: float) -> None:
        # Insertion order is expiry order but for small differences in the clock, so looking at
        # the oldest few is enough; an expired grant is refused as late in any case.
        while self._redeemed:
            number, expires_at = next(iter(self._redeemed.items()))
            if expires_at > now:
                return
            del self._redeemed[number]
