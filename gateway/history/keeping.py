"""Keep each decision in the transaction of its record, and forget it when its time is over."""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from gateway.signing.guard import KeptDecision
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.engines.pieces import in_pieces
from gateway.store.engines.statements import RowStatement
from gateway.store.schema import decision
from policies.deciding.verdicts import verdict_of

# Most are 1 to 2 kB: packing one takes 0.05 ms, which every document would have to pay.
_LONGEST_PLAIN: Final = 4096
_LEVEL: Final = 1
_ZLIB: Final = b"\x78"
_FORGOTTEN_AT_ONCE: Final = 500

_put_decision = RowStatement(
    insert(decision), "at", "audit_index", "outcome", "bundle", "seal", "system", "kept"
)
_oldest = (
    select(decision.c.id)
    .where(decision.c.at < bindparam("before"))
    .order_by(decision.c.at)
    .limit(_FORGOTTEN_AT_ONCE)
)
_forget = delete(decision).where(decision.c.id.in_(_oldest))


class DecisionHistory:
    """Implements `gateway.signing.guard.History`."""

    def keep(self, transaction: Transaction, kept: KeptDecision) -> None:
        """See `gateway.signing.guard.History`."""
        caller = kept.request.caller
        transaction.later(
            _put_decision,
            (
                microseconds(kept.at),
                kept.audit_index,
                verdict_of(kept.decision),
                kept.decision.bundle,
                kept.request.seal,
                caller.system,
                packed(kept),
            ),
        )


async def forget(lane: WriterLane, *, before: datetime) -> int:
    """Delete what was decided earlier, a little at a time; gives how many there were.

    Raises:
        StoreProblem: the database could not be written; what was deleted is.
    """
    return await in_pieces(lane, lambda unit: _forget_some(unit, before), most=_FORGOTTEN_AT_ONCE)


def _forget_some(transaction: Transaction, before: datetime) -> int:
    result: Any = transaction.connection.execute(_forget, {"before": microseconds(before)})
    return int(result.rowcount)


def packed(kept: KeptDecision) -> bytes:
    """The decision as the table keeps it; packed only where it holds what a document says."""
    plain = _encoder.encode(kept)
    return plain if len(plain) <= _LONGEST_PLAIN else zlib.compress(plain, _LEVEL)


def unpacked(data: bytes) -> KeptDecision:
    """The decision again.

    Raises:
        ValueError: it is none.
    """
    try:
        # RFC 1950 §2.2; no map of msgpack begins so.
        plain = zlib.decompress(data) if data[:1] == _ZLIB else data
        kept: KeptDecision = _decoder.decode(plain)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return kept


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no form in the history")


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(KeptDecision)
