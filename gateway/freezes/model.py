"""What is frozen, and what officers sign to freeze it and to end that.

A freeze is known by an id that its signers choose, so that the same statement, sent again or put
into the folder as well, is the same freeze, and one that has ended does not come back.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

FREEZE_TYPE = "sealgate-freeze"
"""The `typ` of a signed `FreezeClaims`."""
UNFREEZE_TYPE = "sealgate-unfreeze"
"""The `typ` of a signed `UnfreezeClaims`."""

ScopeKind = Literal["seal", "company", "system", "counterparty", "gateway"]

# `$` would match before a line feed at the end, too.
FreezeId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
_LogName = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
_Salt = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
# On one line, and nothing that a terminal obeys or that has letters seen in another order.
_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*\Z"
_Words = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=rf"\A(?=.*\S){_LINE}")]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a freeze stops.

    Attributes:
        kind: `company`: its seals and its systems, and those of every company below it.
        name: as the policies have it; of a counterparty, as documents name it. Empty for the
            gateway, which is everything.
    """

    kind: ScopeKind
    name: Annotated[str, msgspec.Meta(max_length=300, pattern=rf"\A{_LINE}")] = ""


class FreezeClaims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer signs to freeze something.

    Attributes:
        v: 1.
        log: the audit log of the gateway that is meant (`audit.origin` of its config.yaml), so that
            what is signed for one freezes no other.
        freeze: its id, a UUID that the first who signs chooses.
        scope: what is frozen.
        reason: in the officer's words.
        at: when it was signed, by the officer's clock. The gateway does not judge it: a freeze has
            to work while a clock is wrong.
        salt: random, hex. It keeps the audit log, which has digests of this, from telling a
            counterparty's name to whoever guesses it.
    """

    v: Literal[1]
    log: _LogName
    freeze: FreezeId
    scope: Scope
    reason: _Words
    at: _Moment
    salt: _Salt


class UnfreezeClaims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer signs to end a freeze; fields as in `FreezeClaims`.

    It names the log, too: whoever freezes something chooses the id, and could take that of a freeze
    on another gateway to have it ended with this one.
    """

    v: Literal[1]
    log: _LogName
    freeze: FreezeId
    reason: _Words
    at: _Moment


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze as the gateway knows it.

    Attributes:
        id: its own.
        scope: what is frozen.
        reason: why.
        by: the officers who signed it; nobody where the policies name none.
        at: from when, by the gateway's clock.
        audit_index: of the record `freeze`.
        keys: those that the seals frozen with it had then; every seal that has one is frozen,
            whatever later policies say of the seals (see `gateway.freezes.scopes.keys_of`).
        unfreezes: the officers who have signed that it may end.
        ended: whether it has ended.
    """

    id: str
    scope: Scope
    reason: str
    by: tuple[str, ...]
    at: datetime
    audit_index: int
    keys: tuple[str, ...] = ()
    unfreezes: tuple[str, ...] = ()
    ended: bool = False
