"""An act on a key, as it is noted before it happens and as the audit log has it after."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

What = Literal["made", "request", "certificate", "switched", "retired"]


class KeyAct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act on one key.

    Attributes:
        id: of the act; a record that was written twice has the same one.
        what: `made`: the token made the key pair. `request`: the key signs a certificate request.
            `certificate`: a seal's certificate was exchanged. `switched`: a seal has this key from
            now on. `retired`: no seal has it any more.
        at: when, by the clock of the machine where it was done.
        by: the account that did it, as the machine calls it.
        key: its id in `hsm.keys`.
        public_key: SHA-256 of the SubjectPublicKeyInfo, hex.
        signed: of a request: the digest that the key signs, hex.
        subject: of a request: the name in it (RFC 4514).
        seal: whose certificate or key it is.
        certificate: SHA-256 of the seal's certificate (DER), hex.
        previous: of a certificate: SHA-256 of the one before; of a switch: the key before.
        ceremony: SHA-256 of the ceremony's file, hex.
    """

    id: str
    what: What
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    by: str
    key: str
    public_key: str
    signed: str | None = None
    subject: str | None = None
    seal: str | None = None
    certificate: str | None = None
    previous: str | None = None
    ceremony: str | None = None

    def recorded(self) -> dict[str, Any]:
        """What the audit log's record says of it."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        told["act"] = told.pop("id")
        if "previous" in told:
            told["before"] = told.pop("previous")  # a record's `previous` is the record before it
        told["noted"] = f"{self.at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
        del told["at"]
        return told
