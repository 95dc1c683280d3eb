"""What the audit log says of a freeze, and of its end."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.audit.record import Record
from gateway.freezes.model import Freeze, FreezeClaims
from gateway.freezes.orders import FreezeOrder, OfficerStatement


def frozen(order: FreezeOrder, keys: Sequence[str], *, at: datetime) -> Record:
    """Something is frozen from here on, with these keys: no intent and no sealed outcome follows.

    The record is where the keys are kept.
    """
    said = order.claims
    return Record(
        kind="freeze",
        at=at,
        content={
            "freeze": said.freeze,
            "scope": {"kind": said.scope.kind, "name": _told(said, said.scope.name)},
            "reason": _told(said, said.reason),
            "keys": list(keys),
            "by": [each.person for each in order.statements if each.person],
            "statement_digests": [each.digest for each in order.statements],
        },
    )


def unfreeze_signed(
    freeze: Freeze, signed: Sequence[OfficerStatement], *, wanted: int, at: datetime
) -> Record:
    """Officers have said that a freeze may end; with as many as are wanted, it has.

    `signed` are those that came now, `freeze` is the freeze after them.
    """
    return Record(
        kind="unfreeze",
        at=at,
        content={
            "freeze": freeze.id,
            "by": [each.person for each in signed],
            "statement_digests": [each.digest for each in signed],
            "wanted": wanted,
            "ended": freeze.ended,
        },
    )


def officers_of(leaf: dict[str, Any]) -> tuple[str, ...]:
    """Who signed the freeze of such a record."""
    return tuple(str(person) for person in leaf.get("by", ()))


def keys_in(leaf: dict[str, Any]) -> tuple[str, ...]:
    """The keys that were frozen with such a record; none in one of an earlier version."""
    return tuple(str(key) for key in leaf.get("keys", ()))


def _told(said: FreezeClaims, words: str) -> str:
    # A customer is nobody's business but ours, and a reason names it as like as not.
    if said.scope.kind != "counterparty":
        return words
    return hashlib.sha256(bytes.fromhex(said.salt) + words.encode()).hexdigest()
