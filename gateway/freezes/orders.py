"""Statements of officers: verified, counted, and put into one order.

An order is one statement or several by different officers that say the same, because the group's
Governance may ask for more than one signature.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from gateway.bundles.keys import public_key
from gateway.freezes.errors import FreezeStatementRefusedProblem
from gateway.freezes.model import FREEZE_TYPE, UNFREEZE_TYPE, FreezeClaims, UnfreezeClaims
from gateway.statements import (
    PublicKey,
    StatementInvalidError,
    StatementKeyError,
    base64url,
    open_compact,
)
from policies.bundle import Bundle
from policies.people import keys_of_people

T = TypeVar("T", FreezeClaims, UnfreezeClaims)

MOST_STATEMENTS = 20
"""In one order, as many as a group may name officers. They are verified on the event loop, which so
many hold for a few milliseconds: a freeze waits for no thread."""

_SAME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OfficerStatement:
    """One officer's statement.

    Attributes:
        person: the officer.
        digest: SHA-256 of what is signed (see `gateway.statements.Opened`), hex.
        text: the statement.
    """

    person: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class FreezeOrder:
    """A freeze, and who says so."""

    claims: FreezeClaims
    statements: tuple[OfficerStatement, ...]

    @property
    def text(self) -> str:
        """What is kept of it: the statements, one a line."""
        return "\n".join(each.text for each in self.statements)


def freeze_order(statements: Sequence[str], bundle: Bundle) -> FreezeOrder:
    """A freeze by as many officers as the Governance asks for.

    Raises:
        FreezeStatementRefusedProblem: it is not.
    """
    if bundle.governance is None:
        raise FreezeStatementRefusedProblem(
            "the policies in force name no officers (Governance), so nobody can sign: freeze by a "
            "file in the folder `freezes`, with `sealgate freeze` without a key"
        )
    said, signed = _opened(statements, FREEZE_TYPE, FreezeClaims, bundle)
    if any(_without_moment(each) != _without_moment(said[0]) for each in said):
        raise FreezeStatementRefusedProblem(
            "the officers do not say the same: log, id, scope, reason and salt must be one"
        )
    wanted = bundle.governance.signatures.freeze
    if len(signed) < wanted:
        raise FreezeStatementRefusedProblem(
            f"{wanted} officers must sign a freeze, and {len(signed)} did: give all at once"
        )
    return FreezeOrder(said[0], signed)


def unsigned_freeze(text: str, bundle: Bundle) -> FreezeOrder:
    """A freeze by whoever may write to the folder `freezes`, where no officers are named.

    It can only stop something, and nobody can unfreeze it before two officers are named.

    Raises:
        FreezeStatementRefusedProblem: officers are named, or it is no freeze.
    """
    if bundle.governance is not None:
        raise FreezeStatementRefusedProblem(
            "the policies in force name officers, so an order without a signature counts for "
            "nothing"
        )
    try:
        claims = msgspec.json.decode(text, type=FreezeClaims)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FreezeStatementRefusedProblem(f"it is no freeze: {error}") from None
    kept = msgspec.json.encode(claims)
    return FreezeOrder(
        claims, (OfficerStatement("", hashlib.sha256(kept).hexdigest(), kept.decode()),)
    )


def unfreeze_statements(
    statements: Sequence[str], bundle: Bundle
) -> tuple[UnfreezeClaims, tuple[OfficerStatement, ...]]:
    """What the first says, and officers who say that this freeze may end.

    How many it takes is not looked at; reason and moment are each officer's own.

    Raises:
        FreezeStatementRefusedProblem: it is not officers who say so, or of several freezes.
    """
    if bundle.governance is None:
        raise FreezeStatementRefusedProblem(
            "the policies in force name no officers (Governance), and a freeze is ended by two of "
            "them: name them first"
        )
    said, signed = _opened(statements, UNFREEZE_TYPE, UnfreezeClaims, bundle)
    if len({(each.log, each.freeze) for each in said}) > 1:
        raise FreezeStatementRefusedProblem("they end different freezes: give those of one at once")
    return said[0], signed


def claims_of(kept: str) -> FreezeClaims:
    """What a freeze says, from its kept text; the statements were verified when it was taken.

    Raises:
        StatementInvalidError: it is not the text of a freeze.
    """
    first = kept.partition("\n")[0]
    try:
        data = first.encode() if first.startswith("{") else base64url.decode(first.split(".")[1])
        return msgspec.json.decode(data, type=FreezeClaims)
    except (msgspec.DecodeError, UnicodeError, IndexError) as error:
        raise StatementInvalidError(f"it is no freeze: {error}") from None


def _opened(
    statements: Sequence[str], typ: str, model: type[T], bundle: Bundle
) -> tuple[list[T], tuple[OfficerStatement, ...]]:
    holders, key_of = _officers(bundle)
    said: list[T] = []
    signed: dict[str, OfficerStatement] = {}
    different = tuple(dict.fromkeys(statements))
    if len(different) > MOST_STATEMENTS:
        raise FreezeStatementRefusedProblem(
            f"{len(different)} statements; {MOST_STATEMENTS} are taken at once"
        )
    for text in different:
        try:
            opened = open_compact(text, typ=typ, model=model, key_of=key_of)
        except (StatementInvalidError, StatementKeyError) as error:
            raise FreezeStatementRefusedProblem(str(error)) from None
        person = holders[opened.key_id]
        said.append(opened.claims)
        # With two keys one is still one.
        signed.setdefault(person, OfficerStatement(person, opened.digest.hex(), text))
    if not said:
        raise FreezeStatementRefusedProblem("there is no statement")
    return said, tuple(signed.values())


def _without_moment(claims: FreezeClaims) -> FreezeClaims:
    return msgspec.structs.replace(claims, at=_SAME)


def _officers(bundle: Bundle) -> tuple[dict[str, str], Callable[[str], PublicKey | None]]:
    """Whose each key is, and the keys themselves; officers' only."""
    named = () if bundle.governance is None else bundle.governance.officers
    theirs = {
        key_id: (person.name, public_key(key.id, key))
        for key_id, (person, key) in keys_of_people(bundle).items()
        if person.name in named
    }
    holders = {key_id: name for key_id, (name, _) in theirs.items()}
    return holders, {key_id: key for key_id, (_, key) in theirs.items()}.get
