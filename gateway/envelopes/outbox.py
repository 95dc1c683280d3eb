"""What the network is owed: written in the transaction that makes it true, sent in its order."""

from datetime import datetime

import msgspec

from cloud_bridge.envelopes.statements import SignedStatement, parse
from cloud_bridge.wire import NewEnvelope
from gateway.store.envelope_owed import OwedKind, put_owed
from gateway.store.lane import Transaction

_encode = msgspec.json.Encoder().encode


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
