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

from gateway.statements import (
    Algorithm,
    PublicKey,
    StatementInvalidError,
    StatementKeyError,
    base64url,
    open_compact,
)
from gateway.stops.errors import StopStatementRefusedProblem
from gateway.stops.model import FREEZE_TYPE, LIFT_TYPE, Freeze, Lift
from policies.bundle import Bundle
from policies.objects.people import PersonKey
from policies.people import keys_of_people

T = TypeVar("T", Freeze, Lift)

MOST_STATEMENTS = 20
"""In one order, as many as a group may name officers. They are verified on the event loop, which so
many hold for a few milliseconds: a freeze waits for no thread."""

_SAME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Voice:
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

    claims: Freeze
    voices: tuple[Voice, ...]

    @property
    def text(self) -> str:
        """What is kept of it: the statements, one a line."""
        return "\n".join(voice.text for voice in self.voices)


def freeze_order(statements: Sequence[str], bundle: Bundle) -> FreezeOrder:
    """A freeze by as many officers as the Governance asks for.

    Raises:
        StopStatementRefusedProblem: it is not.
    """
    if bundle.governance is None:
        raise StopStatementRefusedProblem(
            "the policies in force name no officers (Governance), so nobody can sign: freeze by a "
            "file in the policy directory, with `sealgate freeze` without a key"
        )
    said, voices = _opened(statements, FREEZE_TYPE, Freeze, bundle)
    if any(_without_moment(each) != _without_moment(said[0]) for each in said):
        raise StopStatementRefusedProblem(
            "the officers do not say the same: log, id, scope, reason and salt must be one"
        )
    wanted = bundle.governance.signatures.freeze
    if len(voices) < wanted:
        raise StopStatementRefusedProblem(
            f"{wanted} officers must sign a freeze, and {len(voices)} did: give all statements at "
            "once"
        )
    return FreezeOrder(said[0], voices)


def unsigned_freeze(text: str, bundle: Bundle) -> FreezeOrder:
    """A freeze by whoever may write to the policy directory, where no officers are named.

    It can only stop something, and nobody can lift it before two officers are named.

    Raises:
        StopStatementRefusedProblem: officers are named, or it is no freeze.
    """
    if bundle.governance is not None:
        raise StopStatementRefusedProblem(
            "the policies in force name officers, so an order without a signature counts for "
            "nothing"
        )
    try:
        claims = msgspec.json.decode(text, type=Freeze)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StopStatementRefusedProblem(f"it is no freeze: {error}") from None
    kept = msgspec.json.encode(claims)
    return FreezeOrder(claims, (Voice("", hashlib.sha256(kept).hexdigest(), kept.decode()),))


def lift_voices(statements: Sequence[str], bundle: Bundle) -> tuple[str, tuple[Voice, ...]]:
    """A freeze, and officers who say that it may end; how many it takes is not looked at.

    Raises:
        StopStatementRefusedProblem: it is not officers who say so, or of several freezes.
    """
    if bundle.governance is None:
        raise StopStatementRefusedProblem(
            "the policies in force name no officers (Governance), and a freeze is lifted by two of "
            "them: name them first"
        )
    said, voices = _opened(statements, LIFT_TYPE, Lift, bundle)
    lifted = {each.stop for each in said}
    if len(lifted) > 1:
        raise StopStatementRefusedProblem("they lift different freezes: give those of one at once")
    return lifted.pop(), voices


def claims_of(kept: str) -> Freeze:
    """What a freeze says, from its kept text; the statements were verified when it was taken."""
    first = kept.partition("\n")[0]
    data = first.encode() if first.startswith("{") else base64url.decode(first.split(".")[1])
    return msgspec.json.decode(data, type=Freeze)


def _opened(
    statements: Sequence[str], typ: str, model: type[T], bundle: Bundle
) -> tuple[list[T], tuple[Voice, ...]]:
    holders, key_of = _officers(bundle)
    said: list[T] = []
    voices: dict[str, Voice] = {}
    different = tuple(dict.fromkeys(statements))
    if len(different) > MOST_STATEMENTS:
        raise StopStatementRefusedProblem(
            f"{len(different)} statements; {MOST_STATEMENTS} are taken at once"
        )
    for text in different:
        try:
            opened = open_compact(text, typ=typ, model=model, key_of=key_of)
        except (StatementInvalidError, StatementKeyError) as error:
            raise StopStatementRefusedProblem(str(error)) from None
        person = holders[opened.key_id]
        said.append(opened.claims)
        # With two keys one is still one.
        voices.setdefault(person, Voice(person, opened.digest.hex(), text))
    if not said:
        raise StopStatementRefusedProblem("there is no statement")
    return said, tuple(voices.values())


def _without_moment(claims: Freeze) -> Freeze:
    return msgspec.structs.replace(claims, at=_SAME)


def _officers(bundle: Bundle) -> tuple[dict[str, str], Callable[[str], PublicKey | None]]:
    """Whose each key is, and the keys themselves; officers' only."""
    named = () if bundle.governance is None else bundle.governance.officers
    theirs = {
        key_id: (person.name, _public(key))
        for key_id, (person, key) in keys_of_people(bundle).items()
        if person.name in named
    }
    holders = {key_id: name for key_id, (name, _) in theirs.items()}
    return holders, {key_id: key for key_id, (_, key) in theirs.items()}.get


def _public(key: PersonKey) -> PublicKey:
    algorithm: Algorithm = "EdDSA" if key.algorithm == "ed25519" else "ES256"
    return PublicKey(key.id, algorithm, key.public_key)
