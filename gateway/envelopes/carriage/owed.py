"""What the network is owed, one by one: how it is written down, and what stands on what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from cloud_bridge.envelopes.state import begin
from cloud_bridge.envelopes.statements import (
    Acknowledged,
    Act,
    Began,
    Copied,
    Declined,
    Signed,
    SignedStatement,
    Withdrawn,
    parse,
)
from cloud_bridge.wire import NewEnvelope
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelope_owed import OwedEnvelopeRow, OwedKind, put_owed

_encode = msgspec.json.Encoder().encode
_new_envelope: Final = msgspec.json.Decoder(NewEnvelope)
_statement: Final = msgspec.json.Decoder(SignedStatement)


def owe(
    transaction: Transaction,
    organisation: str,
    envelope: str,
    *things: NewEnvelope | SignedStatement | str,
    at: datetime,
) -> None:
    """Owe things to the network, in this order and behind what is owed in the envelope already.

    The envelope's row must be there. What was owed before is not owed again: an envelope by its
    id, a statement by its own, a content by its digest.

    Args:
        transaction: which makes it true.
        organisation: of ours, that owes it.
        envelope: its id.
        things: a text is the digest of a content, which is here and goes as the terms say:
            encrypted for the cards that are believed when it is sent, open, or, of `digest`, not.
        at: the present moment.
    """
    for thing in things:
        kind, key, payload = _owed(thing)
        put_owed(transaction, organisation, envelope, kind=kind, key=key, payload=payload, at=at)


def _owed(thing: NewEnvelope | SignedStatement | str) -> tuple[OwedKind, str, bytes]:
    if isinstance(thing, NewEnvelope):
        return "envelope", "envelope", _encode(thing)
    if isinstance(thing, SignedStatement):
        return "statement", parse(thing).id, _encode(thing)
    return "content", thing, b""


def envelope_in(row: OwedEnvelopeRow) -> NewEnvelope:
    """The envelope that a row of that kind owes."""
    return _new_envelope.decode(row.payload)


def statement_in(row: OwedEnvelopeRow) -> SignedStatement:
    """The statement that a row of that kind owes."""
    return _statement.decode(row.payload)


def act_in(row: OwedEnvelopeRow) -> Act | None:
    """What is said; None: it is no statement."""
    return parse(statement_in(row)).act if row.kind == "statement" else None


def named_by(row: OwedEnvelopeRow) -> tuple[str, ...]:
    """Digests of the contents that the network must have before it takes this."""
    if row.kind == "envelope":
        documents = begin(envelope_in(row).terms).terms.documents
        return tuple(dict.fromkeys(each.digest for each in documents))
    act = act_in(row)
    return tuple(each.digest for each in act.revisions) if isinstance(act, Signed) else ()


def together(rows: Sequence[OwedEnvelopeRow]) -> list[tuple[OwedEnvelopeRow, ...]]:
    """The rows in their order: contents with what stands on them, whatever else by itself."""
    found: list[tuple[OwedEnvelopeRow, ...]] = []
    contents: list[OwedEnvelopeRow] = []
    for row in rows:
        if row.kind == "content":
            contents.append(row)
        elif row.kind == "envelope" or _stands_on_content(row):
            found.append((*contents, row))
            contents = []
        else:
            found += [(each,) for each in (*contents, row)]
            contents = []
    return [*found, *((each,) for each in contents)]


def ends_it(row: OwedEnvelopeRow) -> bool:
    """Whether nobody signs any more once the network has it."""
    return isinstance(act_in(row), Withdrawn | Declined)


def asks_for_the_pen(row: OwedEnvelopeRow) -> bool:
    """Whether it only asks if we may sign now."""
    return isinstance(act_in(row), Began)


def waits_behind(row: OwedEnvelopeRow, back: Sequence[OwedEnvelopeRow]) -> bool:
    """Whether it cannot go out before what is kept back.

    What needs no content is said of what everybody holds already, and is as true without the
    others: it overtakes them. Nothing overtakes the envelope itself.
    """
    if not back:
        return False
    return bool(_stands_on_content(row) or any(each.kind == "envelope" for each in (*back, row)))


def falls_with(
    refused: OwedEnvelopeRow, rows: Sequence[OwedEnvelopeRow]
) -> tuple[OwedEnvelopeRow, ...]:
    """What else will never be taken now: of an envelope all, of a content what needs contents.

    Args:
        refused: what the network will never take.
        rows: all that is owed in the envelope, that among them.
    """
    if refused.kind == "statement":
        return (refused,)
    if any(each.kind == "envelope" for each in rows):
        return tuple(rows)
    return tuple(each for each in rows if _stands_on_content(each))


def outlives(row: OwedEnvelopeRow) -> bool:
    """Whether it may still be said once the envelope has ended."""
    return isinstance(act_in(row), Acknowledged | Copied)


def _stands_on_content(row: OwedEnvelopeRow) -> bool:
    return row.kind == "content" or isinstance(act_in(row), Signed)
